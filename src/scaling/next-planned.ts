import type { EpochMs } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import type { PolicyDefinition, Schedule } from '../domain/group/policy.ts';
import type { PolicyId } from '../domain/ids.ts';
import { nextOpeningOf } from '../domain/plan/window.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { Reached } from './arm-policy.ts';

/**
 * The occurrence that a policy fires for next, which may have come and not be claimed yet; of a window, its next
 * opening. Undefined where none is to come, as of a policy that is parked, or whose definition cannot be read.
 */
export function nextPlannedOf(
  policy: {
    readonly policyId: PolicyId;
    readonly definition: PolicyDefinition | undefined;
    readonly reached: Reached;
    readonly now: EpochMs;
  },
  occurrencesOf: (schedule: Schedule) => Occurrences,
): EpochMs | undefined {
  const { policyId, definition, reached, now } = policy;
  const { progress, dueAt } = reached;
  if (definition?.schedule === undefined || dueAt === undefined) return undefined;
  const { adjustment, schedule } = definition;
  if (adjustment.kind !== 'window') return progress.plannedAt ?? dueAt;
  const { skipped } = progress;
  return undefinedIfMalformed(() => {
    const window = { policyId, capacity: adjustment, openings: occurrencesOf(schedule) };
    return nextOpeningOf({ ...window, ...(skipped === undefined ? {} : { skipped }) }, now);
  });
}

function undefinedIfMalformed<Value>(find: () => Value): Value | undefined {
  try {
    return find();
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return undefined;
    throw error;
  }
}
