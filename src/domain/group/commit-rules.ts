/** The rules by which every store judges a commit, apart from the fence and the version. */
import type { EpochMs } from '../../base/clock.ts';

/** How long after its read a decision may still be applied, in ms of the store's clock. */
export const DECISION_AGE_MAX_MS = 5_000;

/** How many commits that were not an owner's a group remembers, to answer repeats of them. */
export const REMEMBERED_MAX = 32;

/** How long a removed group goes on answering repeats, in ms of the store's clock. */
export const TOMBSTONE_MS = 3_600_000;

/** How many outlived tombstones one removal clears away, so that none pays for a thousand others. */
export const TOMBSTONES_CLEARED_MAX = 16;

/** Whether a decision rests on a read recent enough, and not on one that the store's clock has yet to reach. */
export function isDecisionCurrent(decidedAt: EpochMs, now: EpochMs): boolean {
  const ageMs = now - decidedAt;
  return ageMs >= 0 && ageMs <= DECISION_AGE_MAX_MS;
}

/**
 * Whether a commit decided at `decidedAt` may have been applied and forgotten since: the memory is
 * full, and nothing in it is older than the decision. Otherwise what is not remembered was never applied.
 */
export function mayBeForgotten(
  memory: { readonly count: number; readonly oldestAt: EpochMs | undefined },
  decidedAt: EpochMs,
): boolean {
  if (memory.count < REMEMBERED_MAX || memory.oldestAt === undefined) return false;
  return memory.oldestAt >= decidedAt;
}
