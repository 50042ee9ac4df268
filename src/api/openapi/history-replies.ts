/** The bodies that tell what happened to a group. */
import { z } from 'zod';
import type { HistoryEvent } from '../../domain/history/event.ts';
import { EVENT_NAMES, EVENT_OUTCOMES } from '../../domain/history/filter.ts';
import { count, instant, links } from './common-replies.ts';
import type { QueryKey } from './operation.ts';

const leaf = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const changes = z.array(
  z.strictObject({
    path: z.string(),
    before: leaf.optional().meta({ description: 'Absent where there was none.' }),
    after: leaf.optional().meta({ description: 'Absent where there is none any more.' }),
  }),
);

/** Who caused an event. */
const caused = {
  by: z.string().meta({ description: 'Who did it.' }),
  caller: z
    .strictObject({
      kind: z.enum(['local', 'token', 'admin-file', 'jwt', 'capability']),
      id: z.string().optional().meta({ description: 'Of the access token.' }),
      from: z.string().optional().meta({ description: 'The address that the request came from.' }),
      responseId: z.string().optional().meta({ description: 'The X-Response-Id of the reply.' }),
    })
    .optional()
    .meta({ description: 'How whoever did it is known. Absent from events of earlier versions.' }),
};
/** What there was before and after. */
const by = {
  ...caused,
  changes: changes.optional().meta({
    description:
      'The values that changed; secrets, and texts of launch configurations that may be some, are hidden, and long ' +
      'ones are cut.',
  }),
  omittedCount: count.optional().meta({ description: 'How many more values changed.' }),
};
const bySchedule = z.literal('schedule');
const policyId = z.string();
const ofPolicy = { policyId, ...by };
const ofWebhook = { policyId, webhookId: z.string(), ...by };
const what = z.enum(['config', 'launch', 'paused', 'resumed']);
const change = { desiredBefore: count, desiredAfter: count };

const execution = {
  policyId,
  ...change,
  base: count.optional().meta({
    description: 'What the group wants apart from its plan; absent where that is desiredAfter.',
  }),
  outcome: z.enum(['scaled', 'refused', 'skipped']),
  reason: z
    .enum([
      'policy-cooldown',
      'group-cooldown',
      'no-change',
      'window',
      'paused',
      'suspended',
      'deleting',
    ])
    .optional()
    .meta({ description: 'Absent where the outcome is scaled.' }),
};

const window = { policyId, by: bySchedule, opensAt: instant, closesAt: instant, ...change };
const ended = { by: bySchedule, until: instant, ...change };

/** What each event tells besides its number, its time and its name. */
const FACTS: Readonly<Record<HistoryEvent['event'], z.core.$ZodLooseShape>> = {
  'policy.fired': {
    ...execution,
    by: bySchedule,
    occurrenceId: z.string(),
    plannedAt: instant,
    dueAt: instant.meta({
      description:
        'When it was to be acted on; of late occurrences, when the first of them was. Later than planned where the policy has jitter.',
    }),
  },
  'policy.executed': { ...execution, executionId: z.string(), ...caused },
  'policy.missed': {
    policyId,
    by: bySchedule,
    reason: z.enum(['superseded', 'too-late', 'catch-up-limit']),
    first: instant,
    last: instant,
    count: count.optional().meta({ description: 'How many occurrences lie from first to last.' }),
  },
  'policy.moved': {
    policyId,
    by: bySchedule,
    from: instant,
    to: instant.optional().meta({ description: 'Absent where it has no occurrence left.' }),
    timeZones: z.string().meta({ description: 'The release of the time zone data.' }),
  },
  'policy.parked': { policyId, by: bySchedule, reason: z.string() },
  'policy.skipped': { policyId, ...caused, plannedAt: instant },
  'window.opened': window,
  'window.closed': window,
  'override.set': { ...by, ...change },
  'override.removed': { ...by, ...change },
  'override.ended': ended,
  'pause.ended': ended,
  'policy.created': ofPolicy,
  'policy.changed': ofPolicy,
  'policy.deleted': ofPolicy,
  'webhook.created': ofWebhook,
  'webhook.changed': ofWebhook,
  'webhook.rotated': ofWebhook,
  'webhook.deleted': ofWebhook,
  'server.deleted': {
    serverId: z.string(),
    ...caused,
    isPurged: z.boolean().meta({ description: 'Whether it ends; else it goes on running.' }),
    ...change,
  },
  'server.left': { serverIds: z.array(z.string()) },
  'group.created': { ...by, desiredAfter: count },
  'group.changed': { ...by, what, ...change },
  'group.calendars-changed': {
    ...caused,
    names: z.array(z.string()).meta({ description: 'Of the calendars.' }),
  },
  'group.marked': caused,
  'group.deleted': caused,
  'change.refused': {
    ...by,
    wanted: z.string().optional().meta({ description: 'The event that it would have been.' }),
    what: what.optional(),
    policyId: policyId.optional(),
    webhookId: z.string().optional(),
    serverId: z.string().optional(),
    outcome: z.literal('refused'),
    reason: z.string().meta({ description: 'Why not, in a word.' }),
  },
  'group.converged': { desired: count, actualBefore: count.optional(), actual: count },
  'group.failed': { reasons: z.array(z.string()) },
  'group.waiting': { reasons: z.array(z.string()) },
  'group.overdue': {
    desired: count,
    actual: count,
    since: instant.meta({
      description: 'Since when as many were desired, or it was found not to have them any more.',
    }),
  },
  'group.reached': {
    desired: count,
    afterMs: count.meta({ description: 'Milliseconds since as many were desired, or missing.' }),
  },
};

const events = Object.entries(FACTS).map(([event, facts]) =>
  z.strictObject({
    sequence: z.int().min(1).meta({ description: '1 for the first event of a group.' }),
    at: instant,
    event: z.literal(event),
    ...facts,
  }),
);

/** One event of a group's history. */
export const historyEvent = z.union(events).meta({ id: 'HistoryEvent' });

/** A page of a group's history. */
export const historyReply = z.strictObject({
  events: z.array(historyEvent),
  events_links: links,
});

/** One of these, or several with commas between them. */
function someOf(values: readonly string[]): Readonly<Record<string, unknown>> {
  const one = `(${values.map((value) => value.replace('.', String.raw`\.`)).join('|')})`;
  return { type: 'string', pattern: `^${one}(,${one})*$` };
}

/** The query keys that filter a history. An event has to meet all that are given. */
export const HISTORY_FILTER: readonly QueryKey[] = [
  {
    name: 'policyId',
    description: 'Only what is about this policy, or its webhooks; it may be deleted.',
    schema: { type: 'string', format: 'uuid' },
  },
  {
    name: 'event',
    description: 'Only events of this name; several have commas between them.',
    schema: someOf(EVENT_NAMES),
  },
  {
    name: 'outcome',
    description:
      'Only what came to this; several have commas between them. `changed`: somebody changed something. `refused`: ' +
      'what was asked for was considered, and the answer was no. `missed`: nothing was done about occurrences. ' +
      '`failed`: a person must act.',
    schema: someOf(EVENT_OUTCOMES),
  },
  {
    name: 'from',
    description: 'Only what was recorded at this instant, in UTC, or later.',
    schema: { type: 'string', format: 'date-time' },
  },
  {
    name: 'to',
    description: 'Only what was recorded before this instant, in UTC.',
    schema: { type: 'string', format: 'date-time' },
  },
];
