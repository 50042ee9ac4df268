import type { EpochMs } from '../base/clock.ts';
import type { PolicyDefinition, PolicyProgress, Schedule } from '../domain/group/policy.ts';
import type { PolicyId } from '../domain/ids.ts';
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
}

/**
 * The progress of a policy that was just written: armed for its first occurrence after `now` that it
 * has not claimed before, no longer parked, its cooldown going on. Undefined where it has a schedule
 * that never fires from now on.
 */
export function armPolicy(input: {
  readonly policyId: PolicyId;
  readonly definition: PolicyDefinition;
  readonly before: Reached;
  readonly now: EpochMs;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
}): Armed | undefined {
  const { policyId, definition, before, now } = input;
  const { claimedAt, touchedAt } = before.progress;
  const kept: PolicyProgress = {
    ...(claimedAt === undefined ? {} : { claimedAt }),
    ...(touchedAt === undefined ? {} : { touchedAt }),
  };
  const { schedule } = definition;
  if (schedule === undefined) return { progress: kept, dueAt: undefined };
  const occurrences = input.occurrencesOf(schedule);
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
