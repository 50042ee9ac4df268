/** What people do to the policies of a group. */
import { epochMs } from '../base/clock.ts';
import type { EpochMs } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import {
  decodeDefinition,
  decodeProgress,
  definitionField,
  encodeField,
  policyIdsOf,
  progressField,
  webhookField,
} from '../domain/group/fields.ts';
import type { Policy, PolicyDefinition, PolicyProgress, Schedule } from '../domain/group/policy.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import type { PolicyId } from '../domain/ids.ts';
import type { StoredGroup } from '../ports/store.ts';
import { armPolicy } from './arm-policy.ts';
import type { Reached } from './arm-policy.ts';
import { armNewPolicies, withIds } from './new-policies.ts';
import type { PoliciesProblem } from './new-policies.ts';
import { ifExpected } from './expectation.ts';
import type { Expectation, Unexpected } from './expectation.ts';
import { changeGroupOnce } from './once.ts';
import type { NotAgain, Once } from './once.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { NO_CHANGE } from './group-unit.ts';
import { changeGroup, refusing } from './write-group.ts';
import type { GroupDecision, GroupTarget, NoSuchGroup, VisibleGroup } from './write-group.ts';

/** The group has no such policy. */
export interface NoSuchPolicy {
  readonly kind: 'no-such-policy';
}

/** One policy of one group. */
export interface PolicyTarget extends GroupTarget {
  readonly policyId: PolicyId;
}

export type CreatePoliciesResult =
  /** In the order of the request. */
  | { readonly kind: 'created'; readonly policies: readonly Policy[] }
  /** The group has `count` policies, and more than it may have with the new ones. */
  | { readonly kind: 'over-policy-limit'; readonly count: number }
  | PoliciesProblem
  | NoSuchGroup;

export type ChangePolicyResult =
  | { readonly kind: 'changed' }
  /** A policy keeps the type that it was created with. */
  | { readonly kind: 'type-differs' }
  /** A policy keeps the key, or the lack of one, that it was created with. */
  | { readonly kind: 'key-differs'; readonly key: string | undefined }
  | { readonly kind: 'never-fires' }
  | Unexpected
  | NoSuchPolicy
  | NoSuchGroup;

export type DeletePolicyResult =
  { readonly kind: 'deleted' } | Unexpected | NoSuchPolicy | NoSuchGroup;

const NO_SUCH_POLICY: NoSuchPolicy = { kind: 'no-such-policy' };

/** Adds policies to a group and arms their schedules: all of them, or none. The limit is exact. */
export async function createPolicies(
  deps: ScalingDeps,
  target: GroupTarget,
  request: {
    readonly definitions: readonly PolicyDefinition[];
    readonly by: string;
    readonly once?: Once<CreatePoliciesResult> | undefined;
  },
): Promise<CreatePoliciesResult | NotAgain> {
  const policies = withIds(request.definitions, deps.random);
  const { occurrencesOf, limits } = deps;
  const wanted = { wanted: 'policy.created', by: request.by } as const;
  return changeGroupOnce<CreatePoliciesResult>(deps, target, request.once, ({ now, stored }) => {
    const storedIds = policyIdsOf(stored.fields);
    if (storedIds.length + policies.length > limits.maxPoliciesPerGroup) {
      return refusing({ kind: 'over-policy-limit', count: storedIds.length }, wanted);
    }
    const takenKeys = new Set(storedIds.flatMap((id) => readable(stored, id)?.key ?? []));
    const armed = armNewPolicies({ policies, takenKeys, now, by: request.by, occurrencesOf });
    if (armed.kind !== 'armed') return refusing(armed, wanted);
    const { set, due, events } = armed;
    return {
      kind: 'change',
      change: { ...NO_CHANGE, set, due, events },
      answer: { kind: 'created', policies: armed.policies },
    };
  });
}

/**
 * Writes a policy anew. It is armed from now on, even where only its name changes, and is no longer
 * parked; its cooldown goes on. An occurrence that jitter holds back stays armed if the new schedule has it.
 * A definition that cannot be read any more is replaced by whatever is given.
 */
export async function changePolicy(
  deps: ScalingDeps,
  target: PolicyTarget,
  request: {
    readonly definition: PolicyDefinition;
    readonly by: string;
    readonly expectation?: Expectation | undefined;
  },
): Promise<ChangePolicyResult> {
  const { policyId } = target;
  const wanted = { wanted: 'policy.changed', policyId, by: request.by } as const;
  const decide = ifExpected<ChangePolicyResult>(request.expectation, wanted, (group) =>
    decidePolicyChange(deps, policyId, { ...request, group }),
  );
  return changeGroup<ChangePolicyResult>(deps, target, decide);
}

/** Removes a policy with its webhooks; its armed occurrence never fires. */
export async function deletePolicy(
  deps: ScalingDeps,
  target: PolicyTarget,
  request: { readonly by: string; readonly expectation?: Expectation | undefined },
): Promise<DeletePolicyResult> {
  const { policyId } = target;
  const wanted = { wanted: 'policy.deleted', policyId, by: request.by } as const;
  const decide = ifExpected<DeletePolicyResult>(request.expectation, wanted, ({ stored }) => {
    if (!hasPolicy(stored, policyId)) return { kind: 'leave', answer: NO_SUCH_POLICY };
    return {
      kind: 'change',
      change: {
        ...NO_CHANGE,
        remove: fieldNamesOf(stored, policyId),
        due: [{ policyId, dueAt: undefined }],
        events: [{ event: 'policy.deleted', policyId, by: request.by }],
      },
      answer: { kind: 'deleted' },
    };
  });
  return changeGroup<DeletePolicyResult>(deps, target, decide);
}

/** Whether the group holds the policy, readable or not. */
export function hasPolicy(stored: StoredGroup, policyId: PolicyId): boolean {
  return Object.hasOwn(stored.fields, definitionField(policyId));
}

function decidePolicyChange(
  deps: ScalingDeps,
  policyId: PolicyId,
  request: {
    readonly group: VisibleGroup;
    readonly definition: PolicyDefinition;
    readonly by: string;
  },
): GroupDecision<ChangePolicyResult> {
  const { stored, now } = request.group;
  if (!hasPolicy(stored, policyId)) return { kind: 'leave', answer: NO_SUCH_POLICY };
  const before = readable(stored, policyId);
  const definition = withKey(request.definition, before?.key);
  const set = { [definitionField(policyId)]: encodeField(definition) };
  const wanted = { wanted: 'policy.changed', policyId, by: request.by, set } as const;
  const problem = before && problemOfChange(before, request.definition);
  if (problem !== undefined) return refusing(problem, wanted);
  const { occurrencesOf } = deps;
  const reached: Reached = {
    progress: readableProgress(stored, policyId),
    dueAt: stored.due.get(policyId),
  };
  const armed = armPolicy({ policyId, definition, before: reached, now, occurrencesOf });
  if (armed === undefined) return refusing({ kind: 'never-fires' }, wanted);
  return {
    kind: 'change',
    change: {
      ...NO_CHANGE,
      set: { ...set, [progressField(policyId)]: encodeField(armed.progress) },
      due: [{ policyId, dueAt: armed.dueAt }],
      events: [
        ...overdueRun(deps, {
          ...{ policyId, schedule: before?.schedule, now },
          first: reached.progress.plannedAt,
          armedAt: armed.progress.plannedAt,
        }),
        { event: 'policy.changed', policyId, by: request.by },
      ],
    },
    answer: { kind: 'changed' },
  };
}

/** What was due and not claimed yet when its policy was written anew: nobody acts on it, so that is recorded. */
function overdueRun(
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
  return [{ event: 'policy.missed', policyId, first, last, reason: 'superseded', schedule }];
}

/** A stored schedule that cannot be read any more has only the occurrence that was armed. */
function latestOrNone(
  deps: Pick<ScalingDeps, 'occurrencesOf'>,
  schedule: Schedule,
  now: EpochMs,
): EpochMs | undefined {
  try {
    return deps.occurrencesOf(schedule).latest(now);
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return undefined;
    throw error;
  }
}

function problemOfChange(
  before: PolicyDefinition,
  wanted: PolicyDefinition,
): ChangePolicyResult | undefined {
  if ((before.schedule === undefined) !== (wanted.schedule === undefined)) {
    return { kind: 'type-differs' };
  }
  if (wanted.key !== undefined && wanted.key !== before.key) {
    return { kind: 'key-differs', key: before.key };
  }
  return undefined;
}

/** A definition that leaves the key out keeps the stored one. */
function withKey(definition: PolicyDefinition, key: string | undefined): PolicyDefinition {
  return key === undefined ? definition : { ...definition, key };
}

/** The fields of a policy, its webhooks' included. */
function fieldNamesOf(stored: StoredGroup, policyId: PolicyId): readonly string[] {
  const webhooks = webhookField(policyId, '');
  return Object.keys(stored.fields).filter(
    (name) =>
      name === definitionField(policyId) ||
      name === progressField(policyId) ||
      name.startsWith(webhooks),
  );
}

/** The stored definition; undefined where it cannot be read, which writing the policy anew repairs. */
function readable(stored: StoredGroup, policyId: PolicyId): PolicyDefinition | undefined {
  return undefinedIfMalformed(() => decodeDefinition(stored.fields[definitionField(policyId)]));
}

function readableProgress(stored: StoredGroup, policyId: PolicyId): PolicyProgress {
  return undefinedIfMalformed(() => decodeProgress(stored.fields[progressField(policyId)])) ?? {};
}

function undefinedIfMalformed<Value>(decode: () => Value): Value | undefined {
  try {
    return decode();
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return undefined;
    throw error;
  }
}
