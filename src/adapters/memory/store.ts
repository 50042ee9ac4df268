import { assert } from '../../base/assert.ts';
import type { Clock, EpochMs } from '../../base/clock.ts';
import { LutraError } from '../../base/errors.ts';
import {
  DECISION_FIELDS,
  definitionField,
  progressField,
  SUMMARY_FIELDS,
} from '../../domain/group/fields.ts';
import type { RecordedEvent } from '../../domain/history/event.ts';
import { mayAcquire } from '../../domain/ids.ts';
import type { FencingToken, GroupId, PartitionId, PolicyId, TenantId } from '../../domain/ids.ts';
import { partitionOf } from '../../domain/partition/partition-of.ts';
import type { PartitionLayout } from '../../domain/partition/partition-of.ts';
import { ABSENT, NOT_AN_OWNER } from '../../ports/store.ts';
import type {
  CommitResult,
  DivergentList,
  DueGroup,
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
import { applyUnit, assertStorable } from './commit.ts';
import { lockGroup, pickFields, renewLock, settleGroup } from './lock.ts';
import { fenceOf, recordedEvent, refusalOf } from './state.ts';
import type { MemoryGroup, MemoryState } from './state.ts';

interface DueEntry {
  readonly group: MemoryGroup;
  readonly policyId: PolicyId;
  readonly dueAt: EpochMs;
}

/** The store in maps, for tests and simulation: clear before fast, and as strict as any other. */
export class MemoryStore implements Store {
  readonly identity: string;
  readonly layout: PartitionLayout;
  readonly #state: MemoryState;
  readonly #clock: Pick<Clock, 'now'>;
  #isClosed = false;

  /** A connection to `state`; `clock` is the store's own clock, the same for all connections. */
  constructor(state: MemoryState, clock: Pick<Clock, 'now'>) {
    this.identity = state.identity;
    this.layout = state.layout;
    this.#state = state;
    this.#clock = clock;
  }

  acquire(
    partition: PartitionId,
    token: FencingToken,
  ): Promise<{ readonly kind: 'acquired' } | Fenced> {
    return this.#answer(() => {
      const newest = fenceOf(this.#state, partition);
      if (!mayAcquire(token, newest)) return { kind: 'fenced', newest };
      this.#state.fences.set(partition, { identity: this.identity, token });
      return { kind: 'acquired' };
    });
  }

  due(partition: PartitionId, limit: number): Promise<DueList> {
    return this.#answer((now) => {
      const armed = this.#armed(partition);
      const due = armed.filter(({ dueAt }) => dueAt <= now).slice(0, limit);
      return {
        now,
        groups: groupedByGroup(due),
        policyCount: due.length,
        nextAt: armed.find(({ dueAt }) => dueAt > now)?.dueAt,
      };
    });
  }

  commit(
    partition: PartitionId,
    token: FencingToken | typeof NOT_AN_OWNER,
    units: readonly Unit[],
  ): Promise<CommitResult> {
    return this.#answer((now) => {
      const isOwner = token !== NOT_AN_OWNER;
      const fenced = isOwner
        ? refusalOf(this.#state, partition, token)
        : void fenceOf(this.#state, partition);
      if (fenced !== undefined) return fenced;
      assert(
        new Set(units.map(({ groupId }) => groupId)).size === units.length,
        'a batch holds one unit per group',
      );
      for (const unit of units) {
        this.#assertInside(partition, unit.groupId);
        assert(
          typeof unit.remove !== 'string' || unit.expectVersion !== ABSENT,
          'what is removed was there',
        );
        assertStorable(unit);
      }
      const nextDueAt = this.#armed(partition).find(({ dueAt }) => dueAt > now)?.dueAt;
      const context = { state: this.#state, partition, isOwner, now };
      const results = units.map((unit) => applyUnit(unit, context));
      this.#wakeAfter(
        partition,
        units.filter((_, index) => results[index] === 'committed'),
        nextDueAt,
      );
      return { kind: 'answered', at: now, results };
    });
  }

  divergent(partition: PartitionId, limit: number): Promise<DivergentList> {
    return this.#answer((now) => {
      const all = this.#inside(partition)
        .flatMap(({ groupId, tenantId, generation, divergentAt: checkAt, fields }) =>
          checkAt === undefined
            ? []
            : [{ groupId, tenantId, generation, launch: fields.get('launch'), checkAt }],
        )
        .sort((a, b) => a.checkAt - b.checkAt || ascending(a.groupId, b.groupId));
      return {
        now,
        groups: all.filter(({ checkAt }) => checkAt <= now).slice(0, limit),
        nextAt: all.find(({ checkAt }) => checkAt > now)?.checkAt,
      };
    });
  }

  lock(partition: PartitionId, token: FencingToken, request: LockRequest): Promise<LockResult> {
    return this.#asOwner(partition, token, (now) =>
      lockGroup(this.#groupInside(partition, request.groupId), request, now),
    );
  }

  renew(partition: PartitionId, token: FencingToken, request: LockRequest): Promise<RenewResult> {
    return this.#asOwner(partition, token, (now) =>
      renewLock(this.#groupInside(partition, request.groupId), request, now),
    );
  }

  settle(
    partition: PartitionId,
    token: FencingToken,
    request: SettleRequest,
  ): Promise<SettleResult> {
    return this.#asOwner(partition, token, (now) =>
      settleGroup(this.#groupInside(partition, request.groupId), request, now),
    );
  }

  group(
    groupId: GroupId,
  ): Promise<{ readonly now: EpochMs; readonly group: StoredGroup | undefined }> {
    return this.#answer((now) => {
      const group = this.#state.groups.get(groupId);
      return { now, group: group && storedGroup(group) };
    });
  }

  groups(
    tenantId: TenantId,
    page: PageRequest<string>,
  ): Promise<{ readonly now: EpochMs; readonly groups: readonly ListedGroup[] }> {
    return this.#answer((now) => ({
      now,
      groups: pageOf(this.#listed(tenantId), page).map((group) => ({
        groupId: group.groupId,
        fields: pickFields(group, SUMMARY_FIELDS),
      })),
    }));
  }

  countGroups(tenantId: TenantId): Promise<number> {
    return this.#answer(() => this.#listed(tenantId).length);
  }

  walk(
    partition: PartitionId,
    page: PageRequest<GroupId>,
  ): Promise<{ readonly now: EpochMs; readonly groups: readonly StoredGroup[] }> {
    return this.#answer((now) => ({
      now,
      groups: pageOf(this.#inside(partition), page).map(storedGroup),
    }));
  }

  history(groupId: GroupId, request: HistoryRequest): Promise<readonly RecordedEvent[]> {
    return this.#answer(() => {
      const { from, order, limit } = request;
      const events = this.#state.groups.get(groupId)?.events ?? [];
      const ordered = order === 'oldest-first' ? events : events.toReversed();
      return ordered
        .filter(
          ({ sequence }) =>
            from === undefined || (order === 'oldest-first' ? sequence > from : sequence < from),
        )
        .slice(0, limit)
        .map(recordedEvent);
    });
  }

  subscribe(partition: PartitionId, onWake: (wake: Wake) => void): () => void {
    return this.#state.wakes.add(partition, onWake);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  /** Runs `work` at once, as one step that nothing comes between; what it throws rejects. */
  #answer<Result>(work: (now: EpochMs) => Result): Promise<Result> {
    return new Promise((resolve) => {
      if (this.#isClosed) {
        throw new LutraError('store-unavailable', 'the store in memory is closed');
      }
      resolve(work(this.#clock.now()));
    });
  }

  #asOwner<Result>(
    partition: PartitionId,
    token: FencingToken,
    work: (now: EpochMs) => Result,
  ): Promise<Result | Fenced> {
    return this.#answer((now) => refusalOf(this.#state, partition, token) ?? work(now));
  }

  #groupInside(partition: PartitionId, groupId: GroupId): MemoryGroup | undefined {
    this.#assertInside(partition, groupId);
    return this.#state.groups.get(groupId);
  }

  #assertInside(partition: PartitionId, groupId: GroupId): void {
    assert(
      partitionOf(groupId, this.layout) === partition,
      `group ${groupId} is written in its own partition, not in ${partition}`,
    );
  }

  #inside(partition: PartitionId): readonly MemoryGroup[] {
    return [...this.#state.groups.values()].filter((group) => group.partition === partition);
  }

  #listed(tenantId: TenantId): readonly MemoryGroup[] {
    return [...this.#state.groups.values()].filter(
      (group) => group.tenantId === tenantId && group.isListed,
    );
  }

  /** All armed policies of the partition, the earliest first. */
  #armed(partition: PartitionId): readonly DueEntry[] {
    return this.#inside(partition)
      .flatMap((group) => [...group.due].map(([policyId, dueAt]) => ({ group, policyId, dueAt })))
      .sort(
        (a, b) =>
          a.dueAt - b.dueAt ||
          ascending(a.group.groupId, b.group.groupId) ||
          ascending(a.policyId, b.policyId),
      );
  }

  /** `nextDueAt` is when, before the commit, the next policy was to become due. */
  #wakeAfter(
    partition: PartitionId,
    committed: readonly Unit[],
    nextDueAt: EpochMs | undefined,
  ): void {
    const isEarlier = committed.some(({ due }) =>
      due.some(({ dueAt }) => dueAt !== undefined && dueAt < (nextDueAt ?? Infinity)),
    );
    if (isEarlier) this.#state.wakes.tell(partition, 'due');
    if (committed.some(({ divergence }) => divergence === 'mark')) {
      this.#state.wakes.tell(partition, 'divergent');
    }
  }
}

function groupedByGroup(entries: readonly DueEntry[]): readonly DueGroup[] {
  const groups = [...new Set(entries.map(({ group }) => group))];
  return groups.map((group) => ({
    groupId: group.groupId,
    tenantId: group.tenantId,
    version: group.version,
    fields: pickFields(group, DECISION_FIELDS),
    policies: entries
      .filter((entry) => entry.group === group)
      .map(({ policyId, dueAt }) => ({
        policyId,
        dueAt,
        definition: group.fields.get(definitionField(policyId)),
        progress: group.fields.get(progressField(policyId)),
      })),
  }));
}

/** The group as readers get it: a copy, with all fields. */
function storedGroup(group: MemoryGroup): StoredGroup {
  const { groupId, tenantId, version, generation, divergentAt, fields, due } = group;
  return {
    ...{ groupId, tenantId, version, generation },
    isDivergent: divergentAt !== undefined,
    fields: Object.fromEntries(fields),
    due: new Map(due),
  };
}

function pageOf(groups: readonly MemoryGroup[], page: PageRequest<string>): readonly MemoryGroup[] {
  const { after, limit } = page;
  return groups
    .filter(({ groupId }) => after === undefined || groupId > after)
    .sort((a, b) => ascending(a.groupId, b.groupId))
    .slice(0, limit);
}

function ascending(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
