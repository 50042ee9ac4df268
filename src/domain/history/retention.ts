/** How much history a group keeps: whichever of the two bounds is reached first. */
import { plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { GroupId } from '../ids.ts';

export const EVENTS_MAX = 1_000;
export const AGE_MAX_MS = 30 * 24 * 3_600_000;
/** A history is trimmed once per this many events, so it may be this much longer than its bound. */
export const TRIM_EVERY = 64;

/** What may be dropped of a history: events numbered below `firstSequence`, and those from before `firstAt`. */
export interface HistoryCut {
  readonly firstSequence: number;
  readonly firstAt: EpochMs;
}

/**
 * What to trim after the event numbered `last` was appended to `count - 1` others at `now`; undefined
 * where it is not this commit's turn. Turns differ from group to group: groups that were made together
 * and fire together would otherwise all trim in one and the same commit.
 */
export function historyCut(appended: {
  readonly groupId: GroupId;
  readonly last: number;
  readonly count: number;
  readonly now: EpochMs;
}): HistoryCut | undefined {
  // A byte of chance: the first ones are the time, and the last one is the region.
  const offset = Number.parseInt(appended.groupId.slice(-4, -2), 16) || 0;
  const turn = Math.floor((appended.last + offset) / TRIM_EVERY);
  const turnBefore = Math.floor((appended.last - appended.count + offset) / TRIM_EVERY);
  if (turn === turnBefore) return undefined;
  return {
    firstSequence: appended.last - EVENTS_MAX + 1,
    firstAt: plusMs(appended.now, -AGE_MAX_MS),
  };
}
