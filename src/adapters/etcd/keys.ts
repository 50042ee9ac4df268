/**
 * The names of all keys, and what their values look like. Texts are JSON, apart from `epoch` and homes.
 *
 *     /lutra/<cluster>/settings                 what the cluster was made with
 *                     /epoch                    the first number of tokens
 *                     /stores                   there as soon as the stores of all regions were made
 *                     /members/<node>           under the node's session lease
 *                     /homes/<region>/<node>    under its longer lease; the value is the region
 *                     /drains/<node>            under the node's session lease: somebody asked it to drain
 *                     /owners/<region>/<n>      under the session lease of the owner
 *                     /token-changes            written with every new access token, so that no two are added at once
 *                     /tokens/<id>              an access token
 *                     /tenants/<tenant>/calendar-changes   written with every change to one of them: its revision is the list's
 *                     /tenants/<tenant>/calendars/<name>   a calendar; the tenant is percent-encoded
 *
 * What ownership rests on comes before the letter t: it is read every few seconds, and tokens need not be.
 */
import { assert } from '../../base/assert.ts';
import { LutraError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import type { FencingToken, NodeId, PartitionId, TenantId } from '../../domain/ids.ts';
import type { Member, OwnerKey } from '../../ports/coordination.ts';

/** The keys of one cluster. */
export interface Keys {
  /** All that ownership rests on. */
  readonly all: Range;
  readonly settings: string;
  readonly epoch: string;
  readonly stores: string;
  readonly members: string;
  readonly homes: string;
  readonly drains: string;
  readonly owners: string;
  readonly tokens: Range;
  readonly tokenChanges: string;
  member(node: NodeId): string;
  home(member: Pick<Member, 'node' | 'region'>): string;
  drain(node: NodeId): string;
  owner(partition: PartitionId): string;
  token(id: string): string;
  calendars(tenantId: TenantId): CalendarKeys;
}

/** Where the calendars of one tenant are. */
interface CalendarKeys {
  readonly changes: string;
  /** `start` with a name is that calendar's key. */
  readonly calendars: Range;
}

/** All keys from `start` on that come before `end`. */
export interface Range {
  readonly start: string;
  readonly end: string;
}

/** A key as etcd has it. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly lease: string;
  readonly createRevision: number;
  readonly modRevision: number;
}

/** Names the keys of a cluster. */
export function keysOf(cluster: string): Keys {
  const root = `/lutra/${cluster}`;
  const [members, homes] = [`${root}/members/`, `${root}/homes/`];
  const [drains, owners] = [`${root}/drains/`, `${root}/owners/`];
  return {
    all: { start: `${root}/`, end: `${root}/t` },
    // "0" comes right after "/".
    tokens: { start: `${root}/tokens/`, end: `${root}/tokens0` },
    tokenChanges: `${root}/token-changes`,
    settings: `${root}/settings`,
    epoch: `${root}/epoch`,
    stores: `${root}/stores`,
    ...{ members, homes, drains, owners },
    member: (node) => members + node,
    home: ({ node, region }) => `${homes}${region}/${node}`,
    drain: (node) => drains + node,
    owner: (partition) => owners + partition,
    token: (id) => `${root}/tokens/${id}`,
    calendars: (tenantId) => {
      const tenant = `${root}/tenants/${encodeURIComponent(tenantId)}`;
      return {
        changes: `${tenant}/calendar-changes`,
        calendars: { start: `${tenant}/calendars/`, end: `${tenant}/calendars0` },
      };
    },
  };
}

/** The value of an owner key. Its create revision, which is not in it, completes the token. */
export function ownerText(node: NodeId, token: Pick<FencingToken, 'epoch' | 'claimId'>): string {
  return JSON.stringify({ node, epoch: token.epoch, claimId: token.claimId });
}

/** Who holds the partition whose owner key this is. Throws `record-malformed`. */
export function ownerOf(keys: Keys, kv: KeyValue): OwnerKey {
  const { node, epoch, claimId } = objectIn(kv);
  const partition = kv.key.slice(keys.owners.length) as PartitionId;
  if (typeof node !== 'string' || typeof claimId !== 'string') throw malformed(kv);
  const token = { epoch: safe(epoch, kv), revision: kv.createRevision, claimId };
  return { partition, node: node as NodeId, token };
}

/** The value of a member key. */
export function memberText(member: Member): string {
  return JSON.stringify(member);
}

/** The member whose key this is. Throws `record-malformed`. */
export function memberOf(keys: Keys, kv: KeyValue): Member {
  const { node, region, address, version, isDraining, unfitFor } = objectIn(kv);
  if (
    typeof node !== 'string' ||
    kv.key !== keys.member(node as NodeId) ||
    typeof region !== 'string' ||
    typeof address !== 'string' ||
    typeof version !== 'string' ||
    typeof isDraining !== 'boolean' ||
    !isTexts(unfitFor)
  ) {
    throw malformed(kv);
  }
  return { node: node as NodeId, region, address, version, isDraining, unfitFor };
}

/** The number in the epoch key. Throws `record-malformed`. */
export function epochOf(kv: KeyValue): number {
  return safe(kv.value === '' ? undefined : Number(kv.value), kv);
}

/** A revision, which etcd gives as text. Tokens are compared as doubles, so one beyond their exactness ends here. */
export function revisionOf(text: string): number {
  const revision = Number(text);
  assert(Number.isSafeInteger(revision), 'revisions of etcd stay below 2^53');
  return revision;
}

/** The JSON object in a key. Throws `record-malformed`. */
export function objectIn(kv: Pick<KeyValue, 'key' | 'value'>): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(kv.value);
  } catch {
    // told below, as any other text that is no object
  }
  if (!isJsonObject(parsed)) throw malformed(kv);
  return parsed;
}

/** What is wrong with a key whose value has another shape than we write. */
export function malformed({ key, value }: Pick<KeyValue, 'key' | 'value'>): LutraError {
  return new LutraError(
    'record-malformed',
    `the key ${key} of etcd holds ${JSON.stringify(value)}, which is not of Lutra's making: delete it`,
  );
}

function safe(value: unknown, kv: KeyValue): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw malformed(kv);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
