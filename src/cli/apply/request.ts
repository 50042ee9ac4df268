import { assert } from '../../base/assert.ts';
import { groupPath, segment, tenantPath } from '../groups.ts';
import type { NodeRequest } from '../node-client.ts';
import { policyPath } from '../policies.ts';
import type { DesiredWebhook } from './desired.ts';
import { isAboutCalendar, isAboutWebhooks } from './plan.ts';
import type { Action, WebhookAction } from './plan.ts';

/** The request that carries an action out. A PUT leaves keys and regions out: they are given once. */
export function requestFor(action: Action): NodeRequest {
  if (isAboutWebhooks(action)) return webhookRequest(action);
  if (isAboutCalendar(action)) {
    const { tenant, name, entries } = action.calendar;
    const path = `${tenantPath(tenant)}/calendars/${segment(name, 'calendar')}`;
    return { method: 'PUT', path, body: { entries } };
  }
  const { group } = action;
  if (action.kind === 'create-group') {
    const { config, key, region } = group;
    return {
      method: 'POST',
      path: `${tenantPath(group.tenant)}/groups`,
      body: {
        groupConfiguration: { ...config, key, ...(region === undefined ? {} : { region }) },
        launchConfiguration: group.launch,
        scalingPolicies: action.policies.map(({ body }) => body),
      },
    };
  }
  const path = groupPath(group.tenant, action.groupId);
  switch (action.kind) {
    case 'put-config':
      return { method: 'PUT', path: `${path}/config`, body: group.config };
    case 'put-launch':
      return { method: 'PUT', path: `${path}/launch`, body: group.launch };
    case 'create-policies': {
      const body = action.policies.map((policy) => policy.body);
      return { method: 'POST', path: `${path}/policies`, body };
    }
    case 'put-policy': {
      const body = { ...action.policy.body, key: undefined };
      return { method: 'PUT', path: `${path}/policies/${action.policyId}`, body };
    }
    case 'delete-policy':
      return { method: 'DELETE', path: `${path}/policies/${action.policyId}` };
  }
}

function webhookRequest(action: WebhookAction): NodeRequest {
  const { tenant } = action.group;
  const ids = action.kind === 'create-webhooks' ? action.ids : action;
  assert(ids !== undefined, 'webhooks come after their policy');
  const path = `${policyPath(tenant, ids.groupId, ids.policyId)}/webhooks`;
  if (action.kind === 'create-webhooks') {
    return { method: 'POST', path, body: action.webhooks.map(bodyOf) };
  }
  const one = `${path}/${segment(action.webhookId, 'webhook')}`;
  return action.kind === 'put-webhook'
    ? { method: 'PUT', path: one, body: bodyOf(action.webhook) }
    : { method: 'DELETE', path: one };
}

function bodyOf({ name, metadata }: DesiredWebhook): object {
  return { name, metadata };
}

/** Where a file has what the node refused: its message says which part of the request that is. */
export function placeOf(action: Action, message: string): string {
  if (isAboutWebhooks(action)) return webhookPlace(action, message);
  if (isAboutCalendar(action)) return action.calendar.place;
  const { group } = action;
  if (action.kind === 'put-launch') return group.launchPlace;
  if (action.kind === 'put-policy') return action.policy.place;
  if (!('policies' in action)) return group.place;
  if (message.includes('launchConfiguration')) return group.launchPlace;
  // A path into a list of groups' policies, or into a list that is the whole body.
  const [, index] = /(?:scalingPolicies|^\w+: )\[(\d+)\]/.exec(message) ?? [];
  return action.policies[Number(index)]?.place ?? group.place;
}

function webhookPlace(action: WebhookAction, message: string): string {
  if (action.kind === 'put-webhook') return action.webhook.place;
  if (action.kind === 'delete-webhook') return action.group.place;
  const [, index = '0'] = /^\w+: \[(\d+)\]/.exec(message) ?? [];
  return action.webhooks[Number(index)]?.place ?? action.group.place;
}
