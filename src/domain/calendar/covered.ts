/**
 * What a calendar covers, made ready for searches.
 *
 * Times are local ones: milliseconds from 1970-01-01 00:00 on the clocks of whoever asks. Dated entries cut time
 * into segments of days that the same entries cover; within one, days differ by their day of the week alone.
 */
import { DAY_SECONDS, SECOND_MS } from '../schedule/civil.ts';
import type { DaysEntry, WeekdayName } from './calendar.ts';
import { DAY_MINUTES, WEEKDAY_NAMES, dayOfDate, minuteOfTime, weekdayOf } from './times.ts';

/** A calendar as a set of local times. A run is a longest stretch that is covered, or not, throughout. */
export interface Covered {
  /** Whether a local time is covered. */
  covers(local: number): boolean;
  /** The end of the run that a local time lies in: the next instant at which it is otherwise; Infinity where it stays so. */
  runEnd(local: number): number;
  /** The first instant of the run that a local time lies in; -Infinity where it was always so. */
  runStart(local: number): number;
}

const DAY_MS = DAY_SECONDS * SECOND_MS;
const MINUTE_MS = 60 * SECOND_MS;
const WEEK_DAYS = WEEKDAY_NAMES.length;

/** Minutes of a day that are covered: the first of each stretch and its end, in turn, rising; no two touch. */
type Minutes = readonly number[];

interface DatedEntry {
  readonly first: number;
  readonly end: number;
  readonly minutes: Minutes;
}

/** Days from `first` up to, but without, `end`. */
interface Segment {
  readonly first: number;
  readonly end: number;
  /** What is covered on a day of the week; Monday is 0. Made when it is first asked for. */
  readonly on: (weekday: number) => Minutes;
}

/** Makes entries ready; undefined where a date or a time among them does not exist. */
export function coveredBy(entries: readonly DaysEntry[]): Covered | undefined {
  const weekdays: Minutes[][] = WEEKDAY_NAMES.map(() => []);
  const dated: DatedEntry[] = [];
  for (const entry of entries) {
    const minutes = minutesOf(entry);
    if (minutes === undefined) return undefined;
    if ('weekdays' in entry) {
      for (const name of entry.weekdays) weekdays[WEEKDAY_NAMES.indexOf(name)]?.push(minutes);
      continue;
    }
    const days = daysOf(entry);
    if (days === undefined) return undefined;
    dated.push({ ...days, minutes });
  }
  return searchesOf(segmentsOf(weekdays, dated));
}

function daysOf(
  entry: Exclude<DaysEntry, { readonly weekdays: readonly WeekdayName[] }>,
): Pick<DatedEntry, 'first' | 'end'> | undefined {
  const [from, to] = 'date' in entry ? [entry.date, entry.date] : [entry.from, entry.to];
  const [first, last] = [dayOfDate(from), dayOfDate(to)];
  if (first === undefined || last === undefined || last < first) return undefined;
  return { first, end: last + 1 };
}

function minutesOf({ start, end }: DaysEntry): Minutes | undefined {
  const first = start === undefined ? 0 : minuteOfTime(start);
  const last = end === undefined ? DAY_MINUTES : minuteOfTime(end);
  return first === undefined || last === undefined || first >= last ? undefined : [first, last];
}

/** The segment of a place in time; the first and the last have no other end than infinity. */
interface Segments {
  /** The days at which segments begin, but for the first one. */
  readonly cuts: readonly number[];
  /** The segment before the cut of an index, or after all of them. */
  at(index: number): Segment;
}

/** A segment is made when it is first asked for: most of a long calendar lies in years that nobody asks about. */
function segmentsOf(
  weekdays: readonly (readonly Minutes[])[],
  dated: readonly DatedEntry[],
): Segments {
  const cuts = [...new Set(dated.flatMap(({ first, end }) => [first, end]))].sort((a, b) => a - b);
  const made: (Segment | undefined)[] = [];
  const make = (index: number): Segment => {
    const first = cuts[index - 1] ?? Number.NEGATIVE_INFINITY;
    const end = cuts[index] ?? Number.POSITIVE_INFINITY;
    const own = dated.filter((entry) => entry.first <= first && first < entry.end);
    const minutes = own.map((entry) => entry.minutes);
    const week: (Minutes | undefined)[] = [];
    const on = (weekday: number): Minutes =>
      (week[weekday] ??= merged([...(weekdays[weekday] ?? []), ...minutes]));
    return { first, end, on };
  };
  return { cuts, at: (index) => (made[index] ??= make(index)) };
}

/** All that one of the lists covers. */
function merged(lists: readonly Minutes[]): Minutes {
  const stretches = lists.toSorted(([a = 0], [b = 0]) => a - b);
  const all: number[] = [];
  for (const [start = 0, end = 0] of stretches) {
    const last = all.at(-1);
    if (last === undefined || last < start) all.push(start, end);
    else all[all.length - 1] = Math.max(last, end);
  }
  return all;
}

function searchesOf(segments: Segments): Covered {
  const minutesOn = (day: number): Minutes => weekOn(segmentOn(segments, day), day);
  const covers = (local: number): boolean => {
    const day = Math.floor(local / DAY_MS);
    return isIn(minutesOn(day), Math.floor((local - day * DAY_MS) / MINUTE_MS));
  };
  return {
    covers,
    runEnd: (local) => runEnd(segments, local, covers(local)),
    runStart: (local) => runStart(segments, local, covers(local)),
  };
}

function segmentOn(segments: Segments, day: number): Segment {
  return segments.at(countUpTo(segments.cuts, day));
}

/** How many of rising numbers there are up to one, by halves: searches ask a thousand times, of a thousand numbers. */
function countUpTo(rising: readonly number[], until: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rising[middle] ?? 0) <= until) low = middle + 1;
    else high = middle;
  }
  return low;
}

function weekOn({ on }: Segment, day: number): Minutes {
  return on(weekdayOf(day));
}

/** Bounds are where it turns: after an odd number of them it is covered. */
function isIn(minutes: Minutes, minute: number): boolean {
  return countUpTo(minutes, minute) % 2 === 1;
}

/** Goes by days, of each segment a week at most: what a whole week does not change, its segment does not. */
function runEnd(segments: Segments, local: number, isCovered: boolean): number {
  let day = Math.floor(local / DAY_MS);
  let minute = Math.floor((local - day * DAY_MS) / MINUTE_MS);
  while (Number.isFinite(day)) {
    const segment = segmentOn(segments, day);
    const until = Math.min(segment.end, day + WEEK_DAYS + 1);
    for (; day < until; day += 1) {
      const found = firstOtherwise(weekOn(segment, day), minute, isCovered);
      if (found !== undefined) return day * DAY_MS + found * MINUTE_MS;
      minute = 0;
    }
    day = segment.end;
  }
  return Number.POSITIVE_INFINITY;
}

/** The first minute from one on that is not covered where `isCovered`, or is covered where not. */
function firstOtherwise(minutes: Minutes, from: number, isCovered: boolean): number | undefined {
  const count = countUpTo(minutes, from);
  if ((count % 2 === 1) !== isCovered) return from;
  const bound = minutes[count];
  return bound === undefined || bound === DAY_MINUTES ? undefined : bound;
}

function runStart(segments: Segments, local: number, isCovered: boolean): number {
  let day = Math.floor(local / DAY_MS);
  let minute = Math.floor((local - day * DAY_MS) / MINUTE_MS);
  while (Number.isFinite(day)) {
    const segment = segmentOn(segments, day);
    const until = Math.max(segment.first, day - WEEK_DAYS);
    for (; day >= until; day -= 1) {
      const found = endOtherwise(weekOn(segment, day), minute, isCovered);
      if (found !== undefined) return day * DAY_MS + found * MINUTE_MS;
      minute = DAY_MINUTES - 1;
    }
    day = segment.first - 1;
  }
  return Number.NEGATIVE_INFINITY;
}

/** Where the last minute up to one that is otherwise ends. */
function endOtherwise(minutes: Minutes, until: number, isCovered: boolean): number | undefined {
  const count = countUpTo(minutes, until);
  if ((count % 2 === 1) !== isCovered) return until + 1;
  const bound = minutes[count - 1];
  return bound === undefined || bound === 0 ? undefined : bound;
}
