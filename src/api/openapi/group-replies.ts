/** The bodies that tell of groups and policies. */
import { z } from 'zod';
import { count, links, whole } from './common-replies.ts';

const groupConfiguration = z
  .strictObject({
    name: z.string(),
    cooldown: z.number().meta({ description: 'Seconds.' }),
    minEntities: count,
    maxEntities: count,
    metadata: z.record(z.string(), z.string()),
    key: z.string().optional(),
    region: z.string().optional().meta({ description: 'Told where there is more than one.' }),
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

/** As they were written: what was left out is not there. */
const args = z.union([
  z.strictObject({ at: z.string(), misfire: misfire.optional() }),
  z.strictObject({
    cron: z.string(),
    timezone: z.string().optional(),
    dialect: z.literal('extended').optional(),
    dst: z
      .strictObject({
        gap: z.enum(['shift', 'skip']).optional(),
        overlap: z.enum(['first', 'second', 'both']).optional(),
      })
      .optional(),
    start: z.string().optional(),
    end: z.string().optional(),
    jitter: whole.optional().meta({ description: 'Seconds.' }),
    misfire: misfire.optional(),
  }),
]);

const policy = z
  .strictObject({
    id: z.string(),
    links,
    name: z.string(),
    type: z.enum(['webhook', 'schedule']),
    cooldown: z.number().meta({ description: 'Seconds.' }),
    change: whole.optional(),
    changePercent: z.number().optional(),
    desiredCapacity: whole.optional(),
    args: args.optional(),
    key: z.string().optional(),
    webhooks: z.array(webhook).optional(),
    webhooks_links: links.optional(),
  })
  .meta({
    id: 'Policy',
    description:
      'It has exactly one of change, changePercent and desiredCapacity, and its webhooks where a group is asked for them.',
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
