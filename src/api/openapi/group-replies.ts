/** The bodies that tell of groups and policies. */
import { z } from 'zod';
import { count, instant, links, whole } from './common-replies.ts';
import { planOfState } from './plan-replies.ts';

const groupConfiguration = z
  .strictObject({
    name: z.string(),
    cooldown: z.number().meta({ description: 'Seconds.' }),
    minEntities: count,
    maxEntities: count,
    metadata: z.record(z.string(), z.string()),
    key: z.string().optional(),
    region: z.string().optional().meta({ description: 'Told where there is more than one.' }),
    reachedBy: z.int().optional().meta({ description: 'Seconds. Told where it was set.' }),
  })
  .meta({ id: 'GroupConfiguration' });

const launchConfiguration = z
  .strictObject({ type: z.string(), args: z.looseObject({}) })
  .meta({ id: 'LaunchConfiguration', description: 'As it was sent.' });

const state = z
  .strictObject({
    name: z.string(),
    status: z.enum(['ACTIVE', 'ERROR']),
    paused: z.boolean(),
    active: z.array(z.strictObject({ id: z.string(), links })),
    activeCapacity: count,
    pendingCapacity: z.int().meta({ description: 'Below zero where more are there than wanted.' }),
    desiredCapacity: count,
    errors: z
      .array(z.strictObject({ message: z.string() }))
      .optional()
      .meta({ description: 'Why the status is ERROR.' }),
    overdueSince: instant.optional().meta({
      description:
        'Told from when `reachedBy` was over until as many servers are there as desired.',
    }),
    ...planOfState,
  })
  .meta({ id: 'GroupState' });

const webhook = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    metadata: z.record(z.string(), z.string()),
    links: links.meta({
      description: 'The one with rel `capability` executes the policy for whoever knows it.',
    }),
  })
  .meta({ id: 'Webhook' });

const misfire = z.strictObject({
  policy: z.enum(['latest', 'all', 'skip']),
  within: z.number().optional().meta({ description: 'Seconds.' }),
});

const gap = z.enum(['shift', 'skip']);

/** As they were written: what was left out is not there. */
const args = z.union([
  z.strictObject({
    at: z.string(),
    timezone: z.string().optional(),
    dst: z
      .strictObject({ gap: gap.optional(), overlap: z.enum(['first', 'second']).optional() })
      .optional(),
    misfire: misfire.optional(),
  }),
  z.strictObject({
    cron: z.string(),
    timezone: z.string().optional(),
    dialect: z.literal('extended').optional(),
    dst: z
      .strictObject({
        gap: gap.optional(),
        overlap: z.enum(['first', 'second', 'both']).optional(),
      })
      .optional(),
    start: z.string().optional(),
    end: z.string().optional(),
    jitter: whole.optional().meta({ description: 'Seconds.' }),
    exclude: z.array(z.string()).optional(),
    only: z.array(z.string()).optional(),
    misfire: misfire.optional(),
  }),
]);

const window = z
  .strictObject({
    min: count.optional(),
    max: count.optional(),
    desired: count.optional(),
    duration: count.meta({ description: 'Seconds.' }),
    measured: z.enum(['wall', 'elapsed']).optional(),
    priority: whole.optional(),
  })
  .meta({ id: 'Window', description: 'What holds while it is open, as it was written.' });

const policy = z
  .strictObject({
    id: z.string(),
    links,
    name: z.string(),
    type: z.enum(['webhook', 'schedule', 'window']),
    cooldown: z.number().meta({ description: 'Seconds.' }),
    change: whole.optional(),
    changePercent: z.number().optional(),
    desiredCapacity: whole.optional(),
    window: window.optional(),
    args: args.optional(),
    key: z.string().optional(),
    webhooks: z.array(webhook).optional(),
    webhooks_links: links.optional(),
  })
  .meta({
    id: 'Policy',
    description:
      'It has exactly one of change, changePercent, desiredCapacity and window, and its webhooks where a group is asked ' +
      'for them.',
  });

const group = z
  .strictObject({
    id: z.string(),
    links,
    groupConfiguration,
    launchConfiguration,
    scalingPolicies: z.array(policy),
    scalingPolicies_links: links,
    state,
  })
  .meta({ id: 'Group' });

/** A page of a tenant's groups. */
export const groupsReply = z.strictObject({
  groups: z.array(z.strictObject({ id: z.string(), links, state }).meta({ id: 'GroupSummary' })),
  groups_links: links,
});

/** A group with all that belongs to it. */
export const groupReply = z.strictObject({ group });

export const stateReply = z.strictObject({ group: state });

export const configReply = z.strictObject({ groupConfiguration });

export const launchReply = z.strictObject({ launchConfiguration });

/** A page of a group's policies. */
export const policiesReply = z.strictObject({ policies: z.array(policy), policies_links: links });

/** Policies that were created, in the order of the request. */
export const createdPoliciesReply = z.strictObject({ policies: z.array(policy) });

export const policyReply = z.strictObject({ policy });

/** A policy that was written anew, and what that has done to its schedule. */
export const changedPolicyReply = z.strictObject({
  policy,
  next: z.strictObject({ before: instant.optional(), after: instant.optional() }).meta({
    id: 'ChangedNext',
    description:
      'The next planned occurrence, of a window the next opening, by what was there before and by what is there ' +
      'now. What is absent has none.',
  }),
});

/** A page of a policy's webhooks. */
export const webhooksReply = z.strictObject({
  webhooks: z.array(webhook),
  webhooks_links: links,
});

/** Webhooks that were created, in the order of the request. */
export const createdWebhooksReply = z.strictObject({ webhooks: z.array(webhook) });

export const webhookReply = z.strictObject({ webhook });

/** What a tenant may have, and how often it may ask. */
export const limitsReply = z.strictObject({
  limits: z.strictObject({
    rate: z
      .array(
        z.strictObject({
          uri: z.string(),
          regex: z.string(),
          limit: z.array(
            z.strictObject({
              value: count,
              unit: z.enum(['SECOND', 'MINUTE']),
              verb: z.literal('ALL'),
            }),
          ),
        }),
      )
      .optional()
      .meta({ description: 'Absent where requests are not counted.' }),
    absolute: z.strictObject({
      maxGroups: count,
      maxPoliciesPerGroup: count,
      maxWebhooksPerPolicy: count,
    }),
  }),
});

/** That a policy was executed is all that there is to say. */
export const executionReply = z.strictObject({});
