/**
 * What people read of webhooks, and how a capability is found among them. A webhook whose record cannot be
 * read is left out and reported: the others are to stay within reach.
 */
import { hasCode, messageOf } from '../base/errors.ts';
import { decodeGroup, decodeWebhook, webhookField, webhookIdsOf } from '../domain/group/fields.ts';
import type { Group } from '../domain/group/group.ts';
import type { Webhook } from '../domain/group/webhook.ts';
import type { GroupId, PolicyId, TenantId, WebhookId } from '../domain/ids.ts';
import type { Observe } from '../ports/observe.ts';
import type { Store, StoredGroup } from '../ports/store.ts';
import { hasPolicy } from './change-policies.ts';
import type { NoSuchPolicy, PolicyTarget } from './change-policies.ts';
import { partitionOfTarget, visibleTo } from './write-group.ts';
import type { GroupTarget, NoSuchGroup } from './write-group.ts';

/** What reading webhooks needs. */
export interface WebhookReadDeps {
  readonly store: Store;
  readonly observe: Observe;
}

/** The policy has no such webhook, or there is no such policy. */
export interface NoSuchWebhook {
  readonly kind: 'no-such-webhook';
}

/** One webhook of one group. */
export interface WebhookTarget extends PolicyTarget {
  readonly webhookId: WebhookId;
}

/** A webhook with the policy that it executes. */
export interface PlacedWebhook extends Webhook {
  readonly policyId: PolicyId;
}

/** A group with all of its webhooks. */
export interface GroupWithWebhooks {
  readonly group: Group;
  /** In ascending order of their policies' ids, then of their own. */
  readonly webhooks: readonly PlacedWebhook[];
}

type FindWebhooksResult =
  /** In ascending order of id. */
  { readonly kind: 'found'; readonly webhooks: readonly Webhook[] } | NoSuchPolicy | NoSuchGroup;

type FindWebhookResult =
  { readonly kind: 'found'; readonly webhook: Webhook } | NoSuchWebhook | NoSuchGroup;

/** The group, whole, with its webhooks; undefined where the tenant has none of this id. Throws `record-malformed`. */
export async function findGroupWithWebhooks(
  deps: WebhookReadDeps,
  tenantId: TenantId,
  groupId: GroupId,
): Promise<GroupWithWebhooks | undefined> {
  const stored = await visibleGroup(deps.store, { tenantId, groupId });
  if (stored === undefined) return undefined;
  return { group: decodeGroup(stored), webhooks: webhooksIn(deps, stored) };
}

/** The webhooks of a policy. */
export async function findWebhooks(
  deps: WebhookReadDeps,
  target: Omit<PolicyTarget, 'signal'>,
): Promise<FindWebhooksResult> {
  const stored = await visibleGroup(deps.store, target);
  if (stored === undefined) return { kind: 'no-such-group' };
  const { policyId } = target;
  if (!hasPolicy(stored, policyId)) return { kind: 'no-such-policy' };
  const webhooks = webhookIdsOf(stored.fields)
    .filter((ids) => ids.policyId === policyId)
    .flatMap((ids) => webhookIn(deps, stored, ids) ?? []);
  return { kind: 'found', webhooks };
}

/** One webhook of a policy. */
export async function findWebhook(
  deps: WebhookReadDeps,
  target: Omit<WebhookTarget, 'signal'>,
): Promise<FindWebhookResult> {
  const stored = await visibleGroup(deps.store, target);
  if (stored === undefined) return { kind: 'no-such-group' };
  const webhook = webhookIn(deps, stored, target);
  return webhook === undefined ? { kind: 'no-such-webhook' } : { kind: 'found', webhook };
}

/** Whether the group holds the webhook, readable or not. */
export function hasWebhook(
  stored: StoredGroup,
  { policyId, webhookId }: Pick<WebhookTarget, 'policyId' | 'webhookId'>,
): boolean {
  return Object.hasOwn(stored.fields, webhookField(policyId, webhookId));
}

/** All webhooks of a group as the store has it, in ascending order of their policies' ids, then of their own. */
export function webhooksIn(deps: WebhookReadDeps, stored: StoredGroup): readonly PlacedWebhook[] {
  return webhookIdsOf(stored.fields).flatMap((ids) => {
    const webhook = webhookIn(deps, stored, ids);
    return webhook === undefined ? [] : [{ ...webhook, policyId: ids.policyId }];
  });
}

/** One webhook of a group as the store has it; undefined where there is none that can be read. */
export function webhookIn(
  deps: WebhookReadDeps,
  stored: StoredGroup,
  target: Pick<WebhookTarget, 'policyId' | 'webhookId'>,
): Webhook | undefined {
  if (!hasWebhook(stored, target)) return undefined;
  const { policyId, webhookId } = target;
  try {
    const record = decodeWebhook(stored.fields[webhookField(policyId, webhookId)]);
    return { id: webhookId, ...record };
  } catch (error) {
    if (!hasCode(error, 'record-malformed')) throw error;
    const where = `webhook ${webhookId} of policy ${policyId}`;
    reportMalformed(deps, stored, `${where}: ${messageOf(error)}`);
    return undefined;
  }
}

/** Tells that something of a group's record cannot be read. */
export function reportMalformed(
  { store, observe }: WebhookReadDeps,
  { groupId, tenantId }: Pick<StoredGroup, 'groupId' | 'tenantId'>,
  reason: string,
): void {
  const partition = partitionOfTarget(store, groupId);
  if (partition === undefined) return; // where no group can be, none was read
  observe({ event: 'group.record-malformed', partition, tenantId, groupId, reason });
}

async function visibleGroup(
  store: Store,
  { tenantId, groupId }: Omit<GroupTarget, 'signal'>,
): Promise<StoredGroup | undefined> {
  if (partitionOfTarget(store, groupId) === undefined) return undefined;
  return visibleTo(tenantId, await store.group(groupId))?.stored;
}
