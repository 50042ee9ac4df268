import { webhookSchema, webhooksSchema } from '../webhook-schemas.ts';
import { DONE, PAGE } from './group-operations.ts';
import { createdWebhooksReply, limitsReply, webhookReply, webhooksReply } from './group-replies.ts';
import type { DescribedOperation } from './operation.ts';

const WEBHOOKS = '/v1.0/:tenantId/groups/:groupId/policies/:policyId/webhooks';
const WEBHOOK = `${WEBHOOKS}/:webhookId`;

/** A policy's webhooks, what their capabilities execute, and the limits of tenants. */
export const webhookOperations: readonly DescribedOperation[] = [
  {
    method: 'GET',
    path: WEBHOOKS,
    id: 'listWebhooks',
    area: 'Webhooks',
    summary: 'List the webhooks of a policy',
    query: PAGE,
    replies: {
      200: { description: 'A page of webhooks, in ascending order of id', body: webhooksReply },
    },
    refusals: ['InvalidQueryArgument', 'NoSuchPolicyError', 'NoSuchScalingGroupError'],
  },
  {
    method: 'POST',
    path: WEBHOOKS,
    id: 'createWebhooks',
    area: 'Webhooks',
    isKeyed: true,
    summary: 'Create webhooks: all of them, or none',
    request: webhooksSchema,
    replies: {
      201: {
        description: 'The webhooks, in the order of the request',
        body: createdWebhooksReply,
        headers: { Location: 'Where the webhooks of the policy are.' },
      },
    },
    refusals: ['NoSuchPolicyError', 'NoSuchScalingGroupError', 'WebhooksOverLimitError'],
  },
  {
    method: 'GET',
    path: WEBHOOK,
    id: 'getWebhook',
    area: 'Webhooks',
    isTagged: true,
    summary: 'A webhook',
    replies: { 200: { description: 'The webhook', body: webhookReply } },
    refusals: ['NoSuchScalingGroupError', 'NoSuchWebhookError'],
  },
  {
    method: 'PUT',
    path: WEBHOOK,
    id: 'replaceWebhook',
    area: 'Webhooks',
    isConditional: true,
    summary: 'Replace the name and the metadata of a webhook',
    request: webhookSchema,
    replies: { 204: DONE },
    refusals: ['NoSuchScalingGroupError', 'NoSuchWebhookError'],
  },
  {
    method: 'DELETE',
    path: WEBHOOK,
    id: 'deleteWebhook',
    area: 'Webhooks',
    isConditional: true,
    summary: 'Delete a webhook; its capability does nothing from then on',
    replies: { 204: DONE },
    refusals: ['NoSuchScalingGroupError', 'NoSuchWebhookError'],
  },
  {
    method: 'POST',
    path: `${WEBHOOK}/rotate`,
    id: 'rotateWebhook',
    area: 'Webhooks',
    isKeyed: true,
    summary: 'Give a webhook another capability',
    description: 'The one before does nothing from then on.',
    replies: { 200: { description: 'The webhook', body: webhookReply } },
    refusals: ['NoSuchScalingGroupError', 'NoSuchWebhookError'],
  },
  {
    method: 'GET',
    path: '/v1.0/:tenantId/limits',
    id: 'getLimits',
    area: 'Limits',
    summary: 'What a tenant may have, and how often it may ask',
    replies: {
      200: {
        description: 'The limits; in XML where Accept asks for it, without rates',
        body: limitsReply,
        mediaType: 'application/xml',
      },
    },
  },
  {
    method: 'POST',
    path: '/v1.0/execute/:version/:hash',
    id: 'executeCapability',
    area: 'Webhooks',
    summary: 'Execute the policy that the capability is for',
    description:
      'The reply is the same whether the policy was executed and whether there is one. An `Idempotency-Key` is not ' +
      'looked at: each request is an execution of its own, and what keeps them apart is the cooldown.',
    isOpen: true,
    replies: { 202: { description: 'The request was considered' } },
  },
];
