/**
 * Where everything is kept.
 *
 * All keys of a partition carry its hash tag, so that a partition lies in one slot of a Redis Cluster and
 * one script can change it. Lists of tenants lie in slots of their own.
 */
import type { GroupId, PartitionId, TenantId } from '../../domain/ids.ts';

/** The hash that says which store this is. */
export const STORE_KEY = '{lutra}:store';
/** Holds nothing: here it is tried what we are allowed to do. */
export const PROBE_KEY = '{lutra}:probe';

/** The keys of one partition. */
export interface PartitionKeys {
  /** Hash: the store's identity, the token of the owner, and the server that answered its `acquire`. */
  readonly fence: string;
  /** Sorted set: `groupId/policyId` by dueAt. */
  readonly due: string;
  /** Sorted set: group id by checkAt. */
  readonly divergent: string;
  /** Sorted set: group id, all at 0. */
  readonly groups: string;
  /** Hash: group id to what is left of a group that was removed. */
  readonly tombstones: string;
  /** Sorted set: group id by when it was removed. */
  readonly buried: string;
  /** The channel of the partition's wakes. */
  readonly wakes: string;
  /** Hash: the group's fields, and the store's own of it (`isReserved`). */
  readonly group: (id: GroupId) => string;
  /** List: the group's events, each after its instant, the oldest first. */
  readonly history: (id: GroupId) => string;
}

/** The keys of the partition. */
export function keysOf(partition: PartitionId): PartitionKeys {
  const tag = `{${partition}}`;
  return {
    fence: `${tag}:fence`,
    due: `${tag}:due`,
    divergent: `${tag}:divergent`,
    groups: `${tag}:groups`,
    tombstones: `${tag}:tombstones`,
    buried: `${tag}:buried`,
    wakes: `${tag}:wakes`,
    group: (id) => `${tag}:group:${id}`,
    history: (id) => `${tag}:history:${id}`,
  };
}

/** Sorted set: the ids of the tenant's listed groups, all at 0. */
export function tenantKey(tenantId: TenantId): string {
  return `{tenant:${tenantId}}:listed`;
}

/** Hash: the ids of groups whose places on that list are claimed, and by whom since when. */
export function claimsKey(tenantId: TenantId): string {
  return `{tenant:${tenantId}}:claims`;
}

/** Whether a field of a group's hash is the store's own; `scripts/guard.lua` says what each holds. */
export function isReserved(field: string): boolean {
  return field.startsWith('~');
}
