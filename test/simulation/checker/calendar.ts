/**
 * When a schedule has its occurrences: the checker's own reading of cron expressions of five fields in UTC and
 * of instants. It goes day by day, hour by hour and minute by minute, and is slow where that does no harm. What has a
 * zone or the extended dialect is walked through in another file.
 */
import { standing } from './left-out.ts';
import { once } from './occurrences.ts';
import type { Calendar } from './occurrences.ts';
import type { CopiesRecord, CopyRecord, CronRecord, ScheduleRecord } from './records.ts';
import { localInstant, walked, wallsOf } from './walked-calendar.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** No schedule of ours stays silent for longer: eight years lie between two 29th of February at most. */
const SEARCH_DAYS = 9 * 366;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Reads schedules, each text once. */
export class Calendars {
  readonly #known = new Map<string, Calendar | undefined>();

  /**
   * The calendar of a schedule; undefined where the schedule cannot be read, or names a calendar that is not among the
   * copies.
   */
  of(schedule: ScheduleRecord, copies: CopiesRecord = {}): Calendar | undefined {
    const bare =
      schedule.kind === 'at'
        ? schedule
        : { ...schedule, jitterSeconds: undefined, exclude: undefined, only: undefined };
    const all = this.#once(JSON.stringify(bare), () => read(schedule));
    const names = namesOf(schedule);
    const named = names.map((name) => copies[name]);
    if (all === undefined || schedule.kind === 'at' || names.length === 0) return all;
    if (named.includes(undefined)) return undefined;
    const of = (some: readonly string[]): readonly CopyRecord[] =>
      some.flatMap((name) => copies[name] ?? []);
    const { exclude = [], only, timezone } = schedule;
    return this.#once(JSON.stringify([bare, exclude, only, named]), () =>
      standing(all, { exclude: of(exclude), only: only && of(only), walls: wallsOf(timezone) }),
    );
  }

  #once(text: string, make: () => Calendar | undefined): Calendar | undefined {
    if (!this.#known.has(text)) this.#known.set(text, make());
    return this.#known.get(text);
  }
}

/** The calendars that a schedule names. */
export function namesOf(schedule: ScheduleRecord | undefined): readonly string[] {
  if (schedule?.kind !== 'cron') return [];
  return [...(schedule.exclude ?? []), ...(schedule.only ?? [])];
}

function read(schedule: ScheduleRecord): Calendar | undefined {
  if (schedule.kind === 'at') {
    const isLocal = schedule.timezone !== undefined;
    return isLocal ? localInstant(schedule) : instant(schedule.at);
  }
  const isPlain = schedule.timezone === undefined && schedule.dialect === undefined;
  const calendar = isPlain ? cron(schedule.cron) : walked(schedule);
  return calendar && within(calendar, schedule);
}

const elapsed = (from: number, ms: number): number => from + ms;

function instant(text: string): Calendar | undefined {
  const at = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : once(at, elapsed);
}

/** The occurrences from its start on and before its end. */
function within(all: Calendar, { start, end }: CronRecord): Calendar {
  if (start === undefined && end === undefined) return all;
  const from = start === undefined ? Number.NEGATIVE_INFINITY : Date.parse(start);
  const until = end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end);
  const inside = (at: number | undefined): number | undefined =>
    at !== undefined && at >= from && at < until ? at : undefined;
  return {
    ...all,
    next: (after) => inside(all.next(Math.max(after, from - 1))),
    latest: (notAfter) => inside(all.latest(Math.min(notAfter, until - 1))),
    has: (at) => inside(at) !== undefined && all.has(at),
  };
}

interface Fields {
  readonly minutes: readonly boolean[];
  readonly hours: readonly boolean[];
  readonly isDay: (day: number) => boolean;
}

function cron(text: string): Calendar | undefined {
  const fields = fieldsOf(text);
  if (fields === undefined) return undefined;
  const { minutes, hours, isDay } = fields;
  const has = (at: number): boolean => {
    if (at % MINUTE_MS !== 0) return false;
    const isHour = hours[Math.floor((at % DAY_MS) / HOUR_MS)] === true;
    return isHour && minutes[(at % HOUR_MS) / MINUTE_MS] === true && isDay(Math.floor(at / DAY_MS));
  };
  return {
    has,
    next: (after) => nextOf(fields, after),
    latest: (notAfter) => latestOf(fields, notAfter),
    wallClockAfter: elapsed,
  };
}

function nextOf({ minutes, hours, isDay }: Fields, after: number): number | undefined {
  const start = (Math.floor(after / MINUTE_MS) + 1) * MINUTE_MS;
  const firstDay = Math.floor(start / DAY_MS);
  for (let day = firstDay; day < firstDay + SEARCH_DAYS; day += 1) {
    if (!isDay(day)) continue;
    for (let hour = 0; hour < 24; hour += 1) {
      if (hours[hour] !== true) continue;
      const hourAt = day * DAY_MS + hour * HOUR_MS;
      if (hourAt + HOUR_MS <= start) continue;
      for (let minute = 0; minute < 60; minute += 1) {
        const at = hourAt + minute * MINUTE_MS;
        if (minutes[minute] === true && at >= start) return at;
      }
    }
  }
  return undefined;
}

/** Minute by minute where the day and the hour are right, backward. */
function latestOf({ minutes, hours, isDay }: Fields, notAfter: number): number | undefined {
  const lastDay = Math.floor(notAfter / DAY_MS);
  for (let day = lastDay; day > lastDay - SEARCH_DAYS; day -= 1) {
    if (!isDay(day)) continue;
    for (let hour = 23; hour >= 0; hour -= 1) {
      const hourAt = day * DAY_MS + hour * HOUR_MS;
      if (hours[hour] !== true || hourAt > notAfter) continue;
      for (let minute = 59; minute >= 0; minute -= 1) {
        const at = hourAt + minute * MINUTE_MS;
        if (minutes[minute] === true && at <= notAfter) return at;
      }
    }
  }
  return undefined;
}

function fieldsOf(text: string): Fields | undefined {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== RANGES.length) return undefined;
  const tables = parts.map((part, index) => valuesOf(part, RANGES[index] ?? [0, 0]));
  const [minutes, hours, days, months, weekdays] = tables;
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  if (weekdays[7] === true) weekdays[0] = true;
  // Where both restrict the day, either will do.
  const isEither = parts[2] !== '*' && parts[4] !== '*';
  const known = new Map<number, boolean>();
  const isDay = (number: number): boolean => {
    const remembered = known.get(number);
    if (remembered !== undefined) return remembered;
    const date = new Date(number * DAY_MS);
    const isOfMonth = days[date.getUTCDate()] === true;
    const isOfWeek = weekdays[date.getUTCDay()] === true;
    const isOfBoth = isEither ? isOfMonth || isOfWeek : isOfMonth && isOfWeek;
    const is = months[date.getUTCMonth() + 1] === true && isOfBoth;
    known.set(number, is);
    return is;
  };
  return { minutes, hours, isDay };
}

/** The least and the greatest value of minute, hour, day, month and day of the week. */
const RANGES: readonly (readonly [low: number, high: number])[] = [
  ...([
    [0, 59],
    [0, 23],
    [1, 31],
    [1, 12],
    [0, 7],
  ] as const),
];

/** The values of a field as a table; undefined where it cannot be read. */
function valuesOf(
  field: string,
  [low, high]: readonly [low: number, high: number],
): boolean[] | undefined {
  const values = Array.from({ length: high + 1 }, () => false);
  for (const item of field.split(',')) {
    const span = spanOf(item, low, high);
    if (span === undefined) return undefined;
    for (let value = span.from; value <= span.to; value += span.step) values[value] = true;
  }
  return values;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** One item of a field's list. */
function spanOf(item: string, low: number, high: number): Span | undefined {
  const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(item);
  if (match === null) return undefined;
  const [, first, last, step = '1'] = match;
  const from = Number(first ?? low);
  const to = Number(last ?? first ?? high);
  const isInside = from >= low && to <= high && from <= to;
  return isInside && Number(step) >= 1 ? { from, to, step: Number(step) } : undefined;
}
