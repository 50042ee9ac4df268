import type { EpochMs } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { definitionField, encodeField, progressField } from '../domain/group/fields.ts';
import type { Policy, PolicyDefinition, Schedule } from '../domain/group/policy.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import type { PolicyId } from '../domain/ids.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { PlanTurn } from '../domain/plan/turns.ts';
import type { DueMove, StoredFields } from '../ports/store.ts';
import { armPolicy, exceededPeriod } from './arm-policy.ts';
import type { Reached } from './arm-policy.ts';

/** A policy that has its id and is not stored yet. */
export type NewPolicy = Pick<Policy, 'id' | 'definition'>;

/** Why policies cannot be added to a group. */
export type PoliciesProblem =
  /** Another policy of the group, or an earlier one of the request, has this key. */
  | { readonly kind: 'key-in-use'; readonly key: string }
  /** The schedule of the policy at this place of the request has no occurrence from now on. */
  | { readonly kind: 'never-fires'; readonly index: number }
  /** The window at this place of the request lasts longer than the time from one opening to the next, and would never close. */
  | { readonly kind: 'window-too-long'; readonly index: number; readonly periodSeconds: number };

/** New policies, armed, with what a unit must do to add them. */
export interface ArmedPolicies {
  readonly kind: 'armed';
  readonly policies: readonly Policy[];
  readonly set: StoredFields;
  readonly due: readonly DueMove[];
  readonly events: readonly HistoryEvent[];
  /** Windows that are open at once. */
  readonly turns: readonly PlanTurn[];
}

/** Gives every definition an id, in order. */
export function withIds(
  definitions: readonly PolicyDefinition[],
  random: Random,
): readonly NewPolicy[] {
  return definitions.map((definition) => ({ id: random.uuid() as PolicyId, definition }));
}

/** Arms new policies from `now`, unless one of them cannot be. `takenKeys` are those of the group's other policies. */
export function armNewPolicies(input: {
  readonly policies: readonly NewPolicy[];
  readonly takenKeys: ReadonlySet<string>;
  readonly now: EpochMs;
  readonly by: string;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
}): ArmedPolicies | PoliciesProblem {
  const { now, occurrencesOf } = input;
  const takenKeys = new Set(input.takenKeys);
  const policies: Policy[] = [];
  const due: DueMove[] = [];
  const turns: PlanTurn[] = [];
  for (const { id, definition } of input.policies) {
    const { key } = definition;
    if (key !== undefined && takenKeys.has(key)) return { kind: 'key-in-use', key };
    if (key !== undefined) takenKeys.add(key);
    const before: Reached = { progress: {}, dueAt: undefined };
    const armed = armPolicy({ policyId: id, definition, before, now, occurrencesOf });
    if (armed === undefined) return { kind: 'never-fires', index: policies.length };
    const periodSeconds = exceededPeriod(definition, { policyId: id, now, occurrencesOf });
    if (periodSeconds !== undefined) {
      return { kind: 'window-too-long', index: policies.length, periodSeconds };
    }
    const { progress, dueAt, open } = armed;
    if (open !== undefined) turns.push({ kind: 'window', policyId: id, open });
    policies.push({ id, definition, progress });
    if (dueAt !== undefined) due.push({ policyId: id, dueAt });
  }
  return {
    kind: 'armed',
    policies,
    set: Object.assign({}, ...policies.map(fieldsOf)) as StoredFields, // each is StoredFields
    due,
    turns,
    events: policies.map(({ id }) => ({ event: 'policy.created', policyId: id, by: input.by })),
  };
}

function fieldsOf({ id, definition, progress }: Policy): StoredFields {
  return {
    [definitionField(id)]: encodeField(definition),
    [progressField(id)]: encodeField(progress),
  };
}
