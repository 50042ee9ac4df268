/** What schedules will do to the size of a group, and why it has the size that it has. */
import { z } from 'zod';
import { STEPS_MAX } from '../../domain/forecast/curve.ts';
import { OCCURRENCES_MAX } from '../../domain/forecast/forecast.ts';
import { forecastSchema, STEPS } from '../forecast-schema.ts';
import { count, instant } from './common-replies.ts';
import { historyEvent } from './history-replies.ts';
import type { DescribedOperation, QueryKey } from './operation.ts';

const GROUP = '/v1.0/:tenantId/groups/:groupId';

const sizes = {
  at: instant.meta({ description: 'When it is due; now, where that has passed.' }),
  desiredBefore: count,
  desiredAfter: count,
};
const policyId = z.string().meta({
  description: 'Of a policy that is only supposed, its place in the request: `policies[0]`.',
});

const step = z
  .union([
    z.strictObject({
      ...{ ...sizes, policyId, plannedAt: instant },
      outcome: z.enum(['scaled', 'refused', 'skipped']),
      reason: z
        .enum(['policy-cooldown', 'group-cooldown', 'no-change', 'paused', 'suspended', 'deleting'])
        .optional()
        .meta({ description: 'Absent where the outcome is scaled.' }),
    }),
    z
      .strictObject({
        ...{ ...sizes, policyId, opensAt: instant, closesAt: instant },
        outcome: z.enum(['opened', 'closed']),
      })
      .meta({ description: 'A window opens or closes.' }),
    z
      .strictObject({
        ...{ ...sizes, until: instant },
        outcome: z.enum(['override-ended', 'pause-ended']),
      })
      .meta({ description: 'What holds until then is over.' }),
  ])
  .meta({ id: 'ForecastStep' });

const forecastReply = z.strictObject({
  forecast: z.strictObject({
    now: instant.meta({ description: 'When the group was read, by the clock of its store.' }),
    from: instant,
    to: instant,
    completeUntil: instant.meta({
      description:
        'All that is told holds until then: `to`, unless it is truncated. A request with `from` there goes on.',
    }),
    isTruncated: z.boolean(),
    desiredAtStart: count,
    desiredAtEnd: count,
    lowest: count,
    highest: count,
    counts: z
      .strictObject({
        scaled: count,
        refused: z.strictObject({
          'policy-cooldown': count,
          'group-cooldown': count,
          'no-change': count,
          window: count,
        }),
        skipped: count,
        turned: count.meta({ description: 'How often something of the plan begins or ends.' }),
      })
      .meta({ description: 'How many occurrences come to what, those that are not listed too.' }),
    steps: z.array(step).meta({ description: 'Earliest first.' }),
    unreadable: z.array(z.strictObject({ policyId: z.string(), reason: z.string() })).meta({
      description: 'Policies that will be parked, because their schedule cannot be read.',
    }),
  }),
});

const explainReply = z.strictObject({
  explanation: z.strictObject({
    now: instant,
    desired: count,
    actual: count.optional().meta({ description: 'Absent before the first look at the servers.' }),
    observedAt: instant.optional(),
    bound: z.enum(['minEntities', 'maxEntities', 'both']).optional().meta({
      description: 'The limit that the desired capacity has reached.',
    }),
    plan: z
      .array(
        z.strictObject({
          field: z.enum(['desired', 'min', 'max']),
          value: count,
          until: instant,
          by: z.enum(['window', 'override']),
          policyId: z.string().optional().meta({ description: 'Of the window.' }),
          setBy: z.string().optional().meta({ description: 'Who has set the override.' }),
          reason: z.string().optional().meta({ description: 'Of the override.' }),
        }),
      )
      .optional()
      .meta({ description: 'What windows and an override set at present; absent where nothing.' }),
    isPaused: z.boolean(),
    pausedUntil: instant.optional().meta({ description: 'When the pause ends by itself.' }),
    isSuspended: z.boolean(),
    cooldownUntil: instant.optional().meta({
      description: 'The cooldown of the group refuses executions until then.',
    }),
    deadline: instant.optional().meta({
      description: 'When its servers are to be there, or were to be, where that was said.',
    }),
    lastChange: historyEvent.optional().meta({
      description: 'What changed the desired capacity last, where the history goes back to it.',
    }),
    status: z.enum(['ACTIVE', 'ERROR']),
    reasons: z.array(z.string()).meta({ description: 'Why it is in ERROR, or waits.' }),
    next: step.optional().meta({
      description: 'The next change that schedules make within seven days.',
    }),
    sentences: z.array(z.string()).meta({ description: 'The same for people.' }),
  }),
});

const STEPS_TEXT =
  'Listed are the steps that change the desired capacity, or `all`; the others are counted. ' +
  `At most ${String(STEPS_MAX)} are listed, and ${String(OCCURRENCES_MAX)} occurrences looked at: \`isTruncated\` says ` +
  'whether there were more, `completeUntil` how far it got.';

const SPAN: readonly QueryKey[] = [
  {
    name: 'from',
    description: 'What happens from this instant on, in UTC. Now where it is left out or past.',
    schema: { type: 'string', format: 'date-time' },
  },
  {
    name: 'to',
    description:
      'What happens before this instant, up to ten years ahead; else seven days after `from`.',
    schema: { type: 'string', format: 'date-time' },
  },
  {
    name: 'steps',
    description: 'Those that change something where it is left out.',
    schema: { type: 'string', enum: [...STEPS] },
  },
];

/** Looking ahead, and back. */
export const forecastOperations: readonly DescribedOperation[] = [
  {
    method: 'GET',
    path: `${GROUP}/forecast`,
    id: 'forecastGroup',
    area: 'Groups',
    summary: 'What schedules will do to the size of a group',
    description:
      'Decided exactly as the scheduler will decide, with limits, cooldowns, time zones and jitter, provided that ' +
      `nobody changes the group or executes a policy meanwhile. ${STEPS_TEXT}`,
    query: SPAN,
    replies: { 200: { description: 'The forecast', body: forecastReply } },
    refusals: ['InvalidQueryArgument', 'NoSuchScalingGroupError'],
  },
  {
    method: 'POST',
    path: `${GROUP}/forecast`,
    id: 'forecastGroupWhatIf',
    area: 'Groups',
    summary: 'The same with changes that nobody has made',
    description: `Nothing is written, and whoever may read may ask. ${STEPS_TEXT}`,
    request: forecastSchema,
    replies: { 200: { description: 'The forecast', body: forecastReply } },
    refusals: ['InvalidMinEntities', 'NoSuchScalingGroupError', 'PoliciesOverLimitError'],
  },
  {
    method: 'GET',
    path: `${GROUP}/explain`,
    id: 'explainGroup',
    area: 'Groups',
    summary: 'Why a group has the size that it has',
    description:
      'What decided its desired capacity and what holds it, whether its servers are as many and if not why, and ' +
      'what changes it next.',
    replies: { 200: { description: 'The facts, and the same in sentences', body: explainReply } },
    refusals: ['NoSuchScalingGroupError'],
  },
];
