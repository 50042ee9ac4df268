import { epochMs } from '../base/clock.ts';
import type { EpochMs } from '../base/clock.ts';
import type { OpenWindow } from '../domain/group/group.ts';
import type { PolicyDefinition, PolicyProgress, Schedule } from '../domain/group/policy.ts';
import type { PolicyId } from '../domain/ids.ts';
import { nextTurnOf, periodExceeded, windowAt } from '../domain/plan/window.ts';
import type { ScheduledWindow } from '../domain/plan/window.ts';
import { dueInstants } from '../domain/schedule/jitter.ts';
import { firstOccurrence } from '../domain/schedule/judge.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';

/** What a policy had come to before it was written anew. */
export interface Reached {
  /** Empty for a new policy. */
  readonly progress: PolicyProgress;
  /** When its armed occurrence is due; undefined where none is armed. */
  readonly dueAt: EpochMs | undefined;
}

/** A policy that was just written: where it begins, and when its armed occurrence is due. */
export interface Armed {
  readonly progress: PolicyProgress;
  readonly dueAt: EpochMs | undefined;
  /** Of a window that is open as it is written: how it stands in the state of its group. */
  readonly open?: OpenWindow;
}

/** A policy that is written, and what it had come to. */
export interface ArmInput {
  readonly policyId: PolicyId;
  readonly definition: PolicyDefinition;
  readonly before: Reached;
  readonly now: EpochMs;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
}

/**
 * The progress of a policy that was just written: armed for its first occurrence after `now` that it
 * has not claimed before, no longer parked, its cooldown going on. A window is armed for when it opens or closes
 * next, and is open at once where it should be open now. Undefined where it has a schedule that never fires from
 * now on.
 */
export function armPolicy(input: ArmInput): Armed | undefined {
  const { policyId, definition, before, now } = input;
  const { claimedAt, touchedAt, skipped } = before.progress;
  const kept: PolicyProgress = {
    ...(claimedAt === undefined ? {} : { claimedAt }),
    ...(touchedAt === undefined ? {} : { touchedAt }),
    ...(skipped === undefined ? {} : { skipped }),
  };
  const { schedule } = definition;
  if (schedule === undefined) return { progress: kept, dueAt: undefined };
  const occurrences = input.occurrencesOf(schedule);
  if (definition.adjustment.kind === 'window') {
    return armWindow(input, { capacity: definition.adjustment, openings: occurrences });
  }
  const pendingAt = pendingOccurrence(occurrences, before, now);
  const plannedAt = pendingAt ?? firstOccurrence(occurrences, kept, now);
  if (plannedAt === undefined) return undefined;
  const dueAt = dueInstants(policyId, schedule, occurrences)(plannedAt);
  // Never before now: an occurrence that loses its jitter while it waits has not come late by that.
  return {
    progress: { ...kept, plannedAt },
    dueAt: pendingAt === undefined || dueAt > now ? dueAt : now,
  };
}

function armWindow(
  { policyId, before: { progress }, now }: ArmInput,
  scheduled: Pick<ScheduledWindow, 'capacity' | 'openings'>,
): Armed | undefined {
  const { skipped } = progress;
  const window = { policyId, ...scheduled, ...(skipped === undefined ? {} : { skipped }) };
  const open = windowAt(window, now);
  const plannedAt = nextTurnOf(window, now);
  if (plannedAt === undefined) return undefined;
  const latest = scheduled.openings.latest(now);
  // What it has opened for stays accounted for, whatever its schedule says now.
  const claimedAt = Math.max(
    progress.claimedAt ?? Number.NEGATIVE_INFINITY,
    latest ?? Number.NEGATIVE_INFINITY,
  );
  return {
    progress: {
      plannedAt,
      ...(Number.isFinite(claimedAt) ? { claimedAt: epochMs(claimedAt) } : {}),
      ...(skipped === undefined ? {} : { skipped }),
    },
    dueAt: plannedAt,
    ...(open === undefined ? {} : { open }),
  };
}

/**
 * The armed occurrence, where jitter still holds it back and the schedule as it is written now has it as its
 * newest: writing a policy anew must not lose what was to come within the next moments.
 */
function pendingOccurrence(
  occurrences: Occurrences,
  { progress: { plannedAt }, dueAt }: Reached,
  now: EpochMs,
): EpochMs | undefined {
  if (plannedAt === undefined || dueAt === undefined) return undefined;
  const isPending = plannedAt <= now && now < dueAt;
  return isPending && occurrences.latest(now) === plannedAt ? plannedAt : undefined;
}

/**
 * The time from one opening of a window to the next, in seconds, where the window lasts longer than that; undefined
 * where it does not, and for policies of other types.
 */
export function exceededPeriod(
  { adjustment, schedule }: PolicyDefinition,
  at: Pick<ArmInput, 'policyId' | 'now' | 'occurrencesOf'>,
): number | undefined {
  if (adjustment.kind !== 'window' || schedule === undefined) return undefined;
  const { policyId, now, occurrencesOf } = at;
  return periodExceeded({ policyId, capacity: adjustment, openings: occurrencesOf(schedule) }, now);
}
