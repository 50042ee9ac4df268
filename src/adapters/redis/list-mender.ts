/**
 * Brings the lists of tenants and the groups back in step, where a crash came between the two, or where
 * one server lost what another kept.
 *
 * It touches nothing younger than an hour: what a commit is about to finish is no mistake. The age of a
 * group is in its record; that of an entry is how long this process has seen it without a group, so a
 * restart begins to count anew. Ids are never used again, so an entry cannot be right once more by then.
 */
import { plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { GroupId, PartitionId, TenantId } from '../../domain/ids.ts';
import { partitionOf } from '../../domain/partition/partition-of.ts';
import type { StoredGroup } from '../../ports/store.ts';
import type { RedisConnection } from './connection.ts';
import type { StoreIdentity } from './init.ts';
import { readGroups } from './reads.ts';
import type { FoundGroups } from './reads.ts';
import { list, readListed, unlist } from './tenants.ts';
import type { Entry } from './tenants.ts';

const AGE_MIN_MS = 3_600_000;
/** How much of one list is looked at. */
const LIST_MAX = 10_000;
/** How many entries without a group are watched at a time; others come later. */
const SUSPECTS_MAX = 10_000;

/** What the sweep of an owner does besides its own work. */
export class ListMender {
  readonly #connection: RedisConnection;
  readonly #store: StoreIdentity;
  /** By entry: since when it has been seen without a group. */
  readonly #suspects = new Map<string, EpochMs>();

  constructor(connection: RedisConnection, store: StoreIdentity) {
    this.#connection = connection;
    this.#store = store;
  }

  /** Mends what concerns the tenants of these groups, all of one partition, in that partition. */
  async mend(groups: readonly StoredGroup[]): Promise<void> {
    const [first] = groups;
    const partition = first && partitionOf(first.groupId, this.#store.layout);
    if (partition === undefined) return;
    const read = await this.#read(
      partition,
      groups.map(({ groupId }) => groupId),
    );
    for (const tenantId of new Set(read.found.map(({ group }) => group.tenantId))) {
      await this.#mendList(partition, tenantId, read);
    }
  }

  async #mendList(
    partition: PartitionId,
    tenantId: TenantId,
    { now, found }: FoundGroups,
  ): Promise<void> {
    const { send } = this.#connection;
    const listed = await readListed(send, tenantId, { after: undefined, limit: LIST_MAX });
    const missing = found.filter(
      ({ group, isListed, createdAt }) =>
        group.tenantId === tenantId &&
        isListed &&
        createdAt <= plusMs(now, -AGE_MIN_MS) &&
        !listed.includes(group.groupId),
    );
    // A list that was not read to its end says nothing of what is behind that.
    if (listed.length < LIST_MAX) {
      await list(
        send,
        missing.map(({ group }) => group),
      );
    }
    const here = listed.filter((id) => partitionOf(id, this.#store.layout) === partition);
    await unlist(send, await this.#outlived(partition, tenantId, here));
  }

  /** Those of a list's entries that have been without a group for long enough. */
  async #outlived(
    partition: PartitionId,
    tenantId: TenantId,
    ids: readonly GroupId[],
  ): Promise<readonly Entry[]> {
    const { now, found } = await this.#read(partition, ids);
    const right = new Set(
      found
        .filter(({ group, isListed }) => isListed && group.tenantId === tenantId)
        .map(({ group }) => group.groupId),
    );
    const outlived: Entry[] = [];
    for (const groupId of ids) {
      const key = `${groupId} ${tenantId}`;
      if (right.has(groupId)) {
        this.#suspects.delete(key);
        continue;
      }
      const since = this.#suspects.get(key) ?? now;
      if (since <= plusMs(now, -AGE_MIN_MS)) {
        this.#suspects.delete(key);
        outlived.push({ tenantId, groupId });
      } else if (this.#suspects.size < SUSPECTS_MAX) {
        this.#suspects.set(key, since);
      }
    }
    return outlived;
  }

  #read(partition: PartitionId, ids: readonly GroupId[]): Promise<FoundGroups> {
    const which = { kind: 'named', ids } as const;
    const read = { partition, fields: 'summary', which } as const;
    return readGroups(this.#connection.run, this.#store.identity, read);
  }
}
