/**
 * The walk over a cron expression on the clocks of a time zone: next, latest, count.
 *
 * The walk of `next.ts` runs over local times, inside one piece of the zone after the other. An expression
 * that has all 24 hours follows elapsed time: every piece is matched for itself, so what comes every 15
 * minutes keeps coming every 15 minutes. Any other expression is a time of day, which a change of the
 * offset may skip or repeat; what happens then is a choice of the schedule.
 */
import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { bitsBelow } from './bits.ts';
import { SECOND_MS } from './civil.ts';
import type { CompiledCron } from './cron.ts';
import { countCron, latestCron, nextCron } from './next.ts';
import { SHIFT_MAX_MS } from './zone.ts';
import type { Piece, Zone } from './zone.ts';

/** What becomes of a time of day where clocks change. */
export interface ClockChanges {
  /** A time that does not exist that day is read with the offset before the gap (02:30 is 03:30), or left out. */
  readonly gap: 'shift' | 'skip';
  /** Which of the two instants of a time that exists twice. */
  readonly overlap: 'first' | 'second' | 'both';
}

export const DEFAULT_CLOCK_CHANGES: ClockChanges = { gap: 'shift', overlap: 'first' };

/** A cron expression in a zone. */
export interface ZonedCron {
  readonly cron: CompiledCron;
  readonly zone: Zone;
  readonly changes: ClockChanges;
}

/** 10000-01-01T00:00:00Z, in milliseconds. */
const END_MS = 253_402_300_800_000;
/**
 * How far a walk looks, in milliseconds: 100 mean years. Dates repeat sooner (29 February on a given day of
 * the week within 40 years), so a walk this long is one for a time that clocks always skip.
 */
const REACH_MS = 100 * 31_556_952_000;
/** An hour and a minute, in milliseconds. */
const UNITS_MS: readonly number[] = [3_600_000, 60_000];
const ALL_HOURS = bitsBelow(24);
/** What a search forward answers where there is nothing to find, and what one backward does. */
const NEVER = Number.POSITIVE_INFINITY;
const NEVER_BEFORE = Number.NEGATIVE_INFINITY;

/**
 * The first occurrence strictly after an instant, from 1970 on; undefined where the 100 years after the
 * instant have none, or where it would lie beyond the year 9999. Two local times that fall on one instant
 * are one occurrence.
 */
export function nextZoned(zoned: ZonedCron, after: EpochMs): EpochMs | undefined {
  const first = Math.max(Math.floor(after) + 1, 0);
  const end = Math.min(first + REACH_MS, END_MS);
  let from = first;
  while (from < end) {
    const piece = zoned.zone.pieceAt(from);
    const found = firstIn(zoned, piece, from);
    if (found < piece.end) return found < END_MS ? epochMs(found) : undefined;
    from = resumeAfter(piece, from, found);
  }
  return undefined;
}

/**
 * The last occurrence at or before an instant; undefined where the 100 years before the instant have none, or
 * where it would lie before 1970.
 */
export function latestZoned(zoned: ZonedCron, notAfter: EpochMs): EpochMs | undefined {
  const last = Math.min(Math.floor(notAfter), END_MS - 1);
  const start = Math.max(last - REACH_MS, 0);
  let until = last;
  while (until >= start) {
    const piece = zoned.zone.pieceAt(until);
    const found = lastIn(zoned, piece, until);
    if (found >= piece.start) return epochMs(found);
    until = resumeBefore(piece, until, found);
  }
  return undefined;
}

/**
 * How many occurrences there are from `first` to `last`, both included. Exact, and by whole pieces: the cost
 * grows with the months and the changes of clocks between the two, not with the occurrences.
 */
export function countZoned(zoned: ZonedCron, first: EpochMs, last: EpochMs): number {
  const end = Math.min(Math.floor(last), END_MS - 1) + 1;
  let count = 0;
  let from = Math.max(Math.ceil(first), 0);
  while (from < end) {
    const piece = zoned.zone.pieceAt(from);
    const until = Math.min(piece.end, end);
    count += countIn(zoned, piece, from, until);
    from = until;
  }
  return count;
}

/** What the occurrences in a piece are: the times that its clocks show, none, or the skipped ones as well. */
type Rule = 'regular' | 'none' | 'regular-and-skipped';

function ruleIn({ cron, changes }: ZonedCron, { kind }: Piece): Rule {
  if (kind === 'once' || cron.hours === ALL_HOURS) return 'regular';
  switch (kind) {
    case 'first-of-two':
      return changes.overlap === 'second' ? 'none' : 'regular';
    case 'second-of-two':
      return changes.overlap === 'first' ? 'none' : 'regular';
    case 'after-gap':
      return changes.gap === 'shift' ? 'regular-and-skipped' : 'regular';
  }
}

/** The first occurrence in a piece that is not before `from`, an instant in it; not in it where it has none. */
function firstIn(zoned: ZonedCron, piece: Piece, from: number): number {
  const rule = ruleIn(zoned, piece);
  if (rule === 'none') return NEVER; // such a piece is short, and the walk goes on at its end
  const regular = firstMatch(zoned.cron, from, piece.offset);
  if (rule === 'regular') return regular;
  return Math.min(regular, firstMatch(zoned.cron, from, piece.offsetBefore));
}

/** The first instant not before `from` at which clocks of that offset show a matching time. */
function firstMatch(cron: CompiledCron, from: number, offset: number): number {
  const local = nextCron(cron, epochMs(from + offset - 1));
  return local === undefined ? NEVER : local - offset;
}

/** The last occurrence in a piece that is not after `until`, an instant in it; not in it where it has none. */
function lastIn(zoned: ZonedCron, piece: Piece, until: number): number {
  const rule = ruleIn(zoned, piece);
  if (rule === 'none') return NEVER_BEFORE;
  const regular = lastMatch(zoned.cron, until, piece.offset);
  if (rule === 'regular') return regular;
  return Math.max(regular, lastMatch(zoned.cron, until, piece.offsetBefore));
}

function lastMatch(cron: CompiledCron, until: number, offset: number): number {
  const local = latestCron(cron, epochMs(until + offset));
  return local === undefined ? NEVER_BEFORE : local - offset;
}

/**
 * Where to look on after a piece without an occurrence: at its end, or shortly before the first match that was
 * found beyond it. Nothing is skipped close to the end, where clocks may show times before those searched.
 */
function resumeAfter({ end }: Piece, from: number, found: number): number {
  return end - from < SHIFT_MAX_MS ? end : Math.max(end, found - SHIFT_MAX_MS);
}

/** Where to look on before a piece without an occurrence, likewise. */
function resumeBefore({ start }: Piece, until: number, found: number): number {
  return until - start < SHIFT_MAX_MS ? start - 1 : Math.min(start - 1, found + SHIFT_MAX_MS);
}

/** How many occurrences a piece has from `from` up to, but without, `end`. */
function countIn(zoned: ZonedCron, piece: Piece, from: number, end: number): number {
  switch (ruleIn(zoned, piece)) {
    case 'none':
      return 0;
    case 'regular':
      return countMatches(zoned.cron, from, end, piece.offset);
    case 'regular-and-skipped':
      return countAfterGap(zoned.cron, piece, from, end);
  }
}

function countMatches(cron: CompiledCron, from: number, end: number, offset: number): number {
  return countCron(cron, epochMs(from + offset), epochMs(end - 1 + offset));
}

/**
 * Counts instants at which a regular time, a skipped one, or both match. Two clocks that are whole hours apart
 * show the same minutes and seconds: in one hour of theirs, either both match at the same instants, or one of
 * them matches nowhere, and the greater count is that of both together. So it is with whole minutes.
 */
function countAfterGap(cron: CompiledCron, piece: Piece, from: number, end: number): number {
  const { offset, offsetBefore } = piece;
  const unit = UNITS_MS.find((ms) => (offset - offsetBefore) % ms === 0) ?? SECOND_MS;
  let count = 0;
  let start = from;
  while (start < end) {
    const unitsBefore = Math.floor((start + offset) / unit);
    const until = Math.min(end, (unitsBefore + 1) * unit - offset);
    count += Math.max(
      countMatches(cron, start, until, offset),
      countMatches(cron, start, until, offsetBefore),
    );
    start = until;
  }
  return count;
}
