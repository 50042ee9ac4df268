import { groupPath, tenantPath } from '../groups.ts';
import type { NodeRequest } from '../node-client.ts';
import type { Action } from './plan.ts';

/** The request that carries an action out. A PUT leaves keys and regions out: they are given once. */
export function requestFor(action: Action): NodeRequest {
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

/** Where a file has what the node refused: its message says which part of the request that is. */
export function placeOf(action: Action, message: string): string {
  const { group } = action;
  if (action.kind === 'put-launch') return group.launchPlace;
  if (action.kind === 'put-policy') return action.policy.place;
  if (!('policies' in action)) return group.place;
  if (message.includes('launchConfiguration')) return group.launchPlace;
  // A path into a list of groups' policies, or into a list that is the whole body.
  const [, index] = /(?:scalingPolicies|^\w+: )\[(\d+)\]/.exec(message) ?? [];
  return action.policies[Number(index)]?.place ?? group.place;
}
