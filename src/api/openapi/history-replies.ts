/** The bodies that tell what happened to a group. */
import { z } from 'zod';
import type { HistoryEvent } from '../../domain/history/event.ts';
import { count, instant, links } from './common-replies.ts';

const by = z.string().meta({ description: 'Who did it.' });
const policyId = z.string();
const ofWebhook = { policyId, webhookId: z.string(), by };
const change = { desiredBefore: count, desiredAfter: count };

const execution = {
  policyId,
  ...change,
  outcome: z.enum(['scaled', 'refused', 'skipped']),
  reason: z
    .enum(['policy-cooldown', 'group-cooldown', 'no-change', 'paused', 'suspended', 'deleting'])
    .optional()
    .meta({ description: 'Absent where the outcome is scaled.' }),
};

/** What each event tells besides its number, its time and its name. */
const FACTS: Readonly<Record<HistoryEvent['event'], z.core.$ZodLooseShape>> = {
  'policy.fired': {
    ...execution,
    occurrenceId: z.string(),
    plannedAt: instant,
    dueAt: instant,
  },
  'policy.executed': { ...execution, executionId: z.string(), by },
  'policy.missed': {
    policyId,
    reason: z.enum(['superseded', 'too-late', 'catch-up-limit']),
    first: instant,
    last: instant,
    count: count.optional().meta({ description: 'How many occurrences lie from first to last.' }),
  },
  'policy.parked': { policyId, reason: z.string() },
  'policy.created': { policyId, by },
  'policy.changed': { policyId, by },
  'policy.deleted': { policyId, by },
  'webhook.created': ofWebhook,
  'webhook.changed': ofWebhook,
  'webhook.rotated': ofWebhook,
  'webhook.deleted': ofWebhook,
  'group.created': { by, desiredAfter: count },
  'group.changed': { by, what: z.enum(['config', 'launch', 'paused', 'resumed']), ...change },
  'group.deleted': { by },
  'group.converged': { desired: count, actualBefore: count.optional(), actual: count },
  'group.failed': { reasons: z.array(z.string()) },
  'group.waiting': { reasons: z.array(z.string()) },
};

const events = Object.entries(FACTS).map(([event, facts]) =>
  z.strictObject({
    sequence: z.int().min(1).meta({ description: '1 for the first event of a group.' }),
    at: instant,
    event: z.literal(event),
    ...facts,
  }),
);

/** A page of a group's history. */
export const historyReply = z.strictObject({
  events: z.array(z.union(events).meta({ id: 'HistoryEvent' })),
  events_links: links,
});
