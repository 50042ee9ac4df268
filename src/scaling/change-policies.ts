/** What people do to the policies of a group. */
import type { EpochMs } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import type { CalendarCopies, CalendarCopy } from '../domain/calendar/calendar.ts';
import { copyOf, withCopies } from '../domain/calendar/copies.ts';
import {
  copiesIn,
  decodeDefinition,
  decodeProgress,
  definitionField,
  encodeField,
  policyIdsOf,
  progressField,
  webhookField,
} from '../domain/group/fields.ts';
import type { Policy, PolicyDefinition, PolicyProgress } from '../domain/group/policy.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import type { PolicyId } from '../domain/ids.ts';
import { withoutSkips } from '../domain/plan/skip.ts';
import type { StoredGroup } from '../ports/store.ts';
import { armPolicy, exceededPeriod } from './arm-policy.ts';
import type { Armed, Reached } from './arm-policy.ts';
import { isSameSchedule, keepTiming } from './keep-timing.ts';
import { withCalendars, withoutUnnamed } from './group-calendars.ts';
import { resolveNamed } from './tenant-calendars.ts';
import type { CalendarsProblem } from './tenant-calendars.ts';
import { nextPlannedOf } from './next-planned.ts';
import { armNewPolicies, withIds } from './new-policies.ts';
import type { PoliciesProblem } from './new-policies.ts';
import { overdueOpenings, overdueRun } from './overdue-run.ts';
import { replan } from './replan.ts';
import { ifExpected } from './expectation.ts';
import type { Expectation, Unexpected } from './expectation.ts';
import { changeGroupOnce } from './once.ts';
import type { NotAgain, Once } from './once.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { NO_CHANGE } from './group-unit.ts';
import type { GroupChange } from './group-unit.ts';
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
  | CalendarsProblem
  | NoSuchGroup;

/** A policy as it was just written, and what came next of it before and what does now; undefined where nothing does. */
export interface ChangedPolicy {
  readonly kind: 'changed';
  readonly policy: Policy;
  readonly next: { readonly before: EpochMs | undefined; readonly after: EpochMs | undefined };
}

export type ChangePolicyResult =
  | ChangedPolicy
  /** A policy keeps the type that it was created with. */
  | { readonly kind: 'type-differs' }
  /** A policy keeps the key, or the lack of one, that it was created with. */
  | { readonly kind: 'key-differs'; readonly key: string | undefined }
  | { readonly kind: 'never-fires' }
  | CalendarsProblem
  /** It would last longer than the time from one opening to the next. */
  | { readonly kind: 'window-too-long'; readonly periodSeconds: number }
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
  const named = await resolveNamed(deps, target.tenantId, request.definitions);
  if (named.kind !== 'with-copies') return named;
  const policies = withIds(named.definitions, deps.random);
  const { occurrencesOf, limits } = deps;
  const wanted = { wanted: 'policy.created', by: request.by } as const;
  return changeGroupOnce<CreatePoliciesResult>(deps, target, request.once, (group) => {
    const { now, stored } = group;
    const storedIds = policyIdsOf(stored.fields);
    if (storedIds.length + policies.length > limits.maxPoliciesPerGroup) {
      return refusing({ kind: 'over-policy-limit', count: storedIds.length }, wanted);
    }
    const takenKeys = new Set(storedIds.flatMap((id) => readable(stored, id)?.key ?? []));
    const armed = armNewPolicies({ policies, takenKeys, now, by: request.by, occurrencesOf });
    if (armed.kind !== 'armed') return refusing(armed, wanted);
    const { set, due, events } = armed;
    const replanned = replan(group, armed.turns);
    const change = {
      ...NO_CHANGE,
      ...replanned,
      set: { ...set, ...replanned.set },
      due,
      events: [...events, ...replanned.events],
    };
    const result = withCalendars({
      ...{ stored, now, change, fresh: (name) => copyOf(named.copies, name), occurrencesOf },
      by: request.by,
    });
    if (result.kind !== 'fits') return refusing(result, wanted);
    const answer = { kind: 'created', policies: armed.policies } as const;
    return { kind: 'change', change: result.change, answer };
  });
}

/**
 * Writes a policy anew. It is armed from now on, even where only its name changes, and is no longer
 * parked; its cooldown goes on. An occurrence that jitter holds back stays armed if the new schedule has it.
 * A schedule without an occurrence to come is refused, unless it is the one that the policy has.
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
  const { policyId, tenantId } = target;
  const named = await resolveNamed(deps, tenantId, [request.definition]);
  if (named.kind !== 'with-copies') return named;
  const { copies } = named;
  const definition = withCopies(request.definition, copies);
  const wanted = { wanted: 'policy.changed', policyId, by: request.by } as const;
  const decide = ifExpected<ChangePolicyResult>(request.expectation, wanted, (group) =>
    decidePolicyChange(deps, policyId, { ...request, definition, copies, group }),
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
  const decide = ifExpected<DeletePolicyResult>(request.expectation, wanted, (group) => {
    const { stored } = group;
    if (!hasPolicy(stored, policyId)) return { kind: 'leave', answer: NO_SUCH_POLICY };
    const replanned = replan(group, [{ kind: 'window', policyId, open: undefined }]);
    const change = {
      ...NO_CHANGE,
      ...replanned,
      remove: fieldNamesOf(stored, policyId),
      due: [{ policyId, dueAt: undefined }],
      events: [{ event: 'policy.deleted', policyId, by: request.by } as const, ...replanned.events],
    };
    return {
      kind: 'change',
      change: withoutUnnamed({
        ...group,
        change,
        by: request.by,
        occurrencesOf: deps.occurrencesOf,
      }),
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
    /** Of the calendars that it names. */
    readonly copies: CalendarCopies;
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
  const progress = readableProgress(stored, policyId);
  const reached: Reached = {
    progress: progressUnder(definition, before, { progress, now }),
    dueAt: stored.due.get(policyId),
  };
  const armed =
    armPolicy({ policyId, definition, before: reached, now, occurrencesOf }) ??
    keepTiming(before, definition, { ...reached, now });
  if (armed === undefined) return refusing({ kind: 'never-fires' }, wanted);
  const periodSeconds = exceededPeriod(definition, { policyId, now, occurrencesOf });
  if (periodSeconds !== undefined) {
    return refusing({ kind: 'window-too-long', periodSeconds }, wanted);
  }
  const replanned = replan(request.group, [{ kind: 'window', policyId, open: armed.open }]);
  const change: GroupChange = {
    ...NO_CHANGE,
    ...replanned,
    set: { ...set, [progressField(policyId)]: encodeField(armed.progress), ...replanned.set },
    due: [{ policyId, dueAt: armed.dueAt }],
    events: [
      ...overdueOf(deps, { policyId, before, now }, { reached, armed }),
      { event: 'policy.changed', policyId, by: request.by },
      ...replanned.events,
    ],
  };
  const { copies, by } = request;
  const fresh = (name: string): CalendarCopy | undefined => copyOf(copies, name);
  const result = withCalendars({ stored, now, change, fresh, by, occurrencesOf });
  if (result.kind !== 'fits') return refusing(result, wanted);
  const next = {
    before: nextPlannedOf(
      { policyId, definition: before, reached: { ...reached, progress }, now },
      occurrencesOf,
    ),
    after: nextPlannedOf({ policyId, definition, reached: armed, now }, occurrencesOf),
  };
  const policy = { id: policyId, definition, progress: armed.progress };
  return { kind: 'change', change: result.change, answer: { kind: 'changed', policy, next } };
}

/** What a policy has come to, as far as it counts for what is written now. */
function progressUnder(
  definition: PolicyDefinition,
  before: PolicyDefinition | undefined,
  { progress, now }: { readonly progress: PolicyProgress; readonly now: EpochMs },
): PolicyProgress {
  return isSameSchedule(before?.schedule, definition.schedule)
    ? progress
    : withoutSkips(progress, now);
}

/** What had come and was not claimed yet: nobody acts on it by its old schedule. */
function overdueOf(
  deps: ScalingDeps,
  policy: {
    readonly policyId: PolicyId;
    readonly before: PolicyDefinition | undefined;
    readonly now: EpochMs;
  },
  { reached, armed }: { readonly reached: Reached; readonly armed: Armed },
): readonly HistoryEvent[] {
  const { policyId, before, now } = policy;
  const due = { policyId, schedule: before?.schedule, now };
  const { progress } = reached;
  if (before?.adjustment.kind === 'window') {
    // Of what stays armed the claim tells.
    if (armed.dueAt !== undefined && armed.dueAt <= now) return [];
    return overdueOpenings(deps, { ...due, progress, open: armed.open });
  }
  const armedAt = armed.progress.plannedAt;
  return overdueRun(deps, { ...due, first: progress.plannedAt, armedAt });
}

function problemOfChange(
  before: PolicyDefinition,
  wanted: PolicyDefinition,
): ChangePolicyResult | undefined {
  const isWindow = before.adjustment.kind === 'window';
  if (
    isWindow !== (wanted.adjustment.kind === 'window') ||
    (before.schedule === undefined) !== (wanted.schedule === undefined)
  ) {
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
  const { fields } = stored;
  return undefinedIfMalformed(() =>
    decodeDefinition(fields[definitionField(policyId)], copiesIn(fields)),
  );
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
