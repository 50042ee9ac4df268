/** One store as a server in a simulated world: atomic, with a clock of its own, and as mortal as any. */
import { createMemoryState } from '../../../src/adapters/memory/state.ts';
import type { MemoryGroup, MemoryState } from '../../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../../src/adapters/memory/store.ts';
import { epochMs } from '../../../src/base/clock.ts';
import { LutraError } from '../../../src/base/errors.ts';
import { isSameToken } from '../../../src/domain/ids.ts';
import type { FencingToken, GroupId, PartitionId, PolicyId } from '../../../src/domain/ids.ts';
import type { PartitionLayout } from '../../../src/domain/partition/partition-of.ts';
import { NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type {
  CommitResult,
  LockRequest,
  LockResult,
  RenewResult,
  SettleRequest,
  SettleResult,
  Store,
  Unit,
  Wake,
} from '../../../src/ports/store.ts';
import type { Fact } from '../trace.ts';
import type { MachineClock } from './process.ts';
import { copyOfState, emptyState } from './store-copy.ts';
import type { TraceLog } from './trace-log.ts';

/** A copy of a store's data, and how far it had come. */
export interface StoreCopy {
  readonly state: MemoryState;
  readonly lastChange: number;
  readonly acquiredOn: ReadonlyMap<PartitionId, number>;
}

interface StoreServerParts {
  readonly name: string;
  readonly identity: string;
  readonly layout: PartitionLayout;
  readonly clock: MachineClock;
  readonly log: TraceLog;
}

type OwnerToken = FencingToken | typeof NOT_AN_OWNER;

export class StoreServer {
  readonly name: string;
  readonly clock: MachineClock;
  readonly layout: PartitionLayout;
  readonly identity: string;
  /** Whether it answers at all. */
  isUp = true;
  /** Whether its replica gets what is written; where it does not, what has to wait for it fails. */
  isReplicated = true;
  /** Whether it has its data: not while it is empty, and is yet to be brought back from a copy. */
  isWhole = true;
  readonly #log: TraceLog;
  readonly #listeners = new Map<PartitionId, Set<(wake: Wake) => void>>();
  #state: MemoryState;
  #store: MemoryStore;
  /** Names the running server: another one after each start. */
  #runId = 1;
  #change = 0;
  /** On which server each partition was acquired. */
  #acquiredOn = new Map<PartitionId, number>();

  constructor(parts: StoreServerParts) {
    const { name, identity, layout, clock, log } = parts;
    this.name = name;
    this.clock = clock;
    this.layout = layout;
    this.identity = identity;
    this.#log = log;
    this.#state = createMemoryState({ identity, layout });
    this.#store = this.#open(this.#state);
  }

  /** What is kept now; for those who look at, or have a hand in, the data itself. */
  get groups(): ReadonlyMap<GroupId, MemoryGroup> {
    return this.#state.groups;
  }

  now(): number {
    return this.clock.wallMs();
  }

  /** Reads go to the data as it is. */
  read<Answer>(ask: (store: Store) => Promise<Answer>): Promise<Answer> {
    return ask(this.#store);
  }

  async acquire(
    process: string,
    partition: PartitionId,
    token: FencingToken,
  ): Promise<Awaited<ReturnType<Store['acquire']>>> {
    const result = await this.#store.acquire(partition, token);
    if (result.kind === 'fenced') this.#fenced(process, partition, token);
    else {
      this.#acquiredOn.set(partition, this.#runId);
      this.#changed({ kind: 'store.acquired', token, ...this.#where(process, partition) });
    }
    this.#assertReplicated();
    return result;
  }

  async commit(
    process: string,
    partition: PartitionId,
    work: { readonly token: OwnerToken; readonly units: readonly Unit[] },
  ): Promise<CommitResult> {
    const { token, units } = work;
    this.#assertSameServer(partition, token);
    const before = units.map(({ groupId }) => this.#state.groups.get(groupId)?.version);
    const result = await this.#store.commit(partition, token, units);
    if (result.kind === 'fenced') {
      if (token !== NOT_AN_OWNER) this.#fenced(process, partition, token);
      return result;
    }
    for (const [index, unit] of units.entries()) {
      if (result.results[index] !== 'committed') continue;
      if (this.#isApplied(unit, before[index])) this.#applied(process, partition, { token, unit });
    }
    if (token === NOT_AN_OWNER) this.#assertReplicated();
    return result;
  }

  async lock(
    process: string,
    partition: PartitionId,
    work: { readonly token: FencingToken; readonly request: LockRequest },
  ): Promise<LockResult> {
    const { token, request } = work;
    this.#assertSameServer(partition, token);
    const result = await this.#store.lock(partition, token, request);
    if (result.kind === 'fenced') this.#fenced(process, partition, token);
    if (result.kind === 'locked') this.#held('store.locked', process, partition, work);
    this.#assertReplicated();
    return result;
  }

  async renew(
    process: string,
    partition: PartitionId,
    work: { readonly token: FencingToken; readonly request: LockRequest },
  ): Promise<RenewResult> {
    const { token, request } = work;
    this.#assertSameServer(partition, token);
    const result = await this.#store.renew(partition, token, request);
    if (result.kind === 'fenced') this.#fenced(process, partition, token);
    if (result.kind === 'renewed') this.#held('store.renewed', process, partition, work);
    this.#assertReplicated();
    return result;
  }

  async settle(
    process: string,
    partition: PartitionId,
    work: { readonly token: FencingToken; readonly request: SettleRequest },
  ): Promise<SettleResult> {
    const { token, request } = work;
    this.#assertSameServer(partition, token);
    const result = await this.#store.settle(partition, token, request);
    if (result.kind === 'fenced') this.#fenced(process, partition, token);
    if (result.kind === 'settled') {
      const { groupId, holder, set, events } = request;
      const { isCleared } = result;
      const where = this.#where(process, partition);
      const what = { token, groupId, holder, set, events, isCleared };
      this.#changed({ kind: 'store.settled', ...what, ...where });
    }
    return result;
  }

  subscribe(partition: PartitionId, onWake: (wake: Wake) => void): () => void {
    const listeners = this.#listeners.get(partition) ?? new Set();
    this.#listeners.set(partition, listeners.add(onWake));
    return () => listeners.delete(onWake);
  }

  /** Starts anew after it was down. Without a loss, owners go on as if nothing had been. */
  restart(): void {
    this.#runId += 1;
    for (const partition of this.#acquiredOn.keys()) this.#acquiredOn.set(partition, this.#runId);
    this.isUp = true;
  }

  copy(): StoreCopy {
    const state = copyOfState(this.#state);
    return { state, lastChange: this.#change, acquiredOn: new Map(this.#acquiredOn) };
  }

  /** Another server takes its place, with the data of the copy: what was written since is gone. */
  replaceBy(copy: StoreCopy): void {
    this.#runId += 1;
    this.#state = copyOfState(copy.state);
    this.#store = this.#open(this.#state);
    this.#change = copy.lastChange;
    this.#acquiredOn = new Map(copy.acquiredOn);
    this.isUp = true;
    this.isWhole = true;
    this.#log.add({ kind: 'store.rolled-back', store: this.name, lastChange: copy.lastChange });
  }

  /** It comes back with nothing in it. */
  empty(): void {
    this.#runId += 1;
    this.isWhole = false;
    this.#state = emptyState(this.#state);
    this.#store = this.#open(this.#state);
  }

  /** A hand in the data: overwrites a field of a group. */
  overwrite(groupId: GroupId, name: string, value: string): void {
    this.#state.groups.get(groupId)?.fields.set(name, value);
    this.#touched(groupId, { set: { [name]: value }, due: [] });
  }

  /** The same: forgets what a policy is armed for. */
  disarm(groupId: GroupId, policyId: PolicyId): void {
    this.#state.groups.get(groupId)?.due.delete(policyId);
    this.#touched(groupId, { set: {}, due: [{ policyId, dueAt: undefined }] });
  }

  #touched(groupId: GroupId, change: Pick<Unit, 'set' | 'due'>): void {
    const group = this.#state.groups.get(groupId);
    if (group === undefined) return;
    const { tenantId, version, partition } = group;
    this.#changed({
      ...{ kind: 'store.applied', groupId, tenantId, version, decidedAt: this.now() },
      ...{ token: undefined, remove: [], isMarked: false, events: [], ...change },
      isListed: group.isListed,
      ...this.#where(undefined, partition),
    });
  }

  #open(state: MemoryState): MemoryStore {
    for (const partition of state.fences.keys()) {
      state.wakes.add(partition, (wake) => {
        for (const listener of this.#listeners.get(partition) ?? []) listener(wake);
      });
    }
    return new MemoryStore(state, { now: () => epochMs(this.clock.wallMs()) });
  }

  #assertReplicated(): void {
    if (this.isReplicated) return;
    throw new LutraError('store-unavailable', `store ${this.name}: no replica has the write`);
  }

  /** As the real store does: another server than the one on which the partition was acquired proves nothing. */
  #assertSameServer(partition: PartitionId, token: OwnerToken): void {
    if (token === NOT_AN_OWNER) return;
    const fence = this.#state.fences.get(partition)?.token;
    const isOwner = fence !== undefined && isSameToken(fence, token);
    if (!isOwner || this.#acquiredOn.get(partition) === this.#runId) return;
    throw new LutraError('store-changed', `store ${this.name} is another server now`);
  }

  #isApplied(unit: Unit, before: string | undefined): boolean {
    if (before === unit.commitId) return false;
    if (unit.remove === 'group') return before !== undefined;
    return this.#state.groups.get(unit.groupId)?.version === unit.commitId;
  }

  #applied(
    process: string,
    partition: PartitionId,
    work: { readonly token: OwnerToken; readonly unit: Unit },
  ): void {
    const { groupId, tenantId, commitId: version, decidedAt, set, remove, due } = work.unit;
    const token = work.token === NOT_AN_OWNER ? undefined : work.token;
    const { events, divergence } = work.unit;
    const isMarked = divergence === 'mark';
    const isListed = this.#state.groups.get(groupId)?.isListed ?? false;
    this.#changed({
      ...{ kind: 'store.applied', groupId, tenantId, version, decidedAt, token, set, remove, due },
      ...{ isMarked, isListed, events, ...this.#where(process, partition) },
    });
  }

  #held(
    kind: 'store.locked' | 'store.renewed',
    process: string,
    partition: PartitionId,
    work: { readonly token: FencingToken; readonly request: LockRequest },
  ): void {
    const { groupId, holder } = work.request;
    const until = this.#state.groups.get(groupId)?.lock?.until ?? 0;
    const { token } = work;
    this.#changed({ kind, groupId, holder, until, token, ...this.#where(process, partition) });
  }

  #fenced(process: string, partition: PartitionId, token: FencingToken): void {
    this.#log.add({ kind: 'store.fenced', store: this.name, partition, process, token });
  }

  #where(process: string | undefined, partition: PartitionId): Where {
    const change = this.#change + 1;
    return { store: this.name, change, at: this.now(), partition, process };
  }

  #changed(fact: Fact): void {
    this.#change += 1;
    this.#log.add(fact);
  }
}

interface Where {
  readonly store: string;
  readonly change: number;
  readonly at: number;
  readonly partition: PartitionId;
  readonly process: string | undefined;
}
