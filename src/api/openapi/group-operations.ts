import type { z } from 'zod';
import { AGE_MAX_MS, EVENTS_MAX } from '../../domain/history/retention.ts';
import { groupSchema } from '../group-schema.ts';
import type { LaunchInput } from '../launch-schemas.ts';
import { pauseSchema } from '../plan-schemas.ts';
import { configSchema } from '../schemas.ts';
import { configReply, groupReply, groupsReply, launchReply, stateReply } from './group-replies.ts';
import { HISTORY_FILTER, historyReply } from './history-replies.ts';
import type { DescribedOperation, DescribedReply, QueryKey } from './operation.ts';

const DAY_MS = 86_400_000;
const GROUPS = '/v1.0/:tenantId/groups';
const GROUP = `${GROUPS}/:groupId`;

/** What is done, is done, and there is nothing to tell. */
export const DONE: DescribedReply = { description: 'Done' };

/** The query keys of pages. */
export const PAGE: readonly QueryKey[] = [
  {
    name: 'limit',
    description:
      'How many to list. It is pulled into what a page may have; without it, a whole page.',
    schema: { type: 'integer' },
  },
  {
    name: 'marker',
    description: 'The last id of the page before. Links with rel `next` have it.',
    schema: { type: 'string' },
  },
];

/** A tenant's groups, and each as a whole and in parts. `launch` is the shape of launch configurations. */
export function groupOperations(launch: z.ZodType<LaunchInput>): readonly DescribedOperation[] {
  return [
    ...wholeGroups(launch),
    ...groupParts(launch),
    ...groupDeeds,
    {
      method: 'GET',
      path: `${GROUP}/history`,
      id: 'listHistory',
      area: 'Groups',
      summary: 'What happened to a group',
      description:
        'Every change of the group and of its policies, every execution, and every change that was refused: the last ' +
        `${String(EVENTS_MAX)} of these, and none from more than ${String(AGE_MAX_MS / DAY_MS)} days ago. Refused ` +
        'executions count like all others, so whoever has a capability and goes on calling it pushes out what was ' +
        'before; who must not lose it follows the stream. Whoever ' +
        'accepts `text/event-stream` is told of events as they come, within a second of their commit, whichever ' +
        'node owns the group. The `id` of each is its sequence number, its data the event in JSON. It begins after ' +
        'Last-Event-ID, or after `marker`, or else now. An event called `gap` tells that events between two numbers ' +
        'are not there any more, one called `end` why there will be no more: `gone` with the group, `stopping` with ' +
        'the node, `too-old` after 15 minutes, or `not-admitted`; all but the first and the last are reasons to come ' +
        'back. Whoever does not keep up is cut off.',
      isStream: true,
      query: [
        ...PAGE.slice(0, 1),
        {
          name: 'marker',
          description: 'The last sequence number of the page before.',
          schema: { type: 'integer', minimum: 0 },
        },
        {
          name: 'order',
          description: 'Newest first where it is left out.',
          schema: { type: 'string', enum: ['newest-first', 'oldest-first'] },
        },
        ...HISTORY_FILTER,
      ],
      replies: {
        200: {
          description: 'A page of events, or a stream of them',
          body: historyReply,
          mediaType: 'text/event-stream',
        },
      },
      refusals: ['InvalidQueryArgument', 'NoSuchScalingGroupError', 'ValidationError'],
    },
  ];
}

function wholeGroups(launch: z.ZodType<LaunchInput>): readonly DescribedOperation[] {
  return [
    {
      method: 'GET',
      path: GROUPS,
      id: 'listGroups',
      area: 'Groups',
      summary: "List a tenant's groups",
      query: PAGE,
      replies: {
        200: { description: 'A page of groups, in ascending order of id', body: groupsReply },
      },
      refusals: ['InvalidQueryArgument'],
    },
    {
      method: 'POST',
      path: GROUPS,
      id: 'createGroup',
      area: 'Groups',
      isKeyed: true,
      summary: 'Create a group, with policies or without',
      request: groupSchema(launch),
      replies: {
        201: {
          description:
            'The group. Its state is told as zeros, although it is brought to minEntities now',
          body: groupReply,
          headers: { Location: 'Where the group is.' },
        },
      },
      refusals: [
        'CalendarsOverLimitError',
        'InvalidLaunchConfiguration',
        'InvalidMinEntities',
        'KeyInUseError',
        'PoliciesOverLimitError',
        'ScalingGroupOverLimitError',
      ],
    },
    {
      method: 'GET',
      path: GROUP,
      id: 'getGroup',
      area: 'Groups',
      isTagged: true,
      summary: 'A group with its configurations, its policies and its state',
      query: [
        {
          name: 'webhooks',
          description: 'Whether to tell the webhooks of the policies; false where it is left out.',
          schema: { type: 'boolean' },
        },
      ],
      replies: { 200: { description: 'The group', body: groupReply } },
      refusals: ['NoSuchScalingGroupError'],
    },
    ...existingGroups,
  ];
}

const existingGroups: readonly DescribedOperation[] = [
  {
    method: 'DELETE',
    path: GROUP,
    id: 'deleteGroup',
    area: 'Groups',
    isConditional: true,
    summary: 'Delete a group',
    query: [
      {
        name: 'force',
        description:
          'Whether to delete a group that has servers, and them with it; false where it is left out.',
        schema: { type: 'boolean' },
      },
    ],
    replies: { 204: DONE },
    refusals: ['GroupNotEmptyError', 'InvalidQueryArgument', 'NoSuchScalingGroupError'],
  },
  {
    method: 'GET',
    path: `${GROUP}/state`,
    id: 'getGroupState',
    area: 'Groups',
    isTagged: true,
    summary: 'How many servers a group wants and has',
    replies: { 200: { description: 'The state', body: stateReply } },
    refusals: ['NoSuchScalingGroupError'],
  },
];

function groupParts(launch: z.ZodType<LaunchInput>): readonly DescribedOperation[] {
  return [
    {
      method: 'GET',
      path: `${GROUP}/config`,
      id: 'getGroupConfiguration',
      area: 'Groups',
      isTagged: true,
      summary: 'The configuration of a group',
      replies: { 200: { description: 'The configuration', body: configReply } },
      refusals: ['NoSuchScalingGroupError'],
    },
    {
      method: 'PUT',
      path: `${GROUP}/config`,
      id: 'replaceGroupConfiguration',
      area: 'Groups',
      isConditional: true,
      summary: 'Replace the configuration of a group',
      description:
        'The desired capacity is pulled into the new bounds. `key` and `region` cannot change.',
      request: configSchema,
      replies: { 204: DONE },
      refusals: ['InvalidMinEntities', 'NoSuchScalingGroupError', 'TenantSuspendedError'],
    },
    {
      method: 'GET',
      path: `${GROUP}/launch`,
      id: 'getLaunchConfiguration',
      area: 'Groups',
      isTagged: true,
      summary: 'The launch configuration of a group',
      replies: { 200: { description: 'The launch configuration', body: launchReply } },
      refusals: ['NoSuchScalingGroupError'],
    },
    {
      method: 'PUT',
      path: `${GROUP}/launch`,
      id: 'replaceLaunchConfiguration',
      area: 'Groups',
      isConditional: true,
      summary: 'Replace the launch configuration of a group',
      description: 'Its type cannot change while the group may have servers of it.',
      request: launch,
      replies: { 204: DONE },
      refusals: ['InvalidLaunchConfiguration', 'NoSuchScalingGroupError'],
    },
  ];
}

const groupDeeds: readonly DescribedOperation[] = [
  {
    method: 'POST',
    path: `${GROUP}/converge`,
    id: 'convergeGroup',
    area: 'Groups',
    isKeyed: true,
    summary: 'Look at the servers of a group now, and make them as many as are wanted',
    replies: { 204: DONE },
    refusals: ['GroupPausedError', 'NoSuchScalingGroupError', 'TenantSuspendedError'],
  },
  {
    method: 'POST',
    path: `${GROUP}/pause`,
    id: 'pauseGroup',
    area: 'Groups',
    isKeyed: true,
    summary: 'Execute no policy of a group, and leave its servers alone, until it is resumed',
    description:
      'With `until` in the body, which may be left out, until then. What was said last counts: a pause without an end ' +
      'replaces one with an end, and the reverse.',
    request: pauseSchema,
    isBodyOptional: true,
    replies: { 204: DONE },
    refusals: ['NoSuchScalingGroupError'],
  },
  {
    method: 'POST',
    path: `${GROUP}/resume`,
    id: 'resumeGroup',
    area: 'Groups',
    isKeyed: true,
    summary: 'End the pause of a group',
    replies: { 204: DONE },
    refusals: ['NoSuchScalingGroupError'],
  },
];
