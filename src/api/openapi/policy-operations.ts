import { PREVIEW_COUNT_DEFAULT, PREVIEW_COUNT_MAX } from '../../domain/schedule/preview.ts';
import { policiesSchema, policySchema } from '../policy-schema.ts';
import { DONE, PAGE } from './group-operations.ts';
import {
  changedPolicyReply,
  createdPoliciesReply,
  executionReply,
  policiesReply,
  policyReply,
} from './group-replies.ts';
import type { DescribedOperation, QueryKey } from './operation.ts';
import { previewReply } from './preview-replies.ts';

const POLICIES = '/v1.0/:tenantId/groups/:groupId/policies';
const POLICY = `${POLICIES}/:policyId`;

const PREVIEW: readonly QueryKey[] = [
  {
    name: 'count',
    description: `How many occurrences, and how many that are left out; ${String(PREVIEW_COUNT_DEFAULT)} unless given. None but the first is more than a hundred years after \`from\`.`,
    schema: { type: 'integer', minimum: 1, maximum: PREVIEW_COUNT_MAX },
  },
  {
    name: 'from',
    description: 'All of them are later than this time; now unless given.',
    schema: { type: 'string', format: 'date-time' },
  },
];

/** A group's policies, and executing them. */
export const policyOperations: readonly DescribedOperation[] = [
  {
    method: 'GET',
    path: POLICIES,
    id: 'listPolicies',
    area: 'Policies',
    summary: 'List the policies of a group',
    query: PAGE,
    replies: {
      200: { description: 'A page of policies, in ascending order of id', body: policiesReply },
    },
    refusals: ['InvalidQueryArgument', 'NoSuchScalingGroupError'],
  },
  {
    method: 'POST',
    path: POLICIES,
    id: 'createPolicies',
    area: 'Policies',
    isKeyed: true,
    summary: 'Create policies: all of them, or none',
    request: policiesSchema(1),
    replies: {
      201: {
        description: 'The policies, in the order of the request',
        body: createdPoliciesReply,
        headers: { Location: 'Where the policies of the group are.' },
      },
    },
    refusals: [
      'CalendarsOverLimitError',
      'KeyInUseError',
      'NoSuchScalingGroupError',
      'PoliciesOverLimitError',
    ],
  },
  {
    method: 'GET',
    path: POLICY,
    id: 'getPolicy',
    area: 'Policies',
    isTagged: true,
    summary: 'A policy',
    replies: { 200: { description: 'The policy', body: policyReply } },
    refusals: ['NoSuchPolicyError', 'NoSuchScalingGroupError'],
  },
  {
    method: 'PUT',
    path: POLICY,
    id: 'replacePolicy',
    area: 'Policies',
    isConditional: true,
    summary: 'Replace a policy',
    description: 'Its `type` and its `key` cannot change.',
    request: policySchema,
    isShownOnDemand: true,
    replies: {
      200: {
        description: 'Done: the policy, where the request prefers to be shown it',
        body: changedPolicyReply,
        headers: {
          ETag: 'The tag that a GET of the policy has.',
          'Preference-Applied': 'return=representation',
        },
      },
      204: DONE,
    },
    refusals: ['CalendarsOverLimitError', 'NoSuchPolicyError', 'NoSuchScalingGroupError'],
  },
  {
    method: 'DELETE',
    path: POLICY,
    id: 'deletePolicy',
    area: 'Policies',
    isConditional: true,
    summary: 'Delete a policy',
    replies: { 204: DONE },
    refusals: ['NoSuchPolicyError', 'NoSuchScalingGroupError'],
  },
  {
    method: 'GET',
    path: `${POLICY}/preview`,
    id: 'previewPolicy',
    area: 'Policies',
    isTagged: true,
    summary: 'What comes next of the schedule of a policy',
    description:
      'What its schedule says, whether its group is paused or not, and what is left out of that. Of a policy without a schedule nothing comes ' +
      'by itself: the list is empty.',
    query: PREVIEW,
    replies: { 200: { description: 'Its next occurrences, earliest first', body: previewReply } },
    refusals: ['InvalidQueryArgument', 'NoSuchPolicyError', 'NoSuchScalingGroupError'],
  },
  {
    method: 'POST',
    path: `${POLICY}/execute`,
    id: 'executePolicy',
    area: 'Policies',
    isConditional: true,
    isKeyed: true,
    summary: 'Execute a policy now',
    replies: { 202: { description: 'The desired capacity has changed', body: executionReply } },
    refusals: [
      'CannotExecutePolicyError',
      'GroupPausedError',
      'NoSuchPolicyError',
      'NoSuchScalingGroupError',
      'TenantSuspendedError',
    ],
  },
];
