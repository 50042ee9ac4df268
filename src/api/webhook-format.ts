/** From webhooks to the bodies of Otter's v1.0 API. All of them show the capability: whoever reads them may execute. */
import { capabilityHash } from '../domain/group/webhook.ts';
import type { Webhook } from '../domain/group/webhook.ts';
import type { GroupId, PolicyId } from '../domain/ids.ts';
import type { GroupWithWebhooks, PlacedWebhook } from '../scaling/read-webhooks.ts';
import { manifestBody, policyBody } from './otter-format.ts';
import type { Wording } from './otter-format.ts';

/** Whose webhooks they are. */
interface Place {
  readonly groupId: GroupId;
  readonly policyId: PolicyId;
}

/** One webhook: what its user wrote, where it is, and the address that executes its policy. */
export function webhookBody(wording: Wording, place: Place, webhook: Webhook): object {
  const { links, tenantId } = wording;
  const { groupId, policyId } = place;
  const { id, name, metadata, secret } = webhook;
  const collection = links.webhooks(tenantId, groupId, policyId);
  return {
    id,
    name,
    metadata,
    links: [
      { href: `${collection}${encodeURIComponent(id)}/`, rel: 'self' },
      { href: links.capability(capabilityHash({ groupId, secret })), rel: 'capability' },
    ],
  };
}

/** A group with all that belongs to it, and with its policies their webhooks, in ascending order of id. */
export function revealingManifestBody(
  wording: Wording,
  { group, webhooks }: GroupWithWebhooks,
): object {
  const byPolicy = new Map<PolicyId, PlacedWebhook[]>();
  for (const webhook of webhooks) {
    const others = byPolicy.get(webhook.policyId);
    if (others === undefined) byPolicy.set(webhook.policyId, [webhook]);
    else others.push(webhook);
  }
  return {
    ...manifestBody(wording, group),
    scalingPolicies: [...group.policies.values()].map((policy) => ({
      ...policyBody(wording, group.id, policy),
      ...webhooksBody(
        wording,
        { groupId: group.id, policyId: policy.id },
        byPolicy.get(policy.id) ?? [],
      ),
    })),
  };
}

function webhooksBody(
  wording: Wording,
  place: Place,
  webhooks: readonly PlacedWebhook[],
): { readonly webhooks: readonly object[]; readonly webhooks_links: readonly object[] } {
  const { links, tenantId } = wording;
  const href = links.webhooks(tenantId, place.groupId, place.policyId);
  return {
    webhooks: webhooks.map((webhook) => webhookBody(wording, place, webhook)),
    webhooks_links: [{ href, rel: 'webhooks' }],
  };
}
