/**
 * What calendars leave out of a schedule: each of its occurrences is looked at on the clocks of its zone. Shares
 * nothing with how Lutra does it.
 */
import type { Calendar } from './occurrences.ts';
import type { CopyRecord, DaysRecord } from './records.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/**
 * Without a date that is covered, years are alike, though weeks are not: what a change of clocks shifts may stand on that
 * one day.
 */
const SEARCH_MS = 400 * DAY_MS;
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** The calendars that a schedule names, as its group has them. */
interface Naming {
  readonly exclude: readonly CopyRecord[];
  /** Undefined where it keeps to none. */
  readonly only: readonly CopyRecord[] | undefined;
  /** What its clocks show at a minute, both since 1970. */
  readonly walls: (minute: number) => number;
}

/** The occurrences that stand. */
export function standing(all: Calendar, { exclude, only, walls }: Naming): Calendar {
  const stands = (at: number): boolean => {
    const local = localAt(walls(Math.floor(at / MINUTE_MS)));
    const isCovered = ({ entries }: CopyRecord): boolean =>
      entries.some((entry) => covers(entry, local));
    return !exclude.some(isCovered) && (only === undefined || only.some(isCovered));
  };
  const dates = datesIn([...exclude, ...(only ?? [])]);
  const searched = {
    until: (from: number): number => Math.max(from, ...dates.map((date) => date + 2 * DAY_MS)),
    since: (from: number): number => Math.min(from, ...dates.map((date) => date - 2 * DAY_MS)),
  };
  let noneAfter = Number.POSITIVE_INFINITY;
  // The last answer about the past: what lies before the instant that was asked about is not looked at again.
  let past: { readonly notAfter: number; readonly found: number | undefined } = {
    ...{ notAfter: Number.NEGATIVE_INFINITY, found: undefined },
  };
  const latestSince = (start: number, notAfter: number): number | undefined => {
    const known = past.notAfter <= notAfter ? past : undefined;
    let at = all.latest(notAfter);
    while (at !== undefined && at >= start && !stands(at)) {
      if (known !== undefined && at <= known.notAfter) return known.found;
      at = all.latest(at - 1);
    }
    return at !== undefined && at >= start ? at : undefined;
  };
  return {
    ...all,
    has: (at) => all.has(at) && stands(at),
    next: (after) => {
      if (after >= noneAfter) return undefined;
      const end = searched.until(after) + SEARCH_MS;
      let at = all.next(after);
      while (at !== undefined && at <= end && !stands(at)) at = all.next(at);
      if (at !== undefined && at <= end) return at;
      noneAfter = after;
      return undefined;
    },
    latest: (notAfter) => {
      const found = latestSince(searched.since(notAfter) - SEARCH_MS, notAfter);
      past = { notAfter, found };
      return found;
    },
  };
}

function datesIn(copies: readonly CopyRecord[]): readonly number[] {
  return copies.flatMap(({ entries }) =>
    entries.flatMap(({ date, from, to }) =>
      [date, from, to].flatMap((day) => (day === undefined ? [] : [Date.parse(`${day}T00:00Z`)])),
    ),
  );
}

/** What the clocks of a zone show. Dates and times of day are compared as the texts that they are. */
interface Local {
  readonly day: string;
  readonly time: string;
  readonly weekday: string;
}

function localAt(minute: number): Local {
  const local = new Date(minute * MINUTE_MS);
  const text = local.toISOString();
  return {
    ...{ day: text.slice(0, 10), time: text.slice(11, 16) },
    weekday: WEEKDAYS[local.getUTCDay()] ?? '',
  };
}

function covers(entry: DaysRecord, { day, time, weekday }: Local): boolean {
  const { date, from, to, weekdays, start, end } = entry;
  if (time < (start ?? '00:00') || time >= (end ?? '24:00')) return false;
  if (date !== undefined) return day === date;
  if (from !== undefined && to !== undefined) return from <= day && day <= to;
  return weekdays?.includes(weekday) === true;
}
