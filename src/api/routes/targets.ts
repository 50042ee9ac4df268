import type { GroupId, PolicyId, TenantId, WebhookId } from '../../domain/ids.ts';
import type { Group } from '../../domain/group/group.ts';
import { findGroup } from '../../scaling/read-groups.ts';
import type { PolicyTarget } from '../../scaling/change-policies.ts';
import type { WebhookTarget } from '../../scaling/read-webhooks.ts';
import type { GroupTarget } from '../../scaling/write-group.ts';
import { invalid, noSuchGroup } from '../errors.ts';
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
  const { tenantId, groupId } = groupTargetOf(call);
  const group = await findGroup(deps.scaling.store, tenantId, groupId);
  if (group === undefined) throw noSuchGroup({ tenantId, groupId });
  return group;
}

/** What replies to a request are made with. */
export function wordingOf(deps: RouteDeps, call: Call): Wording {
  const { links, pageMax, scaling } = deps;
  return { links: links(), tenantId: tenantOf(call), pageMax, layout: scaling.store.layout };
}
