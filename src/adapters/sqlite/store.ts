import { assert } from '../../base/assert.ts';
import type { Clock, EpochMs } from '../../base/clock.ts';
import { Listeners } from '../../base/listeners.ts';
import type { RecordedEvent } from '../../domain/history/event.ts';
import type { FencingToken, GroupId, PartitionId, TenantId } from '../../domain/ids.ts';
import { partitionOf } from '../../domain/partition/partition-of.ts';
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
  UnitResult,
  Wake,
} from '../../ports/store.ts';
import { unitCommitter } from './commit.ts';
import type { CommitUnit } from './commit.ts';
import { translated } from './errors.ts';
import { fencesOf } from './fence.ts';
import type { Fences } from './fence.ts';
import { fieldsOf } from './fields.ts';
import type { StoreFile } from './file.ts';
import { historiesOf } from './history.ts';
import type { Histories } from './history.ts';
import { locksOf } from './lock.ts';
import type { Locks } from './lock.ts';
import { loopReadsOf } from './loops.ts';
import type { LoopReads } from './loops.ts';
import type { LoggedDatabase } from './open.ts';
import { groupReadsOf } from './reads.ts';
import type { GroupReads } from './reads.ts';
import { SharedWrites } from './shared-writes.ts';
import { transactionsOn } from './transaction.ts';
import type { Transactions } from './transaction.ts';

/**
 * The store in one file. Reads are carried out at once, since SQLite is synchronous, and answered when all that they saw
 * is on the disk. Writes that come together share a transaction, and with it the wait for the disk. Closing the
 * store carries out what was asked for before, and closes its file.
 */
export class SqliteStore implements Store {
  readonly identity: string;
  readonly layout: PartitionLayout;
  readonly #db: LoggedDatabase;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #transactions: Transactions;
  readonly #writes: SharedWrites;
  readonly #fences: Fences;
  readonly #commitUnit: CommitUnit;
  readonly #locks: Locks;
  readonly #loops: LoopReads;
  readonly #groups: GroupReads;
  readonly #histories: Histories;
  readonly #wakes = new Listeners<PartitionId, Wake>();

  /** `clock` is the store's own clock: the one by which things are due and locks end. */
  constructor({ db, identity, layout }: StoreFile, clock: Pick<Clock, 'now'>) {
    this.identity = identity;
    this.layout = layout;
    this.#db = db;
    this.#clock = clock;
    this.#transactions = transactionsOn(db);
    this.#writes = new SharedWrites(this.#transactions, db);
    this.#fences = fencesOf(db, identity);
    const parts = { db, fields: fieldsOf(db), histories: historiesOf(db) };
    this.#commitUnit = unitCommitter(parts);
    this.#locks = locksOf(parts);
    this.#loops = loopReadsOf(db);
    this.#groups = groupReadsOf(db);
    this.#histories = parts.histories;
  }

  acquire(
    partition: PartitionId,
    token: FencingToken,
  ): Promise<{ readonly kind: 'acquired' } | Fenced> {
    return this.#write(`acquiring ${partition}`, () => this.#fences.acquire(partition, token));
  }

  due(partition: PartitionId, limit: number): Promise<DueList> {
    return this.#read(`reading what is due in ${partition}`, (now) =>
      this.#loops.due(partition, limit, now),
    );
  }

  commit(
    partition: PartitionId,
    token: FencingToken | typeof NOT_AN_OWNER,
    units: readonly Unit[],
  ): Promise<CommitResult> {
    const commitUnits = (now: EpochMs): CommitResult => {
      this.#assertBatch(partition, units);
      if (token === NOT_AN_OWNER) {
        this.#fences.assertPresent(partition);
      } else {
        const refusal = this.#fences.refusal(partition, token);
        if (refusal !== undefined) return refusal;
      }
      const isArming = units.some(({ due }) => due.length > 0);
      const nextDueAt = isArming ? this.#loops.nextDueAt(partition, now) : undefined;
      const context = { partition, isOwner: token !== NOT_AN_OWNER, now };
      const results = units.map((unit) => this.#commitUnit(unit, context));
      units.forEach((unit, index) => {
        if (results[index] === 'committed') this.#groups.follow(unit);
      });
      this.#wakeAfter(partition, { units, results, nextDueAt });
      return { kind: 'answered', at: now, results };
    };
    return this.#write(`committing to ${partition}`, commitUnits, rowsOf(units));
  }

  divergent(partition: PartitionId, limit: number): Promise<DivergentList> {
    return this.#read(`reading what is divergent in ${partition}`, (now) =>
      this.#loops.divergent(partition, limit, now),
    );
  }

  lock(partition: PartitionId, token: FencingToken, request: LockRequest): Promise<LockResult> {
    return this.#writeGroup(partition, { token, groupId: request.groupId }, (now) =>
      this.#locks.lock(request, now),
    );
  }

  renew(partition: PartitionId, token: FencingToken, request: LockRequest): Promise<RenewResult> {
    return this.#writeGroup(partition, { token, groupId: request.groupId }, (now) =>
      this.#locks.renew(request, now),
    );
  }

  settle(
    partition: PartitionId,
    token: FencingToken,
    request: SettleRequest,
  ): Promise<SettleResult> {
    return this.#writeGroup(partition, { token, groupId: request.groupId }, (now) =>
      this.#locks.settle(request, now),
    );
  }

  group(
    groupId: GroupId,
  ): Promise<{ readonly now: EpochMs; readonly group: StoredGroup | undefined }> {
    return this.#readOnce(`reading group ${groupId}`, (now) => ({
      now,
      group: this.#groups.group(groupId),
    }));
  }

  groups(
    tenantId: TenantId,
    page: PageRequest<string>,
  ): Promise<{ readonly now: EpochMs; readonly groups: readonly ListedGroup[] }> {
    return this.#read(`reading the groups of tenant ${tenantId}`, (now) => ({
      now,
      groups: this.#groups.ofTenant(tenantId, page),
    }));
  }

  countGroups(tenantId: TenantId): Promise<number> {
    return this.#readOnce(`counting the groups of tenant ${tenantId}`, () =>
      this.#groups.countOfTenant(tenantId),
    );
  }

  walk(
    partition: PartitionId,
    page: PageRequest<GroupId>,
  ): Promise<{ readonly now: EpochMs; readonly groups: readonly StoredGroup[] }> {
    return this.#readOnce(`reading the groups of ${partition}`, (now) => ({
      now,
      groups: this.#groups.ofPartition(partition, page),
    }));
  }

  history(groupId: GroupId, request: HistoryRequest): Promise<readonly RecordedEvent[]> {
    return this.#readOnce(`reading the history of group ${groupId}`, () =>
      this.#histories.page(groupId, request),
    );
  }

  subscribe(partition: PartitionId, onWake: (wake: Wake) => void): () => void {
    return this.#wakes.add(partition, onWake);
  }

  async close(): Promise<void> {
    try {
      await this.#writes.end();
      // Whoever copies the file of a store that was stopped copies all of it.
      this.#db.exec('pragma wal_checkpoint(truncate)');
    } catch (error) {
      throw translated('closing the store', error);
    } finally {
      this.#close();
    }
  }

  #close(): void {
    try {
      this.#db.close();
    } catch (error) {
      throw translated('closing the store', error);
    }
  }

  #read<Result>(doing: string, work: (now: EpochMs) => Result): Promise<Result> {
    return this.#shown(
      settled(doing, () => this.#transactions.read(() => work(this.#clock.now()))),
    );
  }

  /** Work of one statement, which needs no transaction: it is one. */
  #readOnce<Result>(doing: string, work: (now: EpochMs) => Result): Promise<Result> {
    return this.#shown(settled(doing, () => work(this.#clock.now())));
  }

  /** What was just read, when all of it is on the disk: a loss of power takes back nothing that anybody has seen. */
  #shown<Result>(read: Promise<Result>): Promise<Result> {
    const { shownFrom } = this.#writes;
    return shownFrom === undefined ? read : Promise.all([read, shownFrom]).then(([shown]) => shown);
  }

  async #write<Result>(
    doing: string,
    work: (now: EpochMs) => Result,
    rows?: number,
  ): Promise<Result> {
    try {
      // The clock is read inside: waiting for the file's lock may have taken its time.
      return await this.#writes.write(() => work(this.#clock.now()), rows);
    } catch (error) {
      throw translated(doing, error);
    }
  }

  #writeGroup<Result>(
    partition: PartitionId,
    { token, groupId }: { readonly token: FencingToken; readonly groupId: GroupId },
    work: (now: EpochMs) => Result,
  ): Promise<Result | Fenced> {
    return this.#write(`writing group ${groupId}`, (now) => {
      this.#assertInside(partition, groupId);
      return this.#fences.refusal(partition, token) ?? work(now);
    });
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

  /**
   * Wakes the loops of the partition. `nextDueAt` is when, before the commit, the next policy was to
   * become due: what was due already does not count, since a scan may be past it.
   */
  #wakeAfter(
    partition: PartitionId,
    done: {
      readonly units: readonly Unit[];
      readonly results: readonly UnitResult[];
      readonly nextDueAt: EpochMs | undefined;
    },
  ): void {
    if (!this.#wakes.has(partition)) return;
    const { units, results, nextDueAt = Infinity } = done;
    const committed = units.filter((_, index) => results[index] === 'committed');
    const isEarlier = committed.some(({ due }) =>
      due.some(({ dueAt }) => dueAt !== undefined && dueAt < nextDueAt),
    );
    if (isEarlier) this.#wakes.tell(partition, 'due');
    if (committed.some(({ divergence }) => divergence === 'mark')) {
      this.#wakes.tell(partition, 'divergent');
    }
  }
}

/** How many rows units write, about. */
function rowsOf(units: readonly Unit[]): number {
  let count = 0;
  for (const { set, due, events } of units) {
    count += 1 + Object.keys(set).length + due.length + events.length;
  }
  return count;
}

/** Does `work` at once and answers as a promise; what it throws, in our words, rejects. */
function settled<Result>(doing: string, work: () => Result): Promise<Result> {
  return new Promise((resolve) => {
    try {
      resolve(work());
    } catch (error) {
      throw translated(doing, error);
    }
  });
}
