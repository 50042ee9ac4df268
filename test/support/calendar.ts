/**
 * An independent calendar for checkers: which instants a schedule plans, found by trying every second. It
 * shares nothing with the code that schedules, so that the two can disagree.
 */
import type { Schedule } from '../../src/domain/group/policy.ts';

const SECOND_MS = 1000;
/** A schedule that plans nothing for this long is used up, or is no business of this calendar. */
const SEARCH_SECONDS = 7200;

/** Whether the schedule plans the instant. Cron of six fields, seconds first, in UTC; its days must be `*`. */
export function isPlanned(schedule: Schedule, instant: number): boolean {
  if (schedule.kind === 'at') return Date.parse(schedule.at) === instant;
  const [second = '', minute = '', hour = '', ...days] = schedule.cron.split(' ');
  if (days.join(' ') !== '* * *') throw new Error(`this calendar cannot read "${schedule.cron}"`);
  const date = new Date(instant);
  return (
    date.getUTCMilliseconds() === 0 &&
    isIn(second, date.getUTCSeconds(), 59) &&
    isIn(minute, date.getUTCMinutes(), 59) &&
    isIn(hour, date.getUTCHours(), 23)
  );
}

/** The planned instants after `after` and not after `until`, in order. */
export function plannedBetween(
  schedule: Schedule,
  after: number,
  until: number,
): readonly number[] {
  if (schedule.kind === 'at') {
    const at = Date.parse(schedule.at);
    return at > after && at <= until ? [at] : [];
  }
  const planned: number[] = [];
  for (let second = secondAfter(after); second <= until; second += SECOND_MS) {
    if (isPlanned(schedule, second)) planned.push(second);
  }
  return planned;
}

/** The first planned instant after `after`; undefined where there is none within two hours. */
export function nextPlanned(schedule: Schedule, after: number): number | undefined {
  if (schedule.kind === 'at') return plannedBetween(schedule, after, Infinity)[0];
  let second = secondAfter(after);
  for (let tried = 0; tried < SEARCH_SECONDS; tried += 1) {
    if (isPlanned(schedule, second)) return second;
    second += SECOND_MS;
  }
  return undefined;
}

function secondAfter(instant: number): number {
  return (Math.floor(instant / SECOND_MS) + 1) * SECOND_MS;
}

/** Whether a value is in a field of numbers, ranges, steps and lists. */
function isIn(field: string, value: number, last: number): boolean {
  return field.split(',').some((item) => {
    const [range = '', step = '1'] = item.split('/');
    const [from = 0, to = from] = range === '*' ? [0, last] : range.split('-').map(Number);
    return value >= from && value <= to && (value - from) % Number(step) === 0;
  });
}
