/** What commands read of a node's replies. Other fields pass through, for `-o json`. */
import { z } from 'zod';

import { epochMs } from '../base/clock.ts';
import type { EpochMs } from '../base/clock.ts';
import { isJsonObject } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { keyOf } from '../config/problem.ts';
import { parseAt } from '../domain/schedule/at.ts';
import { CommandError, EXIT } from './exit.ts';

const instant = z
  .union([z.number(), z.string()])
  .transform((value): EpochMs | undefined =>
    typeof value === 'number' ? epochMs(value) : parseAt(value),
  );

/** Not z.record, which drops a key called __proto__: what is compared must be whole. */
const anObject = z.custom<JsonObject>(isJsonObject, { error: 'not an object' });

const planned = {
  min: z.number().optional(),
  max: z.number().optional(),
  desired: z.number().optional(),
};

const override = z.looseObject({
  ...planned,
  until: z.string(),
  reason: z.string(),
  by: z.string(),
});

const state = z.looseObject({
  name: z.string(),
  status: z.string(),
  paused: z.boolean(),
  activeCapacity: z.number(),
  desiredCapacity: z.number(),
  overdueSince: z.string().optional(),
  pausedUntil: z.string().optional(),
  baseCapacity: z.number().optional(),
  override: override.optional(),
  windows: z
    .array(z.looseObject({ policyId: z.string(), closesAt: z.string(), ...planned }))
    .optional(),
});

const groupConfiguration = z.looseObject({
  name: z.string(),
  cooldown: z.number(),
  minEntities: z.number(),
  maxEntities: z.number(),
  metadata: anObject,
  key: z.string().optional(),
  region: z.string().optional(),
  reachedBy: z.number().optional(),
});

/** What a comparison reads of a policy's webhook; its address is nobody's business there. */
const heldWebhook = z.object({ id: z.string(), name: z.string(), metadata: anObject });

const policy = z.looseObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  cooldown: z.number(),
  change: z.number().optional(),
  changePercent: z.number().optional(),
  desiredCapacity: z.number().optional(),
  window: z
    .looseObject({
      min: z.number().optional(),
      max: z.number().optional(),
      desired: z.number().optional(),
      duration: z.number(),
      measured: z.string().optional(),
      priority: z.number().optional(),
    })
    .optional(),
  args: z
    .looseObject({
      at: z.string().optional(),
      cron: z.string().optional(),
      timezone: z.string().optional(),
    })
    .optional(),
  key: z.string().optional(),
  webhooks: z.array(heldWebhook).optional(),
});

const group = z.looseObject({
  id: z.string(),
  groupConfiguration,
  launchConfiguration: z.looseObject({ type: z.string(), args: anObject }),
  scalingPolicies: z.array(policy),
  state,
});

const links = z.array(z.object({ href: z.string(), rel: z.string() }));

/** A page of a tenant's groups. */
export const GROUPS_REPLY = z.object({
  groups: z.array(z.looseObject({ id: z.string(), state })),
  groups_links: links,
});

/** A group's configuration. */
export const CONFIG_REPLY = z.object({ groupConfiguration });

/** A group, whole. */
export const GROUP_REPLY = z.object({ group });

/** What a group keeps to for a while. */
export const OVERRIDE_REPLY = z.object({ override });

/** An occurrence that is left out. */
export const SKIP_REPLY = z.object({ skipped: z.string(), next: z.string().optional() });

/** A group, whole, with the webhooks of its policies. */
export const GROUP_WITH_WEBHOOKS_REPLY = z.object({
  group: group.extend({
    scalingPolicies: z.array(policy.extend({ webhooks: z.array(heldWebhook) })),
  }),
});

/** Policies that were just created. */
export const POLICIES_REPLY = z.object({ policies: z.array(policy) });

/** One policy. */
export const POLICY_REPLY = z.object({ policy });

const occurrence = z.looseObject({
  at: instant,
  local: z.string().optional(),
  note: z.string().optional(),
  dueAt: z.string().optional(),
  closesAt: z.string().optional(),
});

const leftOut = occurrence.extend({
  /** One of these three says why. */
  excludedBy: z.array(z.string()).optional(),
  notIn: z.array(z.string()).optional(),
  skipped: z.boolean().optional(),
});

/** What comes next of a policy. */
export const PREVIEW_REPLY = z.object({
  preview: z.looseObject({
    from: instant,
    timezone: z.string().optional(),
    words: z.string().optional(),
    exclude: z.array(z.string()).optional(),
    only: z.array(z.string()).optional(),
    parked: z.string().optional(),
    occurrences: z.array(occurrence),
    leftOut: z.array(leftOut).optional(),
    leftOutTruncated: z.boolean().optional(),
  }),
});

const forecastStep = z.looseObject({
  at: instant,
  /** Absent where an override or a pause ends. */
  policyId: z.string().optional(),
  desiredBefore: z.number(),
  desiredAfter: z.number(),
  outcome: z.string(),
  reason: z.string().optional(),
});

/** What schedules will do to the size of a group. */
export const FORECAST_REPLY = z.object({
  forecast: z.looseObject({
    from: instant,
    completeUntil: instant,
    isTruncated: z.boolean(),
    desiredAtStart: z.number(),
    desiredAtEnd: z.number(),
    counts: z.looseObject({ refused: z.record(z.string(), z.number()), skipped: z.number() }),
    steps: z.array(forecastStep),
    unreadable: z.array(z.looseObject({ policyId: z.string(), reason: z.string() })),
  }),
});

/** Why a group has the size that it has. */
export const EXPLAIN_REPLY = z.object({
  explanation: z.looseObject({ sentences: z.array(z.string()) }),
});

const webhook = z.looseObject({ id: z.string(), name: z.string(), links });

/** A page of a policy's webhooks, or those that were just created. */
export const WEBHOOKS_REPLY = z.object({
  webhooks: z.array(webhook),
  webhooks_links: links.default([]),
});

/** One webhook. */
export const WEBHOOK_REPLY = z.object({ webhook });

/** What a group looks like at present. */
export const STATE_REPLY = z.object({
  group: state.extend({ active: z.array(z.looseObject({ id: z.string() })) }),
});

/** A webhook as the API shows it. */
export type WireWebhook = z.infer<typeof webhook>;

/** An event of a group's history. */
export const HISTORY_EVENT = z.looseObject({
  sequence: z.int(),
  at: z.unknown(),
  event: z.string(),
});

/** Events of a group's history that are not there any more lie between these two numbers. */
export const HISTORY_GAP = z.object({ after: z.int(), next: z.int() });

/** Why a stream ends. */
export const STREAM_END = z.object({ reason: z.string() });

/** A page of a group's history. */
export const HISTORY_REPLY = z.object({
  events: z.array(HISTORY_EVENT),
  events_links: links,
});

const token = z.looseObject({ epoch: z.number(), revision: z.number(), claimId: z.string() });

const store = z.looseObject({
  regions: z.array(z.string()),
  kind: z.string(),
  identity: z.string(),
  durability: z.string(),
  problems: z.array(z.string()),
  isReachable: z.boolean(),
});

/** How a node is doing. */
export const STATUS_REPLY = z.looseObject({
  node: z.string(),
  version: z.string(),
  startedAt: instant,
  mode: z.string(),
  region: z.string(),
  isDoubtful: z.boolean(),
  isDraining: z.boolean(),
  unfitFor: z.array(z.string()),
  stores: z.array(store),
  partitions: z.array(
    z.looseObject({
      partition: z.string(),
      token: token.optional(),
      since: instant.optional(),
    }),
  ),
  firings: z.looseObject({
    scaled: z.number(),
    refused: z.number(),
    skipped: z.number(),
    missedRuns: z.number(),
    parked: z.number(),
  }),
  lateness: z
    .looseObject({ count: z.number(), p50Ms: z.number(), p99Ms: z.number(), maxMs: z.number() })
    .optional(),
});

const member = z.looseObject({
  node: z.string(),
  region: z.string(),
  address: z.string(),
  version: z.string(),
  isDraining: z.boolean(),
  unfitFor: z.array(z.string()),
});

/** How a cluster is doing. */
export const CLUSTER_REPLY = z.looseObject({
  name: z.string(),
  identity: z.string(),
  epoch: z.number(),
  layout: z.looseObject({ regions: z.array(z.string()), count: z.number() }),
  members: z.array(member),
  partitions: z.array(
    z.looseObject({
      partition: z.string(),
      node: z.string().optional(),
      token: token.optional(),
    }),
  ),
  vacantRegions: z.array(z.string()),
  drains: z.array(z.string()),
});

/** Which node was asked to drain. */
export const DRAIN_REPLY = z.looseObject({ node: z.string() });

const accessToken = z.looseObject({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  tenants: z.union([z.literal('all'), z.array(z.string())]),
  createdAt: instant,
  expiresAt: instant.optional(),
  createdBy: z.string(),
});

/** The access tokens that there are. */
export const TOKENS_REPLY = z.looseObject({ tokens: z.array(accessToken) });

/** A token that was just made, with its secret. */
export const TOKEN_REPLY = z.looseObject({ token: accessToken.extend({ secret: z.string() }) });

/** A token without its secret. */
export type WireAccessToken = z.infer<typeof accessToken>;
/** What comes next of a policy, as the API shows it. */
export type WirePreview = z.infer<typeof PREVIEW_REPLY>['preview'];
/** What schedules will do to a group, as the API shows it. */
export type WireForecast = z.infer<typeof FORECAST_REPLY>['forecast'];
/** A group of a list. */
export type GroupItem = z.infer<typeof GROUPS_REPLY>['groups'][number];
/** How a node is doing, as it says. */
export type WireStatus = z.infer<typeof STATUS_REPLY>;
/** A store as a node sees it. */
export type WireStore = WireStatus['stores'][number];
/** What proves that a node owns a partition, as the API shows it. */
export type WireToken = z.infer<typeof token>;
/** A cluster as a node of it sees it. */
export type WireCluster = z.infer<typeof CLUSTER_REPLY>;
/** A node as the others see it. */
export type WireMember = WireCluster['members'][number];
/** A group's configuration as the API shows it. */
export type WireConfig = z.infer<typeof groupConfiguration>;
/** A group, whole, as the API shows it. */
export type WireGroup = z.infer<typeof group>;
/** A policy as the API shows it. */
export type WirePolicy = z.infer<typeof policy>;
/** An event of a history as the API shows it. */
export type WireEvent = z.infer<typeof HISTORY_EVENT>;

/** What people call a group or a policy: by its key, where it has one. */
export function nameOf({
  key,
  name,
}: {
  readonly key?: string | undefined;
  readonly name: string;
}): string {
  return key ?? name;
}

/** A reply as its shape says. Throws a `CommandError` where it has another: the node is of another version, or none. */
export function readReply<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = keyOf((issue?.path ?? []).map((step) => String(step)));
  throw new CommandError(
    EXIT.error,
    `the node's reply is not one that this version of lutra knows (${where}: ${issue?.message ?? ''}); ` +
      'use the version that the node has: "lutra status -o json" shows it',
  );
}
