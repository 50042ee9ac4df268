import { createHash } from 'node:crypto';
import { assert } from '../base/assert.ts';
import type { EpochMs } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import {
  CREATION_FIELD,
  createdPlanOf,
  creationOf,
  encodeCreatedPlan,
  encodeCreation,
} from '../domain/group/answers.ts';
import type { Creation, Keyed } from '../domain/group/answers.ts';
import { decodeLabels, encodeField } from '../domain/group/fields.ts';
import { UNOBSERVED } from '../domain/group/group.ts';
import type {
  Group,
  GroupLabels,
  GroupLimits,
  LaunchConfiguration,
  ScalingState,
} from '../domain/group/group.ts';
import type { Policy, PolicyDefinition } from '../domain/group/policy.ts';
import type { Caller } from '../domain/history/caller.ts';
import type { GroupId, TenantId } from '../domain/ids.ts';
import { groupIdInRegion, newGroupId } from '../domain/partition/partition-of.ts';
import { takeTurns } from '../domain/plan/turns.ts';
import { clampDesired } from '../domain/scaling/clamp.ts';
import type { ListedGroup, StoredFields, StoredGroup } from '../ports/store.ts';
import { newCopies } from './group-calendars.ts';
import { resolveNamed } from './tenant-calendars.ts';
import type { CalendarsProblem } from './tenant-calendars.ts';
import { armNewPolicies, withIds } from './new-policies.ts';
import type { ArmedPolicies, PoliciesProblem } from './new-policies.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { NO_CHANGE } from './group-unit.ts';
import { addGroup } from './write-group.ts';
import type { GroupDecision } from './write-group.ts';

/** A group as somebody wants it. */
export interface GroupRequest {
  readonly tenantId: TenantId;
  readonly labels: GroupLabels;
  readonly limits: GroupLimits;
  readonly launch: LaunchConfiguration;
  readonly policies: readonly PolicyDefinition[];
  /** Where it is to live, for good; the node's home region unless given. */
  readonly region?: string;
  /** Who asks; kept in the history. */
  readonly by: string;
  /** How they are known, and where they asked from. */
  readonly caller?: Caller;
  readonly signal: AbortSignal;
  /** Given where the request is to be carried out once, however often it is sent. */
  readonly keyed?: Keyed;
}

export type CreateGroupResult =
  | {
      readonly kind: 'created';
      /** As it was created; after a repeat it may be otherwise by now, or deleted. */
      readonly group: Group;
      /** In the order of the request. */
      readonly policies: readonly Policy[];
      /** The same request created it earlier. */
      readonly isRepeat?: true;
    }
  /** The key is that of a request that asked for something else. */
  | { readonly kind: 'key-reused' }
  /** A request with a key has to name one of these: what it leaves out differs from node to node. */
  | { readonly kind: 'region-missing'; readonly regions: readonly string[] }
  /** There is no such region, only these. */
  | {
      readonly kind: 'no-such-region';
      readonly region: string;
      readonly regions: readonly string[];
    }
  /** The tenant has as many groups as it may have. */
  | { readonly kind: 'over-group-limit' }
  /** More policies than a group may have. */
  | { readonly kind: 'over-policy-limit'; readonly groupId: GroupId }
  /** Another group of the tenant has this key. */
  | { readonly kind: 'group-key-in-use'; readonly key: string }
  | PoliciesProblem
  | CalendarsProblem;

/** Groups read at once while looking for a key. */
const KEY_PAGE = 100;

/**
 * Creates a group with its policies, its desired capacity at the minimum, its schedules armed.
 *
 * Creations with a group key follow one another within a node, so that no two of a tenant's get the same there. How
 * many groups there may be is judged by the store, with the commit. With an idempotency key the group's id follows
 * from it, so that every repeat, on whatever node, comes upon the same group.
 */
export async function createGroup(
  deps: ScalingDeps,
  request: GroupRequest,
): Promise<CreateGroupResult> {
  const { regions } = deps.store.layout;
  const { region = deps.homeRegion, tenantId, signal } = request;
  const regionIndex = regions.indexOf(region);
  if (regionIndex < 0) return { kind: 'no-such-region', region, regions };
  if (isRegionMissing(deps, request)) return { kind: 'region-missing', regions };
  const groupId = groupIdOf(deps, request, regionIndex);
  if (request.policies.length > deps.limits.maxPoliciesPerGroup) {
    // What was granted is not judged again, though there may be fewer by now.
    return (await findRepeat(deps, request, groupId)) ?? { kind: 'over-policy-limit', groupId };
  }
  const { key } = request.labels;
  if (key === undefined) return add(deps, request, groupId);
  return deps.turns.take(`tenant:${tenantId}`, signal, async () => {
    if (!(await isKeyInUse(deps, tenantId, key))) return add(deps, request, groupId);
    // What has it may be the very group that the request created, a moment ago, on another node.
    return (await findRepeat(deps, request, groupId)) ?? { kind: 'group-key-in-use', key };
  });
}

/** Whether a group was created by a request with this key that asked for the same. */
export async function wasCreated(
  deps: ScalingDeps,
  request: Pick<GroupRequest, 'tenantId' | 'region'> & { readonly keyed: Keyed },
): Promise<boolean> {
  const regionIndex = deps.store.layout.regions.indexOf(request.region ?? deps.homeRegion);
  if (regionIndex < 0 || isRegionMissing(deps, request)) return false;
  const { group } = await deps.store.group(groupIdOf(deps, request, regionIndex));
  return group !== undefined && isCreatedBy(group, request);
}

type Asked = Pick<GroupRequest, 'tenantId' | 'region' | 'keyed'>;

/** A repeat may reach a node of another region: it must not create a second group there. */
function isRegionMissing(deps: ScalingDeps, { region, keyed }: Asked): boolean {
  return keyed !== undefined && region === undefined && deps.store.layout.regions.length > 1;
}

/** A fresh id; or the one that the key of the request leads to, in the form of all others. */
function groupIdOf(deps: ScalingDeps, { tenantId, keyed }: Asked, regionIndex: number): GroupId {
  if (keyed === undefined) return newGroupId(deps.random.uuid(), deps.clock.now(), regionIndex);
  const digest = createHash('sha256')
    .update(JSON.stringify([tenantId, keyed.key]))
    .digest('hex');
  const uuid = digest.replace(
    /^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/,
    (_, ...[a, b, c, d, e]: string[]) => `${a}-${b}-4${c}-8${d}-${e}`,
  );
  return groupIdInRegion(uuid, regionIndex);
}

async function add(
  deps: ScalingDeps,
  request: GroupRequest,
  groupId: GroupId,
): Promise<CreateGroupResult> {
  const { tenantId, signal, by, caller } = request;
  const named = await resolveNamed(deps, tenantId, request.policies);
  // What was granted is not judged again.
  if (named.kind !== 'with-copies') return (await findRepeat(deps, request, groupId)) ?? named;
  const copies = newCopies(named.copies);
  if (copies.kind !== 'fits') return (await findRepeat(deps, request, groupId)) ?? copies;
  const target = { tenantId, groupId, signal, ...(caller === undefined ? {} : { caller }) };
  const { occurrencesOf } = deps;
  const policies = withIds(named.definitions, deps.random);
  return addGroup<CreateGroupResult>(deps, target, (now, existing) => {
    const repeat = repeatOf(request, existing);
    if (repeat !== undefined) return { kind: 'leave', answer: repeat };
    const armed = armNewPolicies({ policies, takenKeys: new Set(), now, by, occurrencesOf });
    return armed.kind === 'armed'
      ? decideCreation(request, newGroup(request, groupId, armed.policies), {
          ...{ now, armed, copies: copies.set },
          maxGroups: deps.limits.maxGroups,
        })
      : { kind: 'leave', answer: armed };
  });
}

async function findRepeat(
  deps: ScalingDeps,
  request: GroupRequest,
  groupId: GroupId,
): Promise<CreateGroupResult | undefined> {
  if (request.keyed === undefined) return undefined;
  return repeatOf(request, (await deps.store.group(groupId)).group);
}

/** The answer to a request that finds the group of its key there: as if it had created it. */
function repeatOf(
  request: GroupRequest,
  existing: StoredGroup | undefined,
): CreateGroupResult | undefined {
  if (existing === undefined || request.keyed === undefined) return undefined;
  if (!isCreatedBy(existing, request)) return { kind: 'key-reused' };
  const { policyIds, plan }: Pick<Creation, 'policyIds' | 'plan'> = creationOf(existing.fields) ?? {
    policyIds: [],
  };
  const policies = request.policies.map((definition, index): Policy => {
    const id = policyIds[index];
    assert(id !== undefined, 'the same request has the same policies');
    return { id, definition, progress: {} };
  });
  const bare = newGroup(request, existing.groupId, policies);
  const group = { ...bare, state: { ...bare.state, ...createdPlanOf(plan) } };
  return { kind: 'created', group, policies, isRepeat: true };
}

function isCreatedBy({ tenantId, fields }: StoredGroup, request: Asked): boolean {
  const fingerprint = creationOf(fields)?.fingerprint;
  return (
    tenantId === request.tenantId &&
    fingerprint !== undefined &&
    fingerprint === request.keyed?.fingerprint
  );
}

function decideCreation(
  request: GroupRequest,
  bare: Group,
  creation: {
    readonly armed: ArmedPolicies;
    readonly copies: StoredFields;
    readonly maxGroups: number;
    readonly now: EpochMs;
  },
): GroupDecision<CreateGroupResult> {
  const { armed, copies, maxGroups, now } = creation;
  const { labels, limits, launch } = bare;
  const { state, events } = takeTurns(bare.state, armed.turns, { limits, instant: now });
  const group = { ...bare, state };
  return {
    kind: 'change',
    change: {
      ...NO_CHANGE,
      set: {
        labels: encodeField(labels),
        limits: encodeField(limits),
        state: encodeField(state),
        launch: encodeField(launch),
        ...armed.set,
        ...copies,
        ...creationField(request, armed.policies, state),
      },
      due: armed.due,
      // Nobody has looked yet whether anything runs for it, even where nothing should.
      divergence: 'mark',
      listingMax: maxGroups,
      events: [
        { event: 'group.created', by: request.by, desiredAfter: bare.state.desired },
        ...armed.events,
        ...events,
      ],
    },
    answer: { kind: 'created', group, policies: armed.policies },
    ifFull: { kind: 'over-group-limit' },
  };
}

function creationField(
  { keyed }: GroupRequest,
  policies: readonly Policy[],
  state: ScalingState,
): Readonly<Record<string, string>> {
  if (keyed === undefined) return {};
  const { fingerprint } = keyed;
  const policyIds = policies.map(({ id }) => id);
  const plan = state.windows === undefined ? {} : { plan: encodeCreatedPlan(state) };
  return { [CREATION_FIELD]: encodeCreation({ fingerprint, policyIds, ...plan }) };
}

function newGroup(request: GroupRequest, id: GroupId, policies: readonly Policy[]): Group {
  const { tenantId, labels, limits, launch } = request;
  const state: ScalingState = {
    desired: clampDesired(limits, limits.minEntities),
    isPaused: false,
    isSuspended: false,
    isDeleting: false,
  };
  return {
    id,
    tenantId,
    labels,
    limits,
    state,
    launch,
    observation: UNOBSERVED,
    policies: new Map(policies.map((policy) => [policy.id, policy])),
  };
}

/** Whether a listed group of the tenant has the key. Looks at all of them: there are at most `maxGroups`. */
async function isKeyInUse(deps: ScalingDeps, tenantId: TenantId, key: string): Promise<boolean> {
  let after: GroupId | undefined;
  for (;;) {
    const { groups } = await deps.store.groups(tenantId, { after, limit: KEY_PAGE });
    if (groups.some((group) => keyOf(group) === key)) return true;
    if (groups.length < KEY_PAGE) return false;
    after = groups.at(-1)?.groupId;
  }
}

function keyOf(group: ListedGroup): string | undefined {
  try {
    return decodeLabels(group.fields['labels']).key;
  } catch (error) {
    // One unreadable group must not keep its tenant from making others.
    if (hasCode(error, 'record-malformed')) return undefined;
    throw error;
  }
}
