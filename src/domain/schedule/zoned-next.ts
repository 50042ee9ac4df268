/**
 * The next occurrence of a cron expression on the clocks of a time zone.
 *
 * The walk of `next.ts` runs over local times, inside one piece of the zone after the other. An expression
 * that has all 24 hours follows elapsed time: every piece is matched for itself, so what comes every 15
 * minutes keeps coming every 15 minutes. Any other expression is a time of day, which a change of the
 * offset may skip or repeat; what happens then is a choice of the schedule.
 */
import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { bitsBelow } from './bits.ts';
import type { CompiledCron } from './cron.ts';
import { nextCron } from './next.ts';
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
 * How far the walk looks, in milliseconds: 100 mean years. Dates repeat sooner (29 February on a given day of
 * the week within 40 years), so a walk this long is one for a time that clocks always skip.
 */
const REACH_MS = 100 * 31_556_952_000;
const ALL_HOURS = bitsBelow(24);
const NONE = Number.POSITIVE_INFINITY;

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
    if (found !== NONE) return found < END_MS ? epochMs(found) : undefined;
    from = resumeAfter(zoned.cron, piece);
  }
  return undefined;
}

/** The first occurrence in a piece that is not before `from`, an instant in it. */
function firstIn({ cron, changes }: ZonedCron, piece: Piece, from: number): number {
  if (cron.hours === ALL_HOURS) {
    const local = localFrom(cron, from + piece.offset, piece.end + piece.offset);
    return local - piece.offset;
  }
  const regular = firstRegular(cron, changes, piece, from);
  const isAfterGap = piece.offsetBefore < piece.offset;
  if (!isAfterGap || changes.gap === 'skip') return regular;
  // The clock before the change, had it run on, through the times that it never showed.
  const skipped = localFrom(cron, from + piece.offsetBefore, piece.start + piece.offset);
  return Math.min(regular, skipped - piece.offsetBefore);
}

/** The first occurrence at a time of day that the clocks of the piece show. */
function firstRegular(
  cron: CompiledCron,
  changes: ClockChanges,
  piece: Piece,
  from: number,
): number {
  const { offset, offsetBefore, offsetAfter } = piece;
  let first = from + offset;
  let end = piece.end + offset;
  if (changes.overlap === 'first') first = Math.max(first, piece.start + offsetBefore);
  if (changes.overlap === 'second') end = Math.min(end, piece.end + offsetAfter);
  return localFrom(cron, first, end) - offset;
}

/** The first matching local time from `first` on and before `end`. */
function localFrom(cron: CompiledCron, first: number, end: number): number {
  const local = nextCron(cron, epochMs(first - 1)) ?? NONE;
  return local < end ? local : NONE;
}

/**
 * Where to look on after a piece without an occurrence: at its end, or later where the calendar is empty for
 * longer. Clocks may be set back there, so the calendar is asked from as far back as that could be.
 */
function resumeAfter(cron: CompiledCron, { end, offset }: Piece): number {
  const local = nextCron(cron, epochMs(end + offset - SHIFT_MAX_MS)) ?? NONE;
  return Math.max(end, local - offset - SHIFT_MAX_MS);
}
