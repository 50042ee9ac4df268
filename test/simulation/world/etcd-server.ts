/** Etcd in a simulated world: leases, revisions and watches, elections, and the loss of its data. */
import {
  createMemoryClusterState,
  MemoryCoordination,
} from '../../../src/adapters/memory/coordination.ts';
import type { MemoryCoordinationState } from '../../../src/adapters/memory/coordination.ts';
import { LutraError } from '../../../src/base/errors.ts';
import type { CalendarRegistry } from '../../../src/ports/calendar-registry.ts';
import type { Coordination } from '../../../src/ports/coordination.ts';
import { CalendarServer } from './calendar-server.ts';
import type { TraceLog } from './trace-log.ts';
import type { VirtualTime } from './time.ts';

interface EtcdServerParts {
  readonly time: VirtualTime;
  readonly log: TraceLog;
  readonly ttlMs: number;
  readonly graceMs: number;
}

/** What a restored copy brings back. */
export type EtcdCopy = Pick<
  MemoryCoordinationState,
  'revision' | 'epoch' | 'members' | 'homes' | 'drains' | 'owners'
> & {
  readonly leases: readonly string[];
  readonly calendars: ReturnType<CalendarServer['copy']>;
};

export class EtcdServer {
  readonly #parts: EtcdServerParts;
  readonly #state: MemoryCoordinationState;
  readonly #coordination: MemoryCoordination;
  readonly #calendars: CalendarServer;
  readonly #watchers = new Set<() => void>();
  /** The key of each partition, as it was told last. */
  readonly #told = new Map<string, string>();
  /** Those that drain, as it was told. */
  readonly #toldDrains = new Set<string>();
  #isUp = true;
  #hasCluster = true;
  /** True milliseconds for which it was away: leases do not run out meanwhile. */
  #awayMs = 0;
  #awaySinceMs = 0;

  constructor(parts: EtcdServerParts) {
    this.#parts = parts;
    const { time, ttlMs, graceMs } = parts;
    const clock = {
      monotonicMs: () => this.#leaseTimeMs(),
      sleep: (ms: number) =>
        new Promise<void>((resolve) => {
          // While it is away no lease gets any nearer to its end.
          time.after(Math.max(ms, this.#isUp ? 1 : 5_000), resolve);
        }),
    };
    this.#calendars = new CalendarServer(parts.log);
    this.#state = createMemoryClusterState({ clock, ttlMs, graceMs });
    this.#coordination = new MemoryCoordination(this.#state);
    this.#coordination.watch(() => {
      this.#tellKeys();
      this.#tellDrains();
      for (const watcher of this.#watchers) watcher();
    });
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Who holds each partition's key. */
  owners(): ReadonlyMap<string, string> {
    return new Map(
      [...this.#state.owners].map(([partition, { value }]) => [partition, value.node]),
    );
  }

  /**
   * Carries one request out. `epochSeen` is the greatest epoch that the asking process has read, if it has: what
   * etcd has lost is given back by such a process, and by no other.
   */
  async ask<Answer>(
    epochSeen: number | undefined,
    carryOut: (coordination: Coordination) => Promise<Answer>,
  ): Promise<Answer> {
    this.#assertUp();
    if (!this.#hasCluster) {
      if (epochSeen === undefined) {
        throw new LutraError('coordination-empty', 'etcd holds no cluster');
      }
      this.#hasCluster = true;
      this.#state.epoch = epochSeen + 1;
    }
    return carryOut(this.#coordination);
  }

  /** The same for the calendars, of which etcd may have lost all. */
  async askCalendars<Answer>(
    carryOut: (registry: CalendarRegistry) => Promise<Answer>,
  ): Promise<Answer> {
    this.#assertUp();
    return this.#calendars.ask(carryOut);
  }

  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  /** No member answers, or there is no leader. */
  stop(): void {
    this.#isUp = false;
    this.#awaySinceMs = this.#parts.time.nowMs;
  }

  /** A new leader gives every lease its whole time anew. */
  start(): void {
    this.#awayMs += this.#parts.time.nowMs - this.#awaySinceMs;
    this.#isUp = true;
    this.#renewAll([...this.#state.leases.keys()]);
  }

  copy(): EtcdCopy {
    const { revision, epoch, members, homes, drains, owners, leases } = this.#state;
    return {
      ...{ revision, epoch, leases: [...leases.keys()], calendars: this.#calendars.copy() },
      ...{ members: new Map(members), homes: new Map(homes) },
      ...{ drains: new Map(drains), owners: new Map(owners) },
    };
  }

  /** All data is gone: another cluster of etcd, whose revisions begin anew. */
  wipe(): void {
    this.#clear();
    this.#hasCluster = false;
    this.#state.revision = 1;
    this.#state.epoch = 0;
    this.#calendars.restore();
    this.#tellKeys();
  }

  restore(copy: EtcdCopy): void {
    this.#clear();
    this.#hasCluster = true;
    this.#state.revision = copy.revision;
    this.#state.epoch = copy.epoch;
    for (const name of ['members', 'homes', 'drains', 'owners'] as const) {
      // The same kind of map on both sides, which the type system cannot follow from a union of names.
      const target = this.#state[name] as Map<unknown, unknown>;
      for (const [key, value] of copy[name]) target.set(key, value);
    }
    this.#renewAll(copy.leases);
    this.#calendars.restore(copy.calendars);
    this.#tellKeys();
  }

  #assertUp(): void {
    if (this.#isUp) return;
    throw new LutraError('coordination-unavailable', 'etcd does not answer: no leader');
  }

  #clear(): void {
    const { members, homes, drains, owners, leases } = this.#state;
    for (const kept of [members, homes, drains, owners, leases]) kept.clear();
  }

  #renewAll(leases: readonly string[]): void {
    const { ttlMs, graceMs } = this.#parts;
    for (const lease of leases) {
      const lastsMs = lease.endsWith('/home') ? ttlMs + graceMs : ttlMs;
      this.#state.leases.set(lease, this.#leaseTimeMs() + lastsMs);
    }
  }

  #leaseTimeMs(): number {
    const now = this.#isUp ? this.#parts.time.nowMs : this.#awaySinceMs;
    return now - this.#awayMs;
  }

  /** Puts into the trace what has changed about owner keys. */
  #tellKeys(): void {
    const { owners } = this.#state;
    for (const partition of new Set([...owners.keys(), ...this.#told.keys()])) {
      const owner = owners.get(partition as never)?.value; // the other keys were partitions once
      const claim = owner?.token.claimId ?? '';
      if ((this.#told.get(partition) ?? '') === claim) continue;
      this.#told.set(partition, claim);
      this.#parts.log.add({
        ...{ kind: 'key.held', partition, process: owner?.node, token: owner?.token },
      });
    }
  }

  #tellDrains(): void {
    for (const { value } of this.#state.members.values()) {
      if (!value.isDraining || this.#toldDrains.has(value.node)) continue;
      this.#toldDrains.add(value.node);
      this.#parts.log.add({ kind: 'member.drains', process: value.node });
    }
  }
}
