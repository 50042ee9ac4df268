/** What people do to the webhooks of a policy. */
import { hasCode } from '../base/errors.ts';
import {
  copiesIn,
  decodeDefinition,
  decodeWebhook,
  definitionField,
  encodeField,
  webhookField,
  webhookIdsOf,
} from '../domain/group/fields.ts';
import { SECRET_BYTES } from '../domain/group/webhook.ts';
import type { Webhook, WebhookDefinition, WebhookRecord } from '../domain/group/webhook.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import type { PolicyId, WebhookId } from '../domain/ids.ts';
import type { StoredFields, StoredGroup } from '../ports/store.ts';
import { hasPolicy } from './change-policies.ts';
import type { NoSuchPolicy, PolicyTarget } from './change-policies.ts';
import { ifExpected } from './expectation.ts';
import type { Expectation, Unexpected } from './expectation.ts';
import { hasWebhook } from './read-webhooks.ts';
import type { NoSuchWebhook, WebhookTarget } from './read-webhooks.ts';
import { changeGroupOnce } from './once.ts';
import type { NotAgain, Once } from './once.ts';
import type { Refusal } from './record-refusal.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { NO_CHANGE } from './group-unit.ts';
import { changeGroup, refusing } from './write-group.ts';
import type { GroupDecision, NoSuchGroup } from './write-group.ts';

export type CreateWebhooksResult =
  /** In the order of the request. */
  | { readonly kind: 'created'; readonly webhooks: readonly Webhook[] }
  /** The policy has `count` webhooks, and more than it may have with the new ones. */
  | { readonly kind: 'over-webhook-limit'; readonly count: number }
  /** The policy is a window, which nothing executes. */
  | { readonly kind: 'is-window' }
  | NoSuchPolicy
  | NoSuchGroup;
export type ChangeWebhookResult =
  { readonly kind: 'changed' } | Unexpected | NoSuchWebhook | NoSuchGroup;
export type DeleteWebhookResult =
  { readonly kind: 'deleted' } | Unexpected | NoSuchWebhook | NoSuchGroup;
export type RotateWebhookResult =
  { readonly kind: 'rotated'; readonly webhook: Webhook } | NoSuchWebhook | NoSuchGroup;

const NO_SUCH_WEBHOOK: NoSuchWebhook = { kind: 'no-such-webhook' };

/** Adds webhooks to a policy that can be executed, each with a capability of its own: all of them, or none. The limit is exact. */
export async function createWebhooks(
  deps: ScalingDeps,
  target: PolicyTarget,
  request: {
    readonly definitions: readonly WebhookDefinition[];
    readonly by: string;
    readonly once?: Once<CreateWebhooksResult> | undefined;
  },
): Promise<CreateWebhooksResult | NotAgain> {
  const { limits, random } = deps;
  const { policyId } = target;
  const webhooks = request.definitions.map(({ name, metadata }): Webhook => ({
    id: random.uuid() as WebhookId, // fresh and random: what a webhook's id is
    name,
    metadata,
    secret: random.hex(SECRET_BYTES),
  }));
  return changeGroupOnce<CreateWebhooksResult>(deps, target, request.once, ({ stored }) => {
    if (!hasPolicy(stored, policyId)) return { kind: 'leave', answer: { kind: 'no-such-policy' } };
    const wanted = { wanted: 'webhook.created', policyId, by: request.by } as const;
    if (isWindow(stored, policyId)) return refusing({ kind: 'is-window' }, wanted);
    const count = countOf(stored, policyId);
    if (count + webhooks.length > limits.maxWebhooksPerPolicy) {
      return refusing({ kind: 'over-webhook-limit', count }, wanted);
    }
    return {
      kind: 'change',
      change: {
        ...NO_CHANGE,
        set: Object.fromEntries(webhooks.map((webhook) => fieldOf(policyId, webhook))),
        events: webhooks.map(({ id: webhookId }) => ({
          ...{ event: 'webhook.created', policyId, webhookId, by: request.by },
        })),
      },
      answer: { kind: 'created', webhooks },
    };
  });
}

/**
 * Writes a webhook anew. Its capability stays as it is, so that whoever was given the address can go on using
 * it; one whose record cannot be read any more has lost it, and is given another.
 */
export async function changeWebhook(
  deps: ScalingDeps,
  target: WebhookTarget,
  request: {
    readonly definition: WebhookDefinition;
    readonly by: string;
    readonly expectation?: Expectation | undefined;
  },
): Promise<ChangeWebhookResult> {
  const { name, metadata } = request.definition;
  const newSecret = deps.random.hex(SECRET_BYTES);
  const wanted = wishOf('webhook.changed', target, request.by);
  const decide = ifExpected<ChangeWebhookResult>(request.expectation, wanted, ({ stored }) => {
    if (!hasWebhook(stored, target)) return { kind: 'leave', answer: NO_SUCH_WEBHOOK };
    const secret = readable(stored, target)?.secret ?? newSecret;
    return writing({
      target,
      webhook: { id: target.webhookId, name, metadata, secret },
      event: eventOf('webhook.changed', target, request.by),
      answer: { kind: 'changed' },
    });
  });
  return changeGroup<ChangeWebhookResult>(deps, target, decide);
}

/**
 * Gives a webhook another capability: the address it had does nothing any more, from this commit on. One whose
 * record cannot be read has to be written anew first.
 */
export async function rotateWebhook(
  deps: ScalingDeps,
  target: WebhookTarget,
  request: { readonly by: string; readonly once?: Once<RotateWebhookResult> | undefined },
): Promise<RotateWebhookResult | NotAgain> {
  const secret = deps.random.hex(SECRET_BYTES);
  return changeGroupOnce<RotateWebhookResult>(deps, target, request.once, ({ stored }) => {
    const before = hasWebhook(stored, target) ? readable(stored, target) : undefined;
    if (before === undefined) return { kind: 'leave', answer: NO_SUCH_WEBHOOK };
    const webhook = { ...before, id: target.webhookId, secret };
    return writing({
      target,
      webhook,
      event: eventOf('webhook.rotated', target, request.by),
      answer: { kind: 'rotated', webhook },
    });
  });
}

/** Removes a webhook; its capability does nothing from this commit on. */
export async function deleteWebhook(
  deps: ScalingDeps,
  target: WebhookTarget,
  request: { readonly by: string; readonly expectation?: Expectation | undefined },
): Promise<DeleteWebhookResult> {
  const wanted = wishOf('webhook.deleted', target, request.by);
  const decide = ifExpected<DeleteWebhookResult>(request.expectation, wanted, ({ stored }) => {
    if (!hasWebhook(stored, target)) return { kind: 'leave', answer: NO_SUCH_WEBHOOK };
    return {
      kind: 'change',
      change: {
        ...NO_CHANGE,
        remove: [webhookField(target.policyId, target.webhookId)],
        events: [eventOf('webhook.deleted', target, request.by)],
      },
      answer: { kind: 'deleted' },
    };
  });
  return changeGroup<DeleteWebhookResult>(deps, target, decide);
}

/** One that cannot be read may be anything, and is executed by nobody as long as it is so. */
function isWindow({ fields }: StoredGroup, policyId: PolicyId): boolean {
  try {
    const definition = decodeDefinition(fields[definitionField(policyId)], copiesIn(fields));
    return definition.adjustment.kind === 'window';
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return false;
    throw error;
  }
}

/** Webhooks that cannot be read count as well: they are there. */
function countOf(stored: StoredGroup, policyId: PolicyId): number {
  return webhookIdsOf(stored.fields).filter((ids) => ids.policyId === policyId).length;
}

/** The decision to store a webhook. */
function writing<Answer>(to: {
  readonly target: WebhookTarget;
  readonly webhook: Webhook;
  readonly event: HistoryEvent;
  readonly answer: Answer;
}): GroupDecision<Answer> {
  const set: StoredFields = Object.fromEntries([fieldOf(to.target.policyId, to.webhook)]);
  return {
    kind: 'change',
    change: { ...NO_CHANGE, set, events: [to.event] },
    answer: to.answer,
  };
}

function fieldOf(policyId: PolicyId, webhook: Webhook): readonly [string, string] {
  const { id, name, metadata, secret } = webhook;
  return [webhookField(policyId, id), encodeField({ name, metadata, secret })];
}

function wishOf(
  wanted: 'webhook.changed' | 'webhook.deleted',
  { policyId, webhookId }: WebhookTarget,
  by: string,
): Omit<Refusal, 'reason'> {
  return { wanted, policyId, webhookId, by };
}

function eventOf(
  event: 'webhook.changed' | 'webhook.rotated' | 'webhook.deleted',
  { policyId, webhookId }: WebhookTarget,
  by: string,
): HistoryEvent {
  return { event, policyId, webhookId, by };
}

/** The stored webhook; undefined where it cannot be read, which writing it anew repairs. */
function readable(stored: StoredGroup, target: WebhookTarget): WebhookRecord | undefined {
  try {
    return decodeWebhook(stored.fields[webhookField(target.policyId, target.webhookId)]);
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return undefined;
    throw error;
  }
}
