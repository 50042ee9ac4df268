import { overrideSchema, skipSchema } from '../plan-schemas.ts';
import { DONE } from './group-operations.ts';
import type { DescribedOperation } from './operation.ts';
import { overrideReply, skipReply } from './plan-replies.ts';

const GROUP = '/v1.0/:tenantId/groups/:groupId';
const OVERRIDE = `${GROUP}/override`;

/** What people do to the plan of a group. */
export const planOperations: readonly DescribedOperation[] = [
  {
    method: 'GET',
    path: OVERRIDE,
    id: 'getOverride',
    area: 'Groups',
    isTagged: true,
    summary: 'What a group keeps to for a while, whatever its windows say',
    replies: { 200: { description: 'The override', body: overrideReply } },
    refusals: ['NoSuchOverrideError', 'NoSuchScalingGroupError'],
  },
  {
    method: 'PUT',
    path: OVERRIDE,
    id: 'setOverride',
    area: 'Groups',
    isConditional: true,
    summary: 'Have a group keep to bounds or a size up to an instant, whatever its windows say',
    description:
      'It goes before all windows, and takes the place of an earlier override as a whole. When it is over the group ' +
      'returns to what it wants apart from it.',
    request: overrideSchema,
    replies: { 200: { description: 'The override', body: overrideReply } },
    refusals: ['NoSuchScalingGroupError', 'TenantSuspendedError'],
  },
  {
    method: 'DELETE',
    path: OVERRIDE,
    id: 'removeOverride',
    area: 'Groups',
    isConditional: true,
    summary: 'End the override of a group before its time',
    replies: { 204: DONE },
    refusals: ['NoSuchOverrideError', 'NoSuchScalingGroupError', 'TenantSuspendedError'],
  },
  {
    method: 'POST',
    path: `${GROUP}/policies/:policyId/skip`,
    id: 'skipOccurrence',
    area: 'Policies',
    isKeyed: true,
    summary: 'Leave out the next occurrence of a policy',
    description:
      'The next one is the first that was not claimed yet; of a window it is its next opening, and one that is open ' +
      'stays open. With `occurrence` in the body, which may be left out, it is refused where another one is next, ' +
      'and done once where it is asked for again.',
    request: skipSchema,
    isBodyOptional: true,
    replies: { 200: { description: 'The occurrence that is left out', body: skipReply } },
    refusals: ['CannotSkipOccurrenceError', 'NoSuchPolicyError', 'NoSuchScalingGroupError'],
  },
];
