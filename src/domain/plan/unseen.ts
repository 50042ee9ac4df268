/** Openings of a window that came and went, and that nobody has accounted for. */
import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { PolicyProgress } from '../group/policy.ts';
import type { Occurrences } from '../schedule/occurrences.ts';

/** Openings of a schedule from one to another, both included. */
export interface Run {
  readonly first: EpochMs;
  readonly last: EpochMs;
}

/**
 * The instant up to which the openings of a window are accounted for; undefined where none ever was, and none is armed.
 * One that somebody had left out while it was still to come counts as claimed: others may come before it, where a
 * calendar was changed since, and these were not seen.
 */
export function seenUntil({
  claimedAt,
  plannedAt,
  skipped,
}: Pick<PolicyProgress, 'claimedAt' | 'plannedAt' | 'skipped'>): EpochMs | undefined {
  const beforeArmed = plannedAt === undefined ? undefined : plusMs(plannedAt, -1);
  if (claimedAt === undefined || beforeArmed === undefined) return claimedAt ?? beforeArmed;
  const isLeftOut =
    skipped !== undefined && skipped.first <= claimedAt && claimedAt <= skipped.last;
  return isLeftOut ? epochMs(Math.min(claimedAt, beforeArmed)) : claimedAt;
}

/** The openings after an instant and up to another, but for those that were left out: two runs at the most. */
export function openingsBetween(
  { openings, skipped }: { readonly openings: Occurrences; readonly skipped?: Run | undefined },
  { after, until }: { readonly after: EpochMs; readonly until: EpochMs },
): readonly Run[] {
  const spans =
    skipped === undefined
      ? [{ after, until }]
      : [
          { after, until: epochMs(Math.min(until, skipped.first - 1)) },
          { after: epochMs(Math.max(after, skipped.last)), until },
        ];
  return spans.flatMap((span) => {
    const first = openings.next(span.after);
    const last = openings.latest(span.until);
    return first === undefined || last === undefined || last < first ? [] : [{ first, last }];
  });
}
