/** Tokens that callers of the API show, as they are kept: with everything but what has to be shown. */
import type { EpochMs } from '../../base/clock.ts';
import { hasCode, LutraError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import type { TenantId } from '../ids.ts';
import type { Principal } from './principal.ts';
import { ROLES } from './role.ts';
import type { Role } from './role.ts';

/** How many there can be: every node has all of them in memory, and reads them in one reply. */
export const TOKENS_MAX = 1_000;
/** How long the record of one can be, in characters of ASCII. All together stay below what etcd sends at once (4 MiB). */
export const RECORD_MAX_LENGTH = 2_048;

/** What a token begins with, so that people and scanners of leaked secrets know it for one of ours. */
export const TOKEN_PREFIX = 'lutra_';

/** One token. */
export interface AccessToken {
  /** Names it where it is revoked; no secret. */
  readonly id: string;
  /** SHA-256 of the whole token, in lower-case hex. */
  readonly digest: string;
  readonly name: string;
  readonly role: Role;
  readonly tenants: readonly TenantId[] | 'all';
  readonly createdAt: EpochMs;
  /** From then on it is refused; undefined where it stays good until it is revoked. */
  readonly expiresAt: EpochMs | undefined;
  /** The principal that made it. */
  readonly createdBy: string;
}

/** Whether the token is good no more. */
export function isExpired({ expiresAt }: Pick<AccessToken, 'expiresAt'>, now: EpochMs): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** Whoever shows the token. */
export function principalOf({ id, name, role, tenants }: AccessToken): Principal {
  const scope = tenants === 'all' ? tenants : new Set(tenants);
  return { name, role, tenants: scope, credential: { kind: 'token', id } };
}

/** The token as the text that is stored: JSON in ASCII, so that its length is its size. */
export function encodeToken(token: AccessToken): string {
  return JSON.stringify(token).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The token that a stored text describes. Throws `record-malformed`; what is at fault is called `where`. */
export function decodeToken(text: string, where: string): AccessToken {
  const record = parsed(text);
  if (!isToken(record)) {
    throw new LutraError(
      'record-malformed',
      `${where} does not hold an access token of Lutra's making: delete it`,
    );
  }
  const { id, digest, name, role, tenants, createdAt, expiresAt, createdBy } = record;
  return { id, digest, name, role, tenants, createdAt, expiresAt, createdBy };
}

/** All tokens of these records, and what is wrong with those that cannot be read. */
export function decodeTokens(
  records: readonly { readonly text: string; readonly where: string }[],
): {
  readonly tokens: readonly AccessToken[];
  readonly malformed: readonly LutraError[];
} {
  const tokens: AccessToken[] = [];
  const malformed: LutraError[] = [];
  for (const { text, where } of records) {
    try {
      tokens.push(decodeToken(text, where));
    } catch (error) {
      if (!hasCode(error, 'record-malformed')) throw error;
      malformed.push(error);
    }
  }
  return { tokens, malformed };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused as any other text that is no token
  }
}

/** Whether all fields are there, each of its kind; others are let be, for a newer version may have written them. */
function isToken(value: unknown): value is AccessToken {
  if (!isJsonObject(value)) return false;
  const { id, digest, name, role, tenants, createdAt, expiresAt, createdBy } = value;
  return (
    [id, name, createdBy].every(isText) &&
    isText(digest) &&
    /^[0-9a-f]{64}$/.test(digest) &&
    ROLES.some((known) => known === role) &&
    isScope(tenants) &&
    Number.isSafeInteger(createdAt) &&
    (expiresAt === undefined || Number.isSafeInteger(expiresAt))
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isScope(value: unknown): boolean {
  return value === 'all' || (Array.isArray(value) && value.every(isText));
}
