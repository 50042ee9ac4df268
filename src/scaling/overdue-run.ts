/** Occurrences that were due when their policy was armed anew. */
import { epochMs, plusMs } from '../base/clock.ts';
import type { EpochMs } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import type { OpenWindow } from '../domain/group/group.ts';
import type { PolicyProgress, Schedule } from '../domain/group/policy.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import { missedEvent } from '../domain/history/missed-event.ts';
import type { PolicyId } from '../domain/ids.ts';
import { openingsBetween, seenUntil } from '../domain/plan/unseen.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { ScalingDeps } from './scaling-deps.ts';

/** What was due and not claimed yet when its policy was written anew: nobody acts on it, so that is recorded. */
export function overdueRun(
  deps: Pick<ScalingDeps, 'occurrencesOf'>,
  due: {
    readonly policyId: PolicyId;
    readonly schedule: Schedule | undefined;
    /** What was armed, and what is armed now. */
    readonly first: EpochMs | undefined;
    readonly armedAt: EpochMs | undefined;
    readonly now: EpochMs;
  },
): readonly HistoryEvent[] {
  const { policyId, schedule, first, armedAt, now } = due;
  if (schedule === undefined || first === undefined || first > now) return [];
  if (first === armedAt) return [];
  const latest = latestOrNone(deps, schedule, now) ?? first;
  const last = epochMs(Math.max(first, latest));
  const run = { policyId, first, last, reason: 'superseded', schedule } as const;
  return [missedEvent(run, () => deps.occurrencesOf(schedule))];
}

/**
 * Openings of a window that had come and were not claimed yet when its policy was written anew. The one that it has now
 * is told as opened, by whichever schedule.
 */
export function overdueOpenings(
  deps: Pick<ScalingDeps, 'occurrencesOf'>,
  due: {
    readonly policyId: PolicyId;
    readonly schedule: Schedule | undefined;
    readonly progress: PolicyProgress;
    /** As the window is from now on. */
    readonly open: OpenWindow | undefined;
    readonly now: EpochMs;
  },
): readonly HistoryEvent[] {
  const { policyId, schedule, open, now } = due;
  const { skipped } = due.progress;
  const seen = seenUntil(due.progress);
  if (schedule === undefined || seen === undefined) return [];
  const openings = readable(deps, schedule);
  if (openings === undefined) return [];
  const opensAt = open?.opensAt ?? now;
  const spans = [
    { after: seen, until: open === undefined ? now : plusMs(opensAt, -1) },
    ...(open === undefined ? [] : [{ after: epochMs(Math.max(seen, opensAt)), until: now }]),
  ];
  return spans
    .flatMap((span) => openingsBetween({ openings, skipped }, span))
    .map((run) =>
      missedEvent({ policyId, ...run, reason: 'superseded', schedule }, () => openings),
    );
}

function readable(
  deps: Pick<ScalingDeps, 'occurrencesOf'>,
  schedule: Schedule,
): Occurrences | undefined {
  try {
    return deps.occurrencesOf(schedule);
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return undefined;
    throw error;
  }
}

/** A stored schedule that cannot be read any more has only the occurrence that was armed. */
function latestOrNone(
  deps: Pick<ScalingDeps, 'occurrencesOf'>,
  schedule: Schedule,
  now: EpochMs,
): EpochMs | undefined {
  return readable(deps, schedule)?.latest(now);
}
