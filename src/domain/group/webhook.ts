/**
 * Webhooks, and the capabilities in their addresses: whoever knows one may execute the policy, without an
 * account and without a right to anything else.
 *
 * A capability is 64 lower-case hex digits: the 32 of the group's id, so that any node finds the group with
 * one read and no index has to be kept, and then the 32 of the webhook's secret.
 */
import type { GroupId, WebhookId } from '../ids.ts';

/** A webhook as its user wrote it. */
export interface WebhookDefinition {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A webhook as it is kept. The secret is kept as it is, for every reply about the webhook shows its address. */
export interface WebhookRecord extends WebhookDefinition {
  /** 32 random lower-case hex digits. */
  readonly secret: string;
}

/** One webhook of a policy. */
export interface Webhook extends WebhookRecord {
  readonly id: WebhookId;
}

/** What a capability consists of. */
export interface Capability {
  readonly groupId: GroupId;
  readonly secret: string;
}

/** The version of capabilities that is given out, and the only one that executes anything. */
export const CAPABILITY_VERSION = '1';
/** Random bytes of a secret. */
export const SECRET_BYTES = 16;

/** The last part of the address that executes the webhook's policy. */
export function capabilityHash({ groupId, secret }: Capability): string {
  return groupId.replaceAll('-', '') + secret;
}

const HASH = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})([0-9a-f]{32})$/;

/** What the hash names, whether that exists or not; undefined where it is not of this form. */
export function parseCapability(hash: string): Capability | undefined {
  const [, ...parts] = HASH.exec(hash) ?? [];
  const secret = parts.pop();
  if (secret === undefined) return undefined;
  return { groupId: parts.join('-') as GroupId, secret }; // the form of one, which is all that an id tells
}

/** Whether a text can be a webhook's secret. */
export function isSecret(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{32}$/.test(text);
}
