/** The bodies that tell of nodes and of the cluster that they make up. */
import { z } from 'zod';
import { count, instant } from './common-replies.ts';

const token = z
  .strictObject({ epoch: count, revision: count, claimId: z.string() })
  .meta({ id: 'FencingToken' });

const texts = z.array(z.string());

const check = z.strictObject({ details: z.looseObject({}), healthy: z.boolean() });
const timeZones = z.strictObject({
  details: z.strictObject({
    version: z.string().meta({ description: 'The release of the data in use, such as 2025c.' }),
  }),
  healthy: z.literal(true),
});

export const healthReply = z
  .strictObject({ healthy: z.boolean(), scheduler: check, store: check, timeZones })
  .meta({ id: 'Health' });

export const livenessReply = z.strictObject({ healthy: z.literal(true) });

export const readinessReply = z
  .strictObject({
    isReady: z.boolean(),
    reasons: texts.meta({ description: 'Why it is not, in sentences.' }),
    isDoubtful: z.boolean(),
  })
  .meta({ id: 'Readiness' });

const store = z.strictObject({
  regions: texts,
  kind: z.string(),
  identity: z.string(),
  durability: z.string().meta({ description: 'What an acknowledged write survives.' }),
  problems: texts.meta({ description: 'What should be changed about its server.' }),
  isReachable: z.boolean(),
});

/** How a node is doing. */
export const statusReply = z
  .strictObject({
    node: z.string(),
    version: z.string(),
    mode: z.enum(['embedded', 'cluster']),
    region: z.string(),
    startedAt: instant,
    isDoubtful: z.boolean().meta({ description: 'Renewals of its session go unanswered.' }),
    isDraining: z.boolean().meta({ description: 'It gives away what it owns.' }),
    unfitFor: texts.meta({ description: 'Regions whose partitions it cannot work on.' }),
    stores: z.array(store),
    partitions: z.array(
      z.strictObject({
        partition: z.string(),
        token: token.optional(),
        since: instant.optional(),
      }),
    ),
    firings: z.strictObject({
      scaled: count,
      refused: count,
      skipped: count,
      missedRuns: count,
      parked: count,
    }),
    lateness: z
      .strictObject({ count, p50Ms: z.number(), p99Ms: z.number(), maxMs: z.number() })
      .optional()
      .meta({ description: 'Of the last 10,000 firings; absent before the first.' }),
  })
  .meta({ id: 'NodeStatus' });

const member = z.strictObject({
  node: z.string(),
  region: z.string(),
  address: z.string(),
  version: z.string(),
  isDraining: z.boolean(),
  unfitFor: texts,
});

/** How a cluster is doing. */
export const clusterReply = z
  .strictObject({
    name: z.string(),
    identity: z.string(),
    epoch: count,
    layout: z.strictObject({ regions: texts, count }),
    members: z.array(member),
    partitions: z.array(
      z.strictObject({
        partition: z.string(),
        node: z.string().optional(),
        token: token.optional(),
      }),
    ),
    vacantRegions: texts.meta({ description: 'Regions that have been without nodes for long.' }),
    drains: texts.meta({ description: 'Nodes that were asked to drain.' }),
  })
  .meta({ id: 'ClusterStatus' });

export const drainReply = z.strictObject({ node: z.string() });
