/** Which armed policies another release of the time zone data has at other instants, and what they are armed for instead. */
import { hasCode } from '../base/errors.ts';
import type { EpochMs } from '../base/clock.ts';
import type { OpenWindow } from '../domain/group/group.ts';
import type { Policy, Schedule } from '../domain/group/policy.ts';
import { movedTurnOf } from '../domain/plan/moved-turn.ts';
import { moveOf } from '../domain/schedule/moved.ts';
import type { Move } from '../domain/schedule/moved.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';

const STAYS: Move = { kind: 'stays' };

/**
 * What an armed policy is to be armed for instead, if it is. Only schedules in a zone depend on its rules. `held`:
 * the window of the policy as it stands in the state of its group.
 */
export function moveOfPolicy(
  { id, definition, progress }: Policy,
  at: {
    readonly now: EpochMs;
    readonly held: OpenWindow | undefined;
    readonly occurrencesOf: (schedule: Schedule) => Occurrences;
  },
): Move {
  const { adjustment, schedule } = definition;
  const { plannedAt, claimedAt, skipped } = progress;
  if (schedule?.timezone === undefined || plannedAt === undefined) return STAYS;
  const { now, held } = at;
  const occurrences = compiled(schedule, at.occurrencesOf);
  if (occurrences === undefined) return STAYS;
  const window = { policyId: id, openings: occurrences, ...(skipped && { skipped }) };
  return adjustment.kind === 'window'
    ? movedTurnOf({ ...window, capacity: adjustment }, { plannedAt, claimedAt, now, held })
    : moveOf({ plannedAt, claimedAt, now, occurrences, isOnly: schedule.kind === 'at' });
}

/** Undefined where it does not compile, as where a zone is gone: the claim parks it when it is due, with the reason. */
function compiled(
  schedule: Schedule,
  occurrencesOf: (schedule: Schedule) => Occurrences,
): Occurrences | undefined {
  try {
    return occurrencesOf(schedule);
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return undefined;
    throw error;
  }
}
