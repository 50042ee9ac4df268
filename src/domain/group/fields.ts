/**
 * How a group is laid out as fields in a store, and how it is read back.
 *
 * A field that decisions change on every firing (`state`, `progress:*`) is apart from what only people
 * change, so a claim writes two short texts and never the metadata of a group. Reading checks shapes: a
 * record that does not have them throws `record-malformed`, and its reader parks what it belongs to.
 */
import { hasCode, LutraError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import type { JsonObject } from '../../base/json.ts';
import type { GroupId, PolicyId, TenantId, WebhookId } from '../ids.ts';
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
export const DECISION_FIELDS = ['limits', 'state'] as const;
/** What a pass must know before each provider call. */
export const RENEWAL_FIELDS = ['state'] as const;
/** What a pass reads. */
export const CONVERGENCE_FIELDS = ['launch', 'observed', 'state'] as const;
/** What a list of groups shows. */
export const SUMMARY_FIELDS = ['labels', 'observed', 'state'] as const;

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
    | GroupLabels
    | GroupLimits
    | LaunchConfiguration
    | Observation
    | PolicyDefinition
    | PolicyProgress
    | ScalingState
    | WebhookRecord,
): string {
  return JSON.stringify(value);
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
export function decodePolicy(fields: Fields, id: PolicyId): Policy {
  return {
    id,
    definition: decodeDefinition(fields[definitionField(id)]),
    progress: decodeProgress(fields[progressField(id)]),
  };
}

/** One that cannot be read is left out: the others, and the group, are to stay within reach. */
function decodePolicies(fields: Fields): ReadonlyMap<PolicyId, Policy> {
  const policies = policyIdsOf(fields).flatMap((id) => {
    try {
      return [decodePolicy(fields, id)];
    } catch (error) {
      if (hasCode(error, 'record-malformed')) return [];
      throw error;
    }
  });
  return new Map(policies.map((policy) => [policy.id, policy]));
}

/** What people call the group. */
export function decodeLabels(text: string | undefined): GroupLabels {
  return parse<GroupLabels>('labels', text, {
    name: isString,
    metadata: isTexts,
    key: optional(isString),
  });
}

/** The bounds of the group's decisions. */
export function decodeLimits(text: string | undefined): GroupLimits {
  return parse<GroupLimits>('limits', text, {
    minEntities: isCount,
    maxEntities: isCount,
    cooldownSeconds: isNumber,
  });
}

/** What decisions change. */
export function decodeState(text: string | undefined): ScalingState {
  return parse<ScalingState>('state', text, {
    desired: isCount,
    touchedAt: optional(isInstant),
    isPaused: isBoolean,
    isSuspended: isBoolean,
    isDeleting: isBoolean,
    isEmptied: optional(isBoolean),
    changedBy: optional(isString),
    evicting: optional(listOf(isEviction)),
  });
}

/** How the group's servers are made. */
export function decodeLaunch(text: string | undefined): LaunchConfiguration {
  return parse<LaunchConfiguration>('launch', text, { type: isString, args: isObject });
}

/** What the last pass saw; UNOBSERVED where there was none. */
export function decodeObservation(text: string | undefined): Observation {
  if (text === undefined) return UNOBSERVED;
  return parse<Observation>('observed', text, {
    actual: optional(isCount),
    servers: listOf((value) => isJsonObject(value) && isString(value['id'])),
    status: (value) => value === 'ACTIVE' || value === 'ERROR',
    reasons: listOf(isString),
    failureCount: isCount,
    observedAt: optional(isInstant),
  });
}

/** A policy as its user defined it. */
export function decodeDefinition(text: string | undefined): PolicyDefinition {
  return parse<PolicyDefinition>('policy', text, {
    name: isString,
    cooldownSeconds: isNumber,
    adjustment: isAdjustment,
    schedule: optional(isSchedule),
    misfire: optional(isMisfire),
    key: optional(isString),
  });
}

/** How far a policy has come; nowhere, where the record holds nothing. */
export function decodeProgress(text: string | undefined): PolicyProgress {
  if (text === undefined) return {};
  return parse<PolicyProgress>('progress', text, {
    plannedAt: optional(isInstant),
    claimedAt: optional(isInstant),
    touchedAt: optional(isInstant),
    parked: optional(isString),
  });
}

/** A webhook's record. The error shows nothing of what is there: errors are logged, and it is a secret. */
export function decodeWebhook(text: string | undefined): WebhookRecord {
  try {
    return parse<WebhookRecord>('webhook', text, {
      name: isString,
      metadata: isTexts,
      secret: isSecret,
    });
  } catch (error) {
    if (!hasCode(error, 'record-malformed')) throw error;
    // Without its cause, which shows what was found.
    throw malformed('webhook', 'it is not an object with a name, metadata and a secret');
  }
}

type Check = (value: unknown) => boolean;

/** Reads a field whose every key passes its check. The type is what the checks amount to. */
function parse<Value extends object>(
  name: string,
  text: string | undefined,
  checks: Readonly<Record<keyof Value, Check>>,
): Value {
  const value = parseObject(name, text);
  for (const key of Object.keys(checks)) {
    // Object.keys loses the key type that the parameter has.
    const check = checks[key as keyof Value];
    if (!check(value[key])) {
      throw malformed(name, `${key} is ${shown(value[key])}`);
    }
  }
  return value as Value; // checked key by key above
}

function parseObject(name: string, text: string | undefined): JsonObject {
  if (text === undefined) throw malformed(name, 'it is missing');
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch (cause) {
    throw malformed(name, `it is not JSON: ${shown(text)}`, cause);
  }
  throw malformed(name, `it is not an object: ${shown(text)}`);
}

function malformed(name: string, what: string, cause?: unknown): LutraError {
  return new LutraError('record-malformed', `cannot read the stored field "${name}": ${what}`, {
    cause,
  });
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) as string | undefined); // undefined has no JSON
  return (text ?? 'missing').slice(0, 80);
}

const isString: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isWhole: Check = (value) => Number.isInteger(value) && Number(value) >= 0;
/** Whole milliseconds: a fraction of one would give an occurrence two names, and no store arms it. */
const isInstant: Check = (value) => Number.isSafeInteger(value);
const isBoolean: Check = (value) => typeof value === 'boolean';
const isObject: Check = (value) => isJsonObject(value);
const isTexts: Check = (value) => isJsonObject(value) && Object.values(value).every(isString);

function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function oneOf(...words: readonly string[]): Check {
  return (value) => typeof value === 'string' && words.includes(value);
}

function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

const isEviction: Check = (value) =>
  isJsonObject(value) && isString(value['id']) && isBoolean(value['isPurged']);

const isAdjustment: Check = (value) =>
  isJsonObject(value) &&
  ((value['kind'] === 'change' && Number.isInteger(value['amount'])) ||
    (value['kind'] === 'changePercent' && isNumber(value['percent'])) ||
    // Clamped when it is executed, so it may be any whole number, beyond the safe ones too.
    (value['kind'] === 'desiredCapacity' && isWhole(value['amount'])));

const isClockChange: Readonly<Record<string, Check>> = {
  gap: optional(oneOf('shift', 'skip')),
  overlap: optional(oneOf('first', 'second', 'both')),
};

/** Whether texts can be compiled shows when they are. */
const isCronMember: Readonly<Record<string, Check>> = {
  cron: isString,
  timezone: optional(isString),
  dialect: optional(oneOf('extended')),
  dst: optional((value) => isJsonObject(value) && passes(isClockChange, value)),
  start: optional(isString),
  end: optional(isString),
  jitterSeconds: optional((value) => isWhole(value) && value !== 0),
};

const isMisfireMember: Readonly<Record<string, Check>> = {
  policy: oneOf('latest', 'all', 'skip'),
  withinSeconds: optional((value) => isNumber(value) && Number(value) >= 0),
};

function passes(checks: Readonly<Record<string, Check>>, value: JsonObject): boolean {
  for (const key in checks) if (checks[key]?.(value[key]) !== true) return false;
  return true;
}

const isSchedule: Check = (value) =>
  isJsonObject(value) &&
  ((value['kind'] === 'at' && isString(value['at'])) ||
    (value['kind'] === 'cron' && passes(isCronMember, value)));

const isMisfire: Check = (value) => isJsonObject(value) && passes(isMisfireMember, value);
