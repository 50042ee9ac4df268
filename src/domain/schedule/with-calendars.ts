/**
 * Occurrences without those that calendars leave out.
 *
 * Searches go by stretches: from an occurrence that is left out straight to where the calendar that leaves it out
 * says otherwise. A rule of every minute that a holiday leaves out costs one jump, not 1,440 steps.
 */
import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { Covered } from '../calendar/covered.ts';
import { SHIFT_MAX_MS } from './zone.ts';
import type { Piece, Zone } from './zone.ts';

/** Occurrences, as they are looked for: `Occurrences` has these three, and says what they answer. */
interface Searches {
  next(after: EpochMs): EpochMs | undefined;
  latest(notAfter: EpochMs): EpochMs | undefined;
  count(first: EpochMs, last: EpochMs): number;
}

/** The same of those that stand. */
interface StandingSearches extends Omit<Searches, 'count'> {
  /** Undefined where there are more than 1,000 stretches to count through. */
  count(first: EpochMs, last: EpochMs): number | undefined;
  readonly leftOut: SearchLeftOut;
}

/** What a calendar of a schedule covers, by the name that the schedule has for it. */
export interface NamedCovered extends Covered {
  readonly name: string;
}

/** Calendars that decide which occurrences stand. */
interface CalendarRules {
  /** An occurrence that one of these covers is left out. */
  readonly exclude: readonly NamedCovered[];
  /** Where given, so is one that none of these covers. */
  readonly only: readonly NamedCovered[] | undefined;
  /** Whose clocks tell the local time of a planned instant; absent: UTC. */
  readonly zone: Zone | undefined;
}

/** An occurrence that calendars leave out, and which ones: all that cover it, or all that it would have to lie in. */
export type LeftOutByCalendars = { readonly at: EpochMs } & LeavingOut;

type LeavingOut =
  { readonly excludedBy: readonly string[] } | { readonly notIn: readonly string[] };

/** Searches for the first occurrence after an instant, and no later than another, that is left out. */
export type SearchLeftOut = (after: EpochMs, notAfter: EpochMs) => LeftOutByCalendars | undefined;

/**
 * How many stretches in a row a search jumps over: one on each day of more than two years. They take a few milliseconds,
 * in which nothing else of a node goes on, and a claim searches for each of a hundred policies.
 */
const JUMPS_MAX = 1_000;
/** How many stretches are counted through. They take a few ms, and an outage has a claim count for each policy. */
const COUNTED_MAX = 1_000;
/** How far a search looks, in ms: 100 mean years, as that of an expression in a zone does. */
const REACH_MS = 100 * 31_556_952_000;

/**
 * Those of `all` that stand. `next` and `latest` answer undefined where there is none within 100 years, or within
 * 1,000 stretches that are left out; so they do of a schedule of which nothing stands. `leftOut` answers undefined
 * where there is none, or none within 1,000 stretches that stand.
 */
export function withCalendars(all: Searches, rules: CalendarRules): StandingSearches {
  return {
    leftOut: (after, notAfter) => leftOut(all, rules, { after, notAfter }),
    next: rememberLast((after) => next(all, rules, after)),
    latest: rememberLast((notAfter) => latest(all, rules, notAfter)),
    count: (first, last) => count(all, rules, { first, last }),
  };
}

/**
 * Makes a search remember what it has answered last. A claim looks from one occurrence on several times: for what comes
 * next, for when that is due, and, where clocks change, for what stands in its place.
 */
function rememberLast(
  search: (from: EpochMs) => EpochMs | undefined,
): (from: EpochMs) => EpochMs | undefined {
  let last: { readonly from: EpochMs; readonly found: EpochMs | undefined } | undefined;
  return (from) => {
    if (last?.from !== from) last = { from, found: search(from) };
    return last.found;
  };
}

function next(all: Searches, rules: CalendarRules, after: EpochMs): EpochMs | undefined {
  const end = after + REACH_MS;
  let from = after;
  for (let jumps = 0; jumps <= JUMPS_MAX; jumps += 1) {
    const at = all.next(from);
    if (at === undefined || at > end) return undefined;
    const spot = spotAt(rules, at);
    if (spot.stands) return at;
    from = plusMs(endOf(spot), -1);
  }
  return undefined;
}

function latest(all: Searches, rules: CalendarRules, notAfter: EpochMs): EpochMs | undefined {
  const start = notAfter - REACH_MS;
  let until = notAfter;
  for (let jumps = 0; jumps <= JUMPS_MAX; jumps += 1) {
    const at = all.latest(until);
    if (at === undefined || at < start) return undefined;
    const spot = spotAt(rules, at);
    if (spot.stands) return at;
    until = plusMs(startOf(spot), -1);
  }
  return undefined;
}

/**
 * The cost grows with the stretches between the two, or with the occurrences where these are fewer; undefined where
 * there are too many.
 */
function count(
  all: Searches,
  rules: CalendarRules,
  { first, last }: { readonly first: EpochMs; readonly last: EpochMs },
): number | undefined {
  let counted = 0;
  let from = first;
  for (let stretches = 0; from <= last; stretches += 1) {
    if (stretches === COUNTED_MAX) return undefined;
    const at = all.next(plusMs(from, -1));
    if (at === undefined || at > last) break;
    const spot = spotAt(rules, at);
    const end = endOf(spot);
    if (spot.stands) counted += all.count(at, epochMs(Math.min(end - 1, last)));
    from = end;
  }
  return counted;
}

/** Goes by stretches that stand, as `next` goes by those that are left out. */
function leftOut(
  all: Searches,
  rules: CalendarRules,
  { after, notAfter }: { readonly after: EpochMs; readonly notAfter: EpochMs },
): LeftOutByCalendars | undefined {
  let from = after;
  for (let jumps = 0; jumps <= JUMPS_MAX && from < notAfter; jumps += 1) {
    const at = all.next(from);
    if (at === undefined || at > notAfter) return undefined;
    const spot = spotAt(rules, at);
    if (!spot.stands) return { at, ...leavingOut(rules, spot.local) };
    from = plusMs(endOf(spot), -1);
  }
  return undefined;
}

/** What leaves a local time out that does not stand. */
function leavingOut({ exclude, only = [] }: CalendarRules, local: number): LeavingOut {
  const excluding = exclude.filter((calendar) => calendar.covers(local));
  if (excluding.length > 0) return { excludedBy: excluding.map(({ name }) => name) };
  return { notIn: only.map(({ name }) => name) };
}

/** An instant, and what decides whether an occurrence at it stands. */
interface Spot {
  readonly stands: boolean;
  readonly local: number;
  readonly piece: Pick<Piece, 'offset' | 'start' | 'end'>;
  /** How long those that decide stay as they are around the local time. */
  readonly run: Run;
}

interface Run {
  readonly start: (local: number) => number;
  readonly end: (local: number) => number;
}

const UTC = { offset: 0, start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };

function spotAt(rules: CalendarRules, at: EpochMs): Spot {
  const piece = rules.zone?.pieceAt(at) ?? UTC;
  const local = at + piece.offset;
  return { piece, local, ...decide(rules, local) };
}

/**
 * The end of a stretch around an instant that stands, or does not stand, throughout; more of it may follow. It ends
 * where the offset of the zone may, since local times go on from there as other ones; but a run that never ends, and
 * began so long ago that no change of clocks leads back to before it, has no end in any zone.
 */
function endOf({ local, piece, run }: Spot): EpochMs {
  const end = run.end(local);
  const isEndless = end === Number.POSITIVE_INFINITY && local - run.start(local) >= SHIFT_MAX_MS;
  return epochMs(isEndless ? end : Math.min(piece.end, end - piece.offset));
}

/** The first instant of such a stretch, likewise. */
function startOf({ local, piece, run }: Spot): EpochMs {
  const start = run.start(local);
  const isEndless = start === Number.NEGATIVE_INFINITY && run.end(local) - local >= SHIFT_MAX_MS;
  return epochMs(isEndless ? start : Math.max(piece.start, start - piece.offset));
}

/**
 * Whether a local time stands, and the run of what makes it so: where it stands, it does as long as all that decide
 * stay as they are, and where it is left out, as long as any calendar that covers it does.
 */
function decide({ exclude, only }: CalendarRules, local: number): Pick<Spot, 'stands' | 'run'> {
  const excluding = exclude.filter((calendar) => calendar.covers(local));
  if (excluding.length > 0) return { stands: false, run: longestRun(excluding) };
  if (only === undefined) return { stands: true, run: commonRun(exclude) };
  const keeping = only.find((calendar) => calendar.covers(local));
  // Where none keeps it, it is left out as long as all of them stay so.
  if (keeping === undefined) return { stands: false, run: commonRun(only) };
  return { stands: true, run: commonRun([...exclude, keeping]) };
}

/** How long all of the calendars stay as they are. */
function commonRun(calendars: readonly Covered[]): Run {
  return {
    start: (local) => Math.max(...calendars.map((calendar) => calendar.runStart(local))),
    end: (local) => Math.min(...calendars.map((calendar) => calendar.runEnd(local))),
  };
}

/** How long any of them does. */
function longestRun(calendars: readonly Covered[]): Run {
  return {
    start: (local) => Math.min(...calendars.map((calendar) => calendar.runStart(local))),
    end: (local) => Math.max(...calendars.map((calendar) => calendar.runEnd(local))),
  };
}
