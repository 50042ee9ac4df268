import { hasCode } from '../base/errors.ts';
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
import type { GroupId, TenantId } from '../domain/ids.ts';
import { groupIdInRegion } from '../domain/partition/partition-of.ts';
import { clampDesired } from '../domain/scaling/limits.ts';
import type { StoredGroup } from '../ports/store.ts';
import { armNewPolicies, withIds } from './new-policies.ts';
import type { ArmedPolicies, PoliciesProblem } from './new-policies.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { addGroup, NO_CHANGE } from './write-group.ts';
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
  readonly signal: AbortSignal;
}

export type CreateGroupResult =
  | {
      readonly kind: 'created';
      readonly group: Group;
      /** In the order of the request. */
      readonly policies: readonly Policy[];
    }
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
  | PoliciesProblem;

/** Groups read at once while looking for a key. */
const KEY_PAGE = 100;

/**
 * Creates a group with its policies, its desired capacity at the minimum, its schedules armed.
 *
 * A tenant's creations follow one another within a node, so that counting and then creating is exact there.
 */
export async function createGroup(
  deps: ScalingDeps,
  request: GroupRequest,
): Promise<CreateGroupResult> {
  const { regions } = deps.store.layout;
  const { region = deps.homeRegion } = request;
  const regionIndex = regions.indexOf(region);
  if (regionIndex < 0) return { kind: 'no-such-region', region, regions };
  const groupId = groupIdInRegion(deps.random.uuid(), regionIndex);
  if (request.policies.length > deps.limits.maxPoliciesPerGroup) {
    return { kind: 'over-policy-limit', groupId };
  }
  const { tenantId, signal } = request;
  return deps.turns.take(`tenant:${tenantId}`, signal, async () => {
    const { key } = request.labels;
    if (key !== undefined && (await isKeyInUse(deps, tenantId, key))) {
      return { kind: 'group-key-in-use', key };
    }
    if ((await deps.store.countGroups(tenantId)) >= deps.limits.maxGroups) {
      return { kind: 'over-group-limit' };
    }
    const policies = withIds(request.policies, deps.random);
    const { occurrencesOf } = deps;
    return addGroup<CreateGroupResult>(deps, { tenantId, groupId, signal }, (now) => {
      const armed = armNewPolicies({
        policies,
        takenKeys: new Set(),
        now,
        by: request.by,
        occurrencesOf,
      });
      return armed.kind === 'armed'
        ? decideCreation(request, groupId, armed)
        : { kind: 'leave', answer: armed };
    });
  });
}

function decideCreation(
  request: GroupRequest,
  groupId: GroupId,
  armed: ArmedPolicies,
): GroupDecision<CreateGroupResult> {
  const group = newGroup(request, groupId, armed.policies);
  const { labels, limits, state, launch } = group;
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
      },
      due: armed.due,
      // Nobody has looked yet whether anything runs for it, even where nothing should.
      divergence: 'mark',
      events: [
        { event: 'group.created', by: request.by, desiredAfter: state.desired },
        ...armed.events,
      ],
    },
    answer: { kind: 'created', group, policies: armed.policies },
  };
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

function keyOf(group: StoredGroup): string | undefined {
  try {
    return decodeLabels(group.fields['labels']).key;
  } catch (error) {
    // One unreadable group must not keep its tenant from making others.
    if (hasCode(error, 'record-malformed')) return undefined;
    throw error;
  }
}
