/**
 * How a group is laid out as fields in a store, and how it is read back.
 *
 * A field that decisions change on every firing (`state`, `progress:*`) is apart from what only people
 * change, so a claim writes two short texts and never the metadata of a group. Reading checks shapes: a
 * record that does not have them throws `record-malformed`, and its reader parks what it belongs to.
 */
import { hasCode } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import type { CalendarCopies, CalendarCopy } from '../calendar/calendar.ts';
import { COPIES_FIELD, calendarNamesOf, withCopies, withoutCopies } from '../calendar/copies.ts';
import type { GroupId, PolicyId, TenantId, WebhookId } from '../ids.ts';
import {
  isAdjustment,
  isBoolean,
  isCalendarCopy,
  isCount,
  isEviction,
  isInstant,
  isMisfire,
  isNumber,
  isObject,
  isOpenWindow,
  isOverride,
  isSchedule,
  isSpan,
  isString,
  isTexts,
  isUnreached,
  listOf,
  malformed,
  optional,
  parse,
} from './checks.ts';
import type { Checks } from './checks.ts';
import { UNOBSERVED } from './group.ts';
import type {
  Group,
  GroupLabels,
  GroupLimits,
  LaunchConfiguration,
  Observation,
  ScalingState,
} from './group.ts';
import type { Policy, PolicyDefinition, PolicyProgress } from './policy.ts';
import { isSecret } from './webhook.ts';
import type { WebhookRecord } from './webhook.ts';

type Fields = Readonly<Record<string, string>>;

/** What a scaling decision reads of a group, besides the policy. */
export const DECISION_FIELDS = ['limits', 'state', COPIES_FIELD] as const;
/** What a pass must know before each provider call. */
export const RENEWAL_FIELDS = ['state'] as const;
/** What a pass reads. */
export const CONVERGENCE_FIELDS = ['launch', 'limits', 'observed', 'state'] as const;
/** What the end of a pass writes, which does not move the version of the group. */
export const SETTLED_FIELD = 'observed';
/** What a list of groups shows. */
export const SUMMARY_FIELDS = ['labels', SETTLED_FIELD, 'state'] as const;

// Made once: a list reads hundreds of fields, and making these takes as long as passing them.
const LABELS: Checks<GroupLabels> = {
  name: isString,
  metadata: isTexts,
  key: optional(isString),
};
const LIMITS: Checks<GroupLimits> = {
  minEntities: isCount,
  maxEntities: isCount,
  cooldownSeconds: isNumber,
  reachedBySeconds: optional(isCount),
};
const STATE: Checks<ScalingState> = {
  desired: isCount,
  touchedAt: optional(isInstant),
  isPaused: isBoolean,
  isSuspended: isBoolean,
  isDeleting: isBoolean,
  isEmptied: optional(isBoolean),
  changedBy: optional(isString),
  evicting: optional(listOf(isEviction)),
  base: optional(isCount),
  windows: optional(listOf(isOpenWindow)),
  override: optional(isOverride),
  pausedUntil: optional(isInstant),
};
const LAUNCH: Checks<LaunchConfiguration> = { type: isString, args: isObject };
const OBSERVATION: Checks<Observation> = {
  actual: optional(isCount),
  servers: listOf((value) => isJsonObject(value) && isString(value['id'])),
  status: (value) => value === 'ACTIVE' || value === 'ERROR',
  reasons: listOf(isString),
  failureCount: isCount,
  observedAt: optional(isInstant),
  unreached: optional(isUnreached),
};
const DEFINITION: Checks<PolicyDefinition> = {
  name: isString,
  cooldownSeconds: isNumber,
  adjustment: isAdjustment,
  schedule: optional(isSchedule),
  misfire: optional(isMisfire),
  key: optional(isString),
};
const PROGRESS: Checks<PolicyProgress> = {
  plannedAt: optional(isInstant),
  claimedAt: optional(isInstant),
  touchedAt: optional(isInstant),
  parked: optional(isString),
  skipped: optional(isSpan),
};
const WEBHOOK: Checks<WebhookRecord> = {
  name: isString,
  metadata: isTexts,
  secret: isSecret,
};

/** The field that holds a policy's definition. */
export function definitionField(policyId: PolicyId): string {
  return `policy:${policyId}`;
}

/** The field that holds a policy's progress. */
export function progressField(policyId: PolicyId): string {
  return `progress:${policyId}`;
}

/** The field that holds a webhook of a policy. */
export function webhookField(policyId: PolicyId, webhookId: string): string {
  return `webhook:${policyId}:${webhookId}`;
}

/** Any of the values below as the text that a store keeps. */
export function encodeField(
  value:
    | CalendarCopies
    | GroupLabels
    | GroupLimits
    | LaunchConfiguration
    | Observation
    | PolicyDefinition
    | PolicyProgress
    | ScalingState
    | WebhookRecord,
): string {
  return JSON.stringify(isDefinition(value) ? withoutCopies(value) : value);
}

function isDefinition(value: object): value is PolicyDefinition {
  return 'adjustment' in value && 'schedule' in value;
}

/**
 * The group that a store's record describes, whole, but for policies that cannot be read. Throws
 * `record-malformed` where another field is missing or misshapen.
 */
export function decodeGroup(stored: {
  readonly groupId: GroupId;
  readonly tenantId: TenantId;
  readonly fields: Fields;
}): Group {
  const { groupId, tenantId, fields } = stored;
  return {
    id: groupId,
    tenantId,
    labels: decodeLabels(fields['labels']),
    limits: decodeLimits(fields['limits']),
    state: decodeState(fields['state']),
    launch: decodeLaunch(fields['launch']),
    observation: decodeObservation(fields['observed']),
    policies: decodePolicies(fields),
  };
}

/** The ids of the policies that a group's record holds, in ascending order. */
export function policyIdsOf(fields: Fields): readonly PolicyId[] {
  return Object.keys(fields)
    .filter((name) => name.startsWith('policy:'))
    .map((name) => name.slice('policy:'.length) as PolicyId) // the key was made by definitionField
    .sort();
}

/** The ids of the webhooks that a group's record holds, with those of their policies, in ascending order of both. */
export function webhookIdsOf(
  fields: Fields,
): readonly { readonly policyId: PolicyId; readonly webhookId: WebhookId }[] {
  return Object.keys(fields)
    .filter((name) => name.startsWith('webhook:'))
    .sort()
    .map((name) => {
      const [, policyId = '', webhookId = ''] = name.split(':');
      // the name was made by webhookField
      return { policyId: policyId as PolicyId, webhookId: webhookId as WebhookId };
    });
}

/** One policy of a group's record. Throws `record-malformed` where it is missing or misshapen. */
export function decodePolicy(
  fields: Fields,
  id: PolicyId,
  copies: () => CalendarCopies = copiesIn(fields),
): Policy {
  return {
    id,
    definition: decodeDefinition(fields[definitionField(id)], copies),
    progress: decodeProgress(fields[progressField(id)]),
  };
}

/** One that cannot be read is left out: the others, and the group, are to stay within reach. */
function decodePolicies(fields: Fields): ReadonlyMap<PolicyId, Policy> {
  const copies = copiesIn(fields);
  const policies = policyIdsOf(fields).flatMap((id) => {
    try {
      return [decodePolicy(fields, id, copies)];
    } catch (error) {
      if (hasCode(error, 'record-malformed')) return [];
      throw error;
    }
  });
  return new Map(policies.map((policy) => [policy.id, policy]));
}

/** What people call the group. */
export function decodeLabels(text: string | undefined): GroupLabels {
  return parse<GroupLabels>('labels', text, LABELS);
}

/** The bounds of the group's decisions. */
export function decodeLimits(text: string | undefined): GroupLimits {
  return parse<GroupLimits>('limits', text, LIMITS);
}

/** What decisions change. */
export function decodeState(text: string | undefined): ScalingState {
  return parse<ScalingState>('state', text, STATE);
}

/** How the group's servers are made. */
export function decodeLaunch(text: string | undefined): LaunchConfiguration {
  return parse<LaunchConfiguration>('launch', text, LAUNCH);
}

/** What the last pass saw; UNOBSERVED where there was none. */
export function decodeObservation(text: string | undefined): Observation {
  if (text === undefined) return UNOBSERVED;
  return parse<Observation>('observed', text, OBSERVATION);
}

/**
 * A policy as its user defined it, its schedule with the calendars that it names: `copies` is asked for them where it
 * names some.
 */
export function decodeDefinition(
  text: string | undefined,
  copies: () => CalendarCopies,
): PolicyDefinition {
  const definition = parse<PolicyDefinition>('policy', text, DEFINITION);
  const names = calendarNamesOf(definition.schedule);
  return names.length === 0 ? definition : withCopies(definition, copies());
}

/** The copies of calendars that a group's record holds, read when they are first asked for. */
export function copiesIn(fields: Fields): () => CalendarCopies {
  let copies: CalendarCopies | undefined;
  return () => (copies ??= decodeCopies(fields[COPIES_FIELD]));
}

function decodeCopies(text: string | undefined): CalendarCopies {
  if (text === undefined) return {};
  const copies = parse<Record<string, CalendarCopy>>(COPIES_FIELD, text, {});
  const misshapen = Object.keys(copies).find((name) => !isCalendarCopy(copies[name]));
  if (misshapen === undefined) return copies;
  throw malformed(COPIES_FIELD, `${JSON.stringify(misshapen)} is no copy of a calendar`);
}

/** How far a policy has come; nowhere, where the record holds nothing. */
export function decodeProgress(text: string | undefined): PolicyProgress {
  if (text === undefined) return {};
  return parse<PolicyProgress>('progress', text, PROGRESS);
}

/** A webhook's record. The error shows nothing of what is there: errors are logged, and it is a secret. */
export function decodeWebhook(text: string | undefined): WebhookRecord {
  try {
    return parse<WebhookRecord>('webhook', text, WEBHOOK);
  } catch (error) {
    if (!hasCode(error, 'record-malformed')) throw error;
    // Without its cause, which shows what was found.
    throw malformed('webhook', 'it is not an object with a name, metadata and a secret');
  }
}
