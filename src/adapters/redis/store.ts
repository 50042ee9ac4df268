import { assert } from '../../base/assert.ts';
import { LutraError } from '../../base/errors.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { RecordedEvent } from '../../domain/history/event.ts';
import type { FencingToken, GroupId, PartitionId, TenantId } from '../../domain/ids.ts';
import { allPartitions, partitionOf } from '../../domain/partition/partition-of.ts';
import type { PartitionLayout } from '../../domain/partition/partition-of.ts';
import { ABSENT, NOT_AN_OWNER } from '../../ports/store.ts';
import type {
  CommitResult,
  DivergentList,
  DueList,
  Fenced,
  HistoryRequest,
  ListedGroup,
  LockRequest,
  LockResult,
  PageRequest,
  RenewResult,
  SettleRequest,
  SettleResult,
  Store,
  StoredGroup,
  Unit,
  Wake,
} from '../../ports/store.ts';
import { commitBatch } from './commit.ts';
import type { BatchAnswer } from './commit.ts';
import type { RedisConnection } from './connection.ts';
import { acquireFence } from './fence.ts';
import type { OwnerProof, Restart, ServerChanged } from './fence.ts';
import { readHistory } from './history.ts';
import type { StoreIdentity } from './init.ts';
import { lockGroup, renewLock, settleGroup } from './lock.ts';
import { readDivergent, readDue } from './loops.ts';
import { placeNewGroups } from './places.ts';
import type { CountElsewhere } from './places.ts';
import { readGroups } from './reads.ts';
import type { FoundGroups } from './reads.ts';
import { Restarts } from './restarts.ts';
import { countListed, leftBehind, readListed, unlist } from './tenants.ts';
import type { Entry } from './tenants.ts';

/**
 * The store on Redis. Every call is one script, whose clock is the server's; only making or dropping a group
 * takes more, for the list of its tenant. Closing the store closes its connections.
 *
 * Besides what every store promises, a write with a token rejects with `store-changed` where another server
 * answers than the one on which the partition was acquired: its owner has to make sure that it still owns
 * the partition, and acquire it anew. Nothing was applied then.
 */
export class RedisStore implements Store {
  readonly identity: string;
  readonly layout: PartitionLayout;
  readonly #connection: RedisConnection;
  readonly #countElsewhere: CountElsewhere | undefined;
  readonly #restarts: Restarts;

  /** `countElsewhere` is given where tenants have groups in other stores, too. */
  constructor(
    connection: RedisConnection,
    parts: StoreIdentity & { readonly countElsewhere?: CountElsewhere },
  ) {
    this.identity = parts.identity;
    this.layout = parts.layout;
    this.#countElsewhere = parts.countElsewhere;
    this.#connection = connection;
    this.#restarts = new Restarts(connection.send);
  }

  async acquire(
    partition: PartitionId,
    token: FencingToken,
  ): Promise<{ readonly kind: 'acquired' } | Fenced> {
    const { runReplicated, kind } = this.#connection;
    const result = await acquireFence(runReplicated, this.identity, { partition, token });
    if (result.kind === 'fenced') return result;
    // Sentinels lead to another server on purpose, and in a cluster it cannot be said which one is asked: there
    // no server is taken to lose nothing.
    if (kind === 'single') await this.#restarts.learn(result.server);
    return { kind: 'acquired' };
  }

  due(partition: PartitionId, limit: number): Promise<DueList> {
    return readDue(this.#connection.run, this.identity, { partition, limit });
  }

  async commit(
    partition: PartitionId,
    token: FencingToken | typeof NOT_AN_OWNER,
    units: readonly Unit[],
  ): Promise<CommitResult> {
    this.#assertBatch(partition, units);
    const { run } = this.#connection;
    const { added, refused } = await placeNewGroups(run, units, this.#countElsewhere);
    const sent = units.filter((unit) => !refused.has(unit));
    const answer = await this.#commitAs(partition, token, sent);
    const outcomes = answer.kind === 'answered' ? answer.outcomes : [];
    const { surely, perhaps } = leftBehind(sent, outcomes, added);
    await unlist(this.#connection.send, [...surely, ...(await this.#withoutGroup(perhaps))]);
    if (answer.kind === 'fenced') return answer;
    const { kind, at } = answer;
    const inOrder = outcomes.values();
    const results = units.map((unit) => {
      const refusal = refused.get(unit);
      if (refusal !== undefined) return refusal;
      const { value: outcome } = inOrder.next();
      assert(outcome !== undefined, 'every unit that was sent has an outcome');
      return outcome === 'applied' || outcome === 'repeated' ? 'committed' : outcome;
    });
    return { kind, at, results };
  }

  divergent(partition: PartitionId, limit: number): Promise<DivergentList> {
    return readDivergent(this.#connection.run, this.identity, { partition, limit });
  }

  async lock(
    partition: PartitionId,
    token: FencingToken,
    request: LockRequest,
  ): Promise<LockResult> {
    this.#assertInside(partition, request.groupId);
    // What follows a lock is a provider's to see, so it must not be lost with a server.
    return this.#asOwner(token, partition, (proof) =>
      lockGroup(this.#connection.runReplicated, this.identity, { partition, proof, request }),
    );
  }

  async renew(
    partition: PartitionId,
    token: FencingToken,
    request: LockRequest,
  ): Promise<RenewResult> {
    this.#assertInside(partition, request.groupId);
    // As at the lock: an order follows from the state that this answers, and that may be newer than the lock.
    return this.#asOwner(token, partition, (proof) =>
      renewLock(this.#connection.runReplicated, this.identity, { partition, proof, request }),
    );
  }

  async settle(
    partition: PartitionId,
    token: FencingToken,
    request: SettleRequest,
  ): Promise<SettleResult> {
    this.#assertInside(partition, request.groupId);
    return this.#asOwner(token, partition, (proof) =>
      settleGroup(this.#connection.run, this.identity, { partition, proof, request }),
    );
  }

  async group(
    groupId: GroupId,
  ): Promise<{ readonly now: EpochMs; readonly group: StoredGroup | undefined }> {
    const { now, found } = await this.#readNamed(this.#partitionOf(groupId), [groupId], 'all');
    return { now, group: found[0]?.group };
  }

  async groups(
    tenantId: TenantId,
    { after, limit }: PageRequest<string>,
  ): Promise<{ readonly now: EpochMs; readonly groups: readonly ListedGroup[] }> {
    const groups: ListedGroup[] = [];
    let { now } = await this.#readNamed(this.#partitionOf(undefined), [], 'summary');
    // A page is short only where it is the last: entries without a group do not count.
    for (let from = after; groups.length < limit;) {
      const wanted = limit - groups.length;
      const ids = await readListed(this.#connection.send, tenantId, { after: from, limit: wanted });
      if (ids.length === 0) break;
      const read = await this.#readListedGroups(tenantId, ids);
      now = read.now ?? now;
      groups.push(...read.groups);
      from = ids.at(-1);
    }
    return { now, groups };
  }

  countGroups(tenantId: TenantId): Promise<number> {
    return countListed(this.#connection.send, tenantId);
  }

  async walk(
    partition: PartitionId,
    page: PageRequest<GroupId>,
  ): Promise<{ readonly now: EpochMs; readonly groups: readonly StoredGroup[] }> {
    const which = { kind: 'walk', page } as const;
    const read = { partition, fields: 'all', which } as const;
    const { now, found } = await readGroups(this.#connection.run, this.identity, read);
    return { now, groups: found.map(({ group }) => group) };
  }

  history(groupId: GroupId, request: HistoryRequest): Promise<readonly RecordedEvent[]> {
    const partition = this.#partitionOf(groupId);
    return readHistory(this.#connection.run, this.identity, { partition, groupId, request });
  }

  subscribe(partition: PartitionId, onWake: (wake: Wake) => void): () => void {
    return this.#connection.wakes.add(partition, onWake);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #commitAs(
    partition: PartitionId,
    token: FencingToken | typeof NOT_AN_OWNER,
    units: readonly Unit[],
  ): Promise<BatchAnswer | Fenced> {
    const { run, runReplicated } = this.#connection;
    if (token !== NOT_AN_OWNER) {
      return this.#asOwner(token, partition, (proof) =>
        commitBatch(run, this.identity, { partition, units, proof }),
      );
    }
    // A success is told to somebody outside, so it must not be lost with a server.
    const batch = { partition, units, proof: undefined };
    const answer = await commitBatch(runReplicated, this.identity, batch);
    assert(answer.kind !== 'changed', 'only the writes of an owner depend on the server');
    return answer;
  }

  /** Writes with the token; once more where the server turns out to have been restarted without a loss. */
  async #asOwner<Result extends { readonly kind: string }>(
    token: FencingToken,
    partition: PartitionId,
    write: (proof: OwnerProof) => Promise<Result | ServerChanged>,
  ): Promise<Result> {
    const result = await write({ token, restart: undefined });
    if (!isChanged(result)) return result;
    const restart = await this.#restarts.excuse(result);
    const again = restart && (await write({ token, restart }));
    if (again !== undefined && !isChanged(again)) return again;
    throw changed(partition, again ?? result);
  }

  #assertBatch(partition: PartitionId, units: readonly Unit[]): void {
    const groupIds = new Set(units.map(({ groupId }) => groupId));
    assert(groupIds.size === units.length, 'a batch holds one unit per group');
    for (const { groupId, remove, expectVersion } of units) {
      this.#assertInside(partition, groupId);
      assert(typeof remove !== 'string' || expectVersion !== ABSENT, 'what is removed was there');
    }
  }

  #assertInside(partition: PartitionId, groupId: GroupId): void {
    assert(
      partitionOf(groupId, this.layout) === partition,
      `group ${groupId} is written in its own partition, not in ${partition}`,
    );
  }

  /** Where the group is; any partition will do where it cannot be anywhere. */
  #partitionOf(groupId: GroupId | undefined): PartitionId {
    const [first] = allPartitions(this.layout);
    assert(first !== undefined, 'a store has partitions');
    return (groupId && partitionOf(groupId, this.layout)) ?? first;
  }

  #readNamed(
    partition: PartitionId,
    ids: readonly GroupId[],
    fields: 'all' | 'summary',
  ): Promise<FoundGroups> {
    const which = { kind: 'named', ids } as const;
    return readGroups(this.#connection.run, this.identity, { partition, fields, which });
  }

  /** Those of the groups that are there and on the tenant's list, in the same order. */
  async #readListedGroups(
    tenantId: TenantId,
    ids: readonly GroupId[],
  ): Promise<{ readonly now: EpochMs | undefined; readonly groups: readonly ListedGroup[] }> {
    const partitions = [...new Set(ids.map((id) => this.#partitionOf(id)))];
    const reads = await Promise.all(
      partitions.map((partition) => {
        const inside = ids.filter((id) => this.#partitionOf(id) === partition);
        return this.#readNamed(partition, inside, 'summary');
      }),
    );
    const found = reads
      .flatMap((read) => read.found)
      .filter(({ group, isListed }) => isListed && group.tenantId === tenantId)
      .map(({ group: { groupId, fields } }) => [groupId, { groupId, fields }] as const);
    const byId = new Map(found);
    return { now: reads[0]?.now, groups: ids.flatMap((id) => byId.get(id) ?? []) };
  }

  /** Those of the entries whose group is not there, or not listed. */
  async #withoutGroup(entries: readonly Entry[]): Promise<readonly Entry[]> {
    const reads = await Promise.all(
      entries.map(({ tenantId, groupId }) => this.#readListedGroups(tenantId, [groupId])),
    );
    return entries.filter((_, index) => reads[index]?.groups.length === 0);
  }
}

function isChanged(result: { readonly kind: string }): result is ServerChanged {
  return result.kind === 'changed';
}

function changed(partition: PartitionId, { from, to }: Restart): LutraError {
  return new LutraError(
    'store-changed',
    `partition ${partition} was acquired on server ${from}, and ${to} answers now`,
  );
}
