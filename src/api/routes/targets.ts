import type { EpochMs } from '../../base/clock.ts';
import type { GroupId, PolicyId, TenantId, WebhookId } from '../../domain/ids.ts';
import type { Group } from '../../domain/group/group.ts';
import type { Policy } from '../../domain/group/policy.ts';
import { findGroupNow } from '../../scaling/read-groups.ts';
import type { PolicyTarget } from '../../scaling/change-policies.ts';
import type { WebhookTarget } from '../../scaling/read-webhooks.ts';
import type { GroupTarget } from '../../scaling/write-group.ts';
import { invalid, noSuchGroup, noSuchPolicy } from '../errors.ts';
import type { Wording } from '../otter-format.ts';
import { shown } from '../validation.ts';
import type { Call, RouteDeps } from './route.ts';

/** Not every store can keep these in a key. Ids need no look: they are compared with ours. */
const CONTROL_CHARACTER = /\p{Cc}/u;

/**
 * The tenant of a request; this is where texts of paths become ids. Any string without control characters is
 * one; throws a `ValidationError` for others.
 */
export function tenantOf(call: Call): TenantId {
  const tenantId = call.param('tenantId');
  if (CONTROL_CHARACTER.test(tenantId)) {
    throw invalid(`the tenant must not contain control characters: ${shown(tenantId)}`);
  }
  return tenantId as TenantId;
}

/** The group that a request is about, whether it exists or not. */
export function groupTargetOf(call: Call): GroupTarget {
  const groupId = call.param('groupId') as GroupId;
  return { tenantId: tenantOf(call), groupId, signal: call.signal, caller: call.caller };
}

/** The policy that a request is about, whether it exists or not. */
export function policyTargetOf(call: Call): PolicyTarget {
  return { ...groupTargetOf(call), policyId: call.param('policyId') as PolicyId };
}

/** The webhook that a request is about, whether it exists or not. */
export function webhookTargetOf(call: Call): WebhookTarget {
  return { ...policyTargetOf(call), webhookId: call.param('webhookId') as WebhookId };
}

/** The group of a request, whole. Throws the 404 where its tenant has none. */
export async function groupOf(deps: RouteDeps, call: Call): Promise<Group> {
  return (await groupNowOf(deps, call)).group;
}

/** The same, with the store's clock when it was read. */
export async function groupNowOf(
  deps: RouteDeps,
  call: Call,
): Promise<{ readonly now: EpochMs; readonly group: Group }> {
  // Without the call's signal, which costs more than it is worth where nothing waits.
  const [tenantId, groupId] = [tenantOf(call), call.param('groupId') as GroupId];
  const found = await findGroupNow(deps.scaling.store, tenantId, groupId);
  if (found === undefined) throw noSuchGroup({ tenantId, groupId });
  return found;
}

/** The policy of a request in its group. Throws the 404 where there is none. */
export function policyIn(group: Group, call: Call): Policy {
  const target = policyTargetOf(call);
  const policy = group.policies.get(target.policyId);
  if (policy === undefined) throw noSuchPolicy(target);
  return policy;
}

/** What replies to a request are made with. */
export function wordingOf(deps: RouteDeps, call: Call): Wording {
  const { links, pageMax, scaling } = deps;
  return { links: links(), tenantId: tenantOf(call), pageMax, layout: scaling.store.layout };
}
