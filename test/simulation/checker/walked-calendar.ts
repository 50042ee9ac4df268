/**
 * Occurrences in time zones and of the extended dialect: found by looking at the clock of the zone each minute, and
 * kept by the day.
 */
import { readExpression } from '../../oracle/expression.ts';
import { minutesThatMatch } from '../../oracle/walk.ts';
import type { Question } from '../../oracle/walk.ts';
import { createWallReader, DAY_MINUTES, MINUTE_MS } from '../../oracle/wall.ts';
import type { Walls } from '../../oracle/wall.ts';
import { once } from './occurrences.ts';
import type { Calendar } from './occurrences.ts';
import type { AtRecord, CronRecord } from './records.ts';

const SECOND_MS = 1_000;
const DAY_MS = DAY_MINUTES * MINUTE_MS;
/** As long as any schedule of ours stays silent. */
const SEARCH_DAYS = 9 * 366;
/** Clocks are set by no more than a few hours: what they show at a local time is looked for this far around it. */
const AROUND_MINUTES = 26 * 60;
const LOCAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/;

/** What clocks show is the same in every world. */
const readWalls = createWallReader();

/** The clocks of a zone. */
export function wallsOf(timezone: string | undefined): Walls {
  return timezone === undefined || timezone === 'UTC' ? (minute) => minute : readWalls(timezone);
}

/** The calendar of a cron schedule with a zone, or of the extended dialect. */
export function walked({ cron, timezone, dst }: CronRecord): Calendar {
  const walls = wallsOf(timezone);
  const question: Question = {
    ...{ walls, expression: readExpression(cron) },
    ...{ gap: dst?.gap ?? 'shift', overlap: dst?.overlap ?? 'first' },
  };
  const days = new Map<number, readonly number[]>();
  const occurrencesOn = (day: number): readonly number[] => {
    const known = days.get(day);
    if (known !== undefined) return known;
    const found = occurrencesIn(question, day);
    days.set(day, found);
    return found;
  };
  return {
    next: (after) => {
      const first = Math.floor(after / DAY_MS);
      for (let day = first; day < first + SEARCH_DAYS; day += 1) {
        const found = occurrencesOn(day).find((at) => at > after);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    latest: (notAfter) => {
      const last = Math.floor(notAfter / DAY_MS);
      for (let day = last; day > last - SEARCH_DAYS; day -= 1) {
        const found = occurrencesOn(day).findLast((at) => at <= notAfter);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    has: (at) => occurrencesOn(Math.floor(at / DAY_MS)).includes(at),
    wallClockAfter: (from, ms) => wallClockAfter(walls, from, ms),
  };
}

/** Those of one day of UTC. */
function occurrencesIn(question: Question, day: number): readonly number[] {
  // Clocks are less than a day from UTC.
  if (![day - 1, day, day + 1].some(question.expression.matchesDate)) return [];
  const minutes = minutesThatMatch(question, day * DAY_MINUTES, (day + 1) * DAY_MINUTES);
  return [...minutes].flatMap((minute) =>
    question.expression.seconds.map((second) => minute * MINUTE_MS + second * SECOND_MS),
  );
}

/** A single time of day of a zone; nothing where its clocks skip it and `gap` says so. Undefined where it cannot be read. */
export function localInstant({ at, timezone, dst }: AtRecord): Calendar | undefined {
  const wanted = LOCAL.test(at) ? Date.parse(`${at}Z`) : Number.NaN;
  if (Number.isNaN(wanted)) return undefined;
  const walls = wallsOf(timezone);
  const middle = Math.floor(wanted / MINUTE_MS);
  const shown = minutesShowing(walls, middle, {
    from: middle - AROUND_MINUTES,
    until: middle + AROUND_MINUTES,
  });
  const minute =
    dst?.overlap === 'second' && shown.kind === 'shown' ? shown.minutes.at(-1) : shown.minutes[0];
  const isLeftOut = minute === undefined || (shown.kind === 'skipped' && dst?.gap === 'skip');
  const end = (from: number, ms: number): number => wallClockAfter(walls, from, ms);
  return once(isLeftOut ? Number.NaN : minute * MINUTE_MS + (wanted % MINUTE_MS), end);
}

function wallClockAfter(walls: Walls, from: number, ms: number): number {
  const minute = Math.floor(from / MINUTE_MS);
  const wanted = walls(minute) * MINUTE_MS + (from % MINUTE_MS) + ms;
  const target = Math.floor(wanted / MINUTE_MS);
  const until = minute + Math.ceil(ms / MINUTE_MS) + AROUND_MINUTES;
  const [found = Number.NaN] = minutesShowing(walls, target, { from: minute, until }).minutes;
  return Math.max(found * MINUTE_MS + (wanted % MINUTE_MS), from);
}

interface Showing {
  readonly kind: 'shown' | 'skipped';
  readonly minutes: readonly number[];
}

/** The minutes of a span at which clocks show a local one; of one that they skip, as much after the change as it lies in what is skipped. */
function minutesShowing(
  walls: Walls,
  wanted: number,
  { from, until }: { readonly from: number; readonly until: number },
): Showing {
  const minutes: number[] = [];
  let skippedAt: number | undefined;
  let before = walls(from - 1);
  for (let minute = from; minute < until; minute += 1) {
    const wall = walls(minute);
    if (wall === wanted) minutes.push(minute);
    if (before < wanted && wanted < wall && wall > before + 1) {
      skippedAt ??= minute + wanted - (before + 1);
    }
    before = wall;
  }
  if (minutes.length > 0 || skippedAt === undefined) return { kind: 'shown', minutes };
  return { kind: 'skipped', minutes: [skippedAt] };
}
