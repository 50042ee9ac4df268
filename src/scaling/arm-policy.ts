import type { EpochMs } from '../base/clock.ts';
import type { PolicyDefinition, PolicyProgress, Schedule } from '../domain/group/policy.ts';
import { firstOccurrence } from '../domain/schedule/judge.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';

/**
 * The progress of a policy that was just written: armed for its first occurrence after `now` that it
 * has not claimed before, no longer parked, its cooldown going on. Undefined where it has a schedule
 * that never fires from now on.
 */
export function armedProgress(input: {
  readonly definition: PolicyDefinition;
  /** What the policy had come to before; empty for a new one. */
  readonly before: PolicyProgress;
  readonly now: EpochMs;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
}): PolicyProgress | undefined {
  const { definition, now } = input;
  const { claimedAt, touchedAt } = input.before;
  const kept: PolicyProgress = {
    ...(claimedAt === undefined ? {} : { claimedAt }),
    ...(touchedAt === undefined ? {} : { touchedAt }),
  };
  if (definition.schedule === undefined) return kept;
  const plannedAt = firstOccurrence(input.occurrencesOf(definition.schedule), kept, now);
  return plannedAt === undefined ? undefined : { ...kept, plannedAt };
}
