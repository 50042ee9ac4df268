import type { Clock } from '../../base/clock.ts';
import { Listeners } from '../../base/listeners.ts';
import { isSameToken } from '../../domain/ids.ts';
import type { FencingToken, NodeId, PartitionId } from '../../domain/ids.ts';
import type {
  CampaignResult,
  Coordination,
  CoordinationView,
  Member,
  OwnerKey,
  Session,
} from '../../ports/coordination.ts';

/** How long what a node wrote outlives its last renewal. */
export interface MemoryLeases {
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly ttlMs: number;
  /** By how much longer than its session a node's region counts as inhabited. */
  readonly graceMs: number;
}

/** Something under a lease: it is gone when the lease ends. */
interface Leased<Value> {
  readonly value: Value;
  readonly lease: string;
}

/** What several processes would share. */
export interface MemoryCoordinationState {
  /** Undefined where there is room for one node, whose session ends when another takes its place. */
  readonly shared: MemoryLeases | undefined;
  /** Grows with every session and every campaign that is won. */
  revision: number;
  /** Never given back: no session has the name of another, as in etcd. */
  sessionCount: number;
  epoch: number;
  /** When each lease ends, on the monotonic clock. */
  readonly leases: Map<string, number>;
  readonly members: Map<NodeId, Leased<Member>>;
  /** The region of each node that makes it inhabited. */
  readonly homes: Map<NodeId, Leased<string>>;
  /** The nodes that were asked to drain. */
  readonly drains: Map<NodeId, Leased<NodeId>>;
  readonly owners: Map<PartitionId, Leased<OwnerKey>>;
  readonly changes: Listeners<'change', undefined>;
}

/** A place with room for one node, where nobody has been yet. */
export function createMemoryCoordinationState(): MemoryCoordinationState {
  return emptyState(undefined);
}

/** A place with room for many nodes, where nobody has been yet. What they write ends with their leases, as in etcd. */
export function createMemoryClusterState(shared: MemoryLeases): MemoryCoordinationState {
  return emptyState(shared);
}

function emptyState(shared: MemoryLeases | undefined): MemoryCoordinationState {
  return {
    ...{ shared, revision: 0, sessionCount: 0, epoch: 0 },
    ...{ leases: new Map(), members: new Map(), homes: new Map(), owners: new Map() },
    drains: new Map(),
    changes: new Listeners(),
  };
}

/** Coordination in memory. One instance is one process. */
export class MemoryCoordination implements Coordination {
  readonly #state: MemoryCoordinationState;

  constructor(state: MemoryCoordinationState) {
    this.#state = state;
  }

  open(member: Member): Promise<Session> {
    const { shared, members, leases } = this.#state;
    if (shared === undefined) this.#end([...leases.keys()]);
    this.#state.revision += 1;
    this.#state.sessionCount += 1;
    const id = String(this.#state.sessionCount);
    const ttlMs = shared?.ttlMs ?? Number.POSITIVE_INFINITY;
    this.#grant(id, ttlMs);
    this.#grant(homeLeaseOf(id), ttlMs + (shared?.graceMs ?? 0));
    members.set(member.node, { value: member, lease: id });
    this.#settleHome(member, id);
    this.#tell();
    return Promise.resolve({ id, ttlMs });
  }

  renew({ id }: Session): Promise<'renewed' | 'ended'> {
    this.#expire();
    const { shared, leases } = this.#state;
    if (this.#memberOf(id) === undefined) return Promise.resolve('ended');
    if (shared !== undefined) {
      const nowMs = shared.clock.monotonicMs();
      leases.set(id, nowMs + shared.ttlMs);
      leases.set(homeLeaseOf(id), nowMs + shared.ttlMs + shared.graceMs);
    }
    return Promise.resolve('renewed');
  }

  publish({ id }: Session, member: Member): Promise<void> {
    this.#expire();
    if (this.#memberOf(id) !== undefined) {
      this.#state.members.set(member.node, { value: member, lease: id });
      this.#settleHome(member, id);
      this.#tell();
    }
    return Promise.resolve();
  }

  read(): Promise<CoordinationView> {
    this.#expire();
    const { members, owners, homes, drains, epoch } = this.#state;
    return Promise.resolve({
      members: valuesOf(members),
      owners: valuesOf(owners),
      homes: new Set(valuesOf(homes)),
      drains: new Set(valuesOf(drains)),
      epoch,
    });
  }

  campaign(session: Session, partition: PartitionId, claimId: string): Promise<CampaignResult> {
    this.#expire();
    const member = this.#memberOf(session.id);
    if (member === undefined) return Promise.resolve({ kind: 'session-ended' });
    const { owners, epoch } = this.#state;
    const owner = owners.get(partition)?.value;
    // The same claim again is a repeat after a lost answer, and gets that answer.
    if (owner?.token.claimId === claimId) {
      return Promise.resolve({ kind: 'won', token: owner.token });
    }
    if (owner !== undefined) return Promise.resolve({ kind: 'held', owner });
    this.#state.revision += 1;
    const token = { epoch, revision: this.#state.revision, claimId };
    owners.set(partition, {
      value: { partition, node: member.node, token },
      lease: session.id,
    });
    this.#tell();
    return Promise.resolve({ kind: 'won', token });
  }

  resign(partition: PartitionId, token: FencingToken): Promise<void> {
    this.#expire();
    if (this.#holds(partition, token)) {
      this.#state.owners.delete(partition);
      this.#tell();
    }
    return Promise.resolve();
  }

  raiseEpoch(partition: PartitionId, token: FencingToken, beyond: number): Promise<void> {
    this.#expire();
    if (this.#holds(partition, token) && this.#state.epoch <= beyond) {
      this.#state.epoch = beyond + 1;
      this.#tell();
    }
    return Promise.resolve();
  }

  requestDrain(node: NodeId): Promise<boolean> {
    this.#expire();
    const member = this.#state.members.get(node);
    if (member === undefined) return Promise.resolve(false);
    this.#state.drains.set(node, { value: node, lease: member.lease });
    this.#tell();
    return Promise.resolve(true);
  }

  close({ id }: Session): Promise<void> {
    this.#end([id, homeLeaseOf(id)]);
    return Promise.resolve();
  }

  watch(onChange: () => void): () => void {
    return this.#state.changes.add('change', onChange);
  }

  #memberOf(session: string): Member | undefined {
    return [...this.#state.members.values()].find(({ lease }) => lease === session)?.value;
  }

  #holds(partition: PartitionId, token: FencingToken): boolean {
    const owner = this.#state.owners.get(partition)?.value;
    return owner !== undefined && isSameToken(owner.token, token);
  }

  #settleHome({ node, region, isDraining }: Member, session: string): void {
    if (isDraining) this.#state.homes.delete(node);
    else this.#state.homes.set(node, { value: region, lease: homeLeaseOf(session) });
  }

  #grant(lease: string, ttlMs: number): void {
    const { shared, leases } = this.#state;
    leases.set(lease, (shared?.clock.monotonicMs() ?? 0) + ttlMs);
    if (shared !== undefined) void this.#endInTime(lease, shared.clock);
  }

  /** Ends a lease when nobody renews it any more, so that others hear of it at once. */
  async #endInTime(lease: string, clock: MemoryLeases['clock']): Promise<void> {
    const { leases } = this.#state;
    for (let endsAtMs = leases.get(lease); endsAtMs !== undefined; endsAtMs = leases.get(lease)) {
      await clock.sleep(endsAtMs - clock.monotonicMs(), new AbortController().signal);
      this.#expire();
    }
  }

  /** Ends the leases whose time is up, also where the timer of one is late. */
  #expire(): void {
    const { shared, leases } = this.#state;
    if (shared === undefined) return;
    const nowMs = shared.clock.monotonicMs();
    this.#end([...leases].filter(([, endsAtMs]) => endsAtMs <= nowMs).map(([lease]) => lease));
  }

  #end(leases: readonly string[]): void {
    const { members, homes, drains, owners } = this.#state;
    const ended = leases.filter((lease) => this.#state.leases.delete(lease));
    dropLeased(members, ended);
    dropLeased(homes, ended);
    dropLeased(drains, ended);
    dropLeased(owners, ended);
    if (ended.length > 0) this.#tell();
  }

  #tell(): void {
    this.#state.changes.tell('change', undefined);
  }
}

function homeLeaseOf(session: string): string {
  return `${session}/home`;
}

function dropLeased<Key>(kept: Map<Key, Leased<unknown>>, ended: readonly string[]): void {
  for (const [key, { lease }] of kept) if (ended.includes(lease)) kept.delete(key);
}

function valuesOf<Value>(kept: ReadonlyMap<unknown, Leased<Value>>): readonly Value[] {
  return [...kept.values()].map(({ value }) => value);
}
