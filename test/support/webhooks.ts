/** What tests of webhooks are made with: a group with one policy, and what can be done to its webhooks. */
import { capabilityHash } from '../../src/domain/group/webhook.ts';
import type { Webhook, WebhookDefinition } from '../../src/domain/group/webhook.ts';
import { encodeField, webhookField } from '../../src/domain/group/fields.ts';
import type { PolicyDefinition } from '../../src/domain/group/policy.ts';
import type { PolicyId, WebhookId } from '../../src/domain/ids.ts';
import type { LutraEvent } from '../../src/ports/observe.ts';
import type { PolicyTarget } from '../../src/scaling/change-policies.ts';
import { createWebhooks } from '../../src/scaling/change-webhooks.ts';
import type { WebhookTarget } from '../../src/scaling/read-webhooks.ts';
import type { ScalingDeps } from '../../src/scaling/scaling-deps.ts';
import { aGroup, aPolicy, aScaling, commitDirectly } from './scaling.ts';
import type { CreatedGroup, ScalingFixture } from './scaling.ts';

/** The ids of a policy and of a webhook that nothing has. */
export const NO_POLICY = 'b1a5e000-0000-4000-8000-000000000000' as PolicyId;
export const NO_WEBHOOK = 'b1a5e000-0000-4000-8000-000000000001' as WebhookId;

export interface WebhookSubject extends ScalingFixture, CreatedGroup {
  readonly policyId: PolicyId;
  readonly policyTarget: PolicyTarget;
  /** What was observed, in order. */
  readonly events: readonly LutraEvent[];
  readonly observe: (event: LutraEvent) => void;
  /** Creates one, and fails where it is refused. */
  create(definition?: Partial<WebhookDefinition>, policyId?: PolicyId): Promise<Webhook>;
  at(webhookId: WebhookId): WebhookTarget;
  hashOf(webhook: Webhook): string;
  /** Puts a text in the place of a webhook's record. */
  put(webhookId: WebhookId, text: string): Promise<void>;
}

/** A group of 0 to 10, with two policies; the first is what tests are about. */
export async function aWebhookSubject(
  changes: {
    readonly deps?: Partial<ScalingDeps>;
    readonly policy?: Partial<PolicyDefinition>;
  } = {},
): Promise<WebhookSubject> {
  const fixture = aScaling(changes.deps);
  const { deps, store } = fixture;
  const group = await aGroup(deps, { policies: [aPolicy(changes.policy), aPolicy()] });
  const [policyId] = group.policyIds;
  if (policyId === undefined) throw new Error('the group has a policy');
  const { groupId } = group;
  const policyTarget = { ...group.target, policyId };
  const events: LutraEvent[] = [];
  return {
    ...fixture,
    ...group,
    policyId,
    policyTarget,
    events,
    observe: (event) => {
      events.push(event);
    },
    create: async (definition = {}, id = policyId) => {
      const definitions = [aWebhook(definition)];
      const target = { ...policyTarget, policyId: id };
      const result = await createWebhooks(deps, target, { definitions, by: 'tester' });
      if (result.kind !== 'created') throw new Error(`cannot create a webhook: ${result.kind}`);
      const [webhook] = result.webhooks;
      if (webhook === undefined) throw new Error('one was created');
      return webhook;
    },
    at: (webhookId) => ({ ...policyTarget, webhookId }),
    hashOf: ({ secret }) => capabilityHash({ groupId, secret }),
    put: (webhookId, text) =>
      commitDirectly(store, groupId, { set: { [webhookField(policyId, webhookId)]: text } }),
  };
}

/** A webhook as somebody wants it. */
export function aWebhook(changes: Partial<WebhookDefinition> = {}): WebhookDefinition {
  return { name: 'hook', metadata: {}, ...changes };
}

/** The text of a record with this secret. */
export function aWebhookRecord(secret: string): string {
  return encodeField({ ...aWebhook(), secret });
}
