import { hasCode } from '../base/errors.ts';
import type { EpochMs } from '../base/clock.ts';
import { decodeLabels, decodePolicy, definitionField } from '../domain/group/fields.ts';
import type { CronSchedule, Schedule } from '../domain/group/policy.ts';
import type { GroupId, PolicyId } from '../domain/ids.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { StoredFields, StoredGroup } from '../ports/store.ts';
import type { GroupChange } from './group-unit.ts';

/** A policy whose schedule goes on, and whose calendars leave nothing of it. */
export interface SilencedPolicy {
  readonly groupId: GroupId;
  readonly groupName: string;
  readonly policyId: PolicyId;
  readonly policyName: string;
}

/**
 * The policies that a change arms anew and that have no occurrence after `now` on account of their calendars. One
 * whose schedule is over anyway is none of them, nor is one that is still to act on what has come due.
 */
export function silencedBy(
  change: Pick<GroupChange, 'due' | 'set'>,
  stored: StoredGroup,
  at: {
    readonly now: EpochMs;
    readonly occurrencesOf: (schedule: Schedule) => Occurrences;
  },
): readonly SilencedPolicy[] {
  const fields = { ...stored.fields, ...change.set };
  return change.due.flatMap(({ policyId, dueAt }) => {
    // The policy may not be one: the end of an override is armed as well. What can be armed can be read.
    if (fields[definitionField(policyId)] === undefined) return [];
    const { definition } = decodePolicy(fields, policyId);
    const { schedule, adjustment, name } = definition;
    if (schedule?.kind !== 'cron') return [];
    // A window that is open is armed for its end.
    if (dueAt !== undefined && adjustment.kind !== 'window') return [];
    const { now, occurrencesOf } = at;
    if (occurrencesOf(schedule).next(now) !== undefined) return [];
    if (occurrencesOf(withoutCalendars(schedule)).next(now) === undefined) return [];
    const groupName = groupNameIn(fields) ?? stored.groupId;
    return [{ groupId: stored.groupId, groupName, policyId, policyName: name }];
  });
}

/** What people call the group; undefined where its labels cannot be read, which are no matter of its calendars. */
export function groupNameIn(fields: StoredFields): string | undefined {
  try {
    return decodeLabels(fields['labels']).name;
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return undefined;
    throw error;
  }
}

function withoutCalendars(schedule: CronSchedule): CronSchedule {
  const { exclude: _left, only: _kept, calendars: _copies, ...own } = schedule;
  return own;
}
