/** Processes that compete for two partitions of one store, in memory. */
import {
  createMemoryClusterState,
  createMemoryCoordinationState,
  MemoryCoordination,
} from '../../src/adapters/memory/coordination.ts';
import type { MemoryCoordinationState } from '../../src/adapters/memory/coordination.ts';
import type { MemoryState } from '../../src/adapters/memory/state.ts';
import { createMemoryState } from '../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import type { FencingToken, NodeId, PartitionId } from '../../src/domain/ids.ts';
import { partitionId } from '../../src/domain/partition/partition-of.ts';
import type { Membership } from '../../src/ownership/membership.ts';
import { runOwnership } from '../../src/ownership/run.ts';
import type { OwnershipEnd } from '../../src/ownership/run.ts';
import type { ServeTerm } from '../../src/ownership/terms.ts';
import type { LutraEvent } from '../../src/ports/observe.ts';
import type { OwnerTerm, TermEnd } from '../../src/ports/owner-term.ts';
import { FakeClock } from './fake-clock.ts';
import { FaultyCoordination } from './faulty-coordination.ts';
import { FaultyStore } from './faulty-store.ts';
import { seededRandom } from './random.ts';
import { START } from './world.ts';

export const READ_MS = 2_000;
export const FIRST = partitionId('home', 0);
export const SECOND = partitionId('home', 1);
export const PARTITIONS = [FIRST, SECOND];
const STOPPED: TermEnd = { kind: 'stopped' };

/** Serves until the term is over. */
export const untilOver: ServeTerm = (term) =>
  new Promise((resolve) => {
    term.signal.addEventListener('abort', () => {
      resolve(STOPPED);
    });
  });

/** Serves, whatever the term says, until it is told to finish. */
export class Held {
  readonly #finished: Promise<TermEnd>;
  #settle: { resolve(end: TermEnd): void; reject(error: Error): void } | undefined;

  constructor() {
    this.#finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  readonly serve: ServeTerm = () => this.#finished;

  finish(): void {
    this.#settle?.resolve(STOPPED);
  }

  fail(error: Error): void {
    this.#settle?.reject(error);
  }
}

/** One process. */
export interface Node {
  readonly coordination: FaultyCoordination;
  readonly store: FaultyStore;
  readonly membership: Membership | undefined;
  readonly events: LutraEvent[];
  /** Every term so far, in the order in which they were served. */
  readonly terms: OwnerTerm[];
  readonly ended: Promise<OwnershipEnd>;
  /** Asks it to stop. */
  stop(): void;
  told<Name extends LutraEvent['event']>(name: Name): Extract<LutraEvent, { event: Name }>[];
  /** The partitions whose terms have not ended. */
  live(): readonly PartitionId[];
}

export const TTL_MS = 5_000;
const GRACE_MS = 60_000;

export class Nodes {
  readonly clock = new FakeClock(START);
  readonly shared: MemoryCoordinationState;
  readonly #whenSessionEnds: 'rejoin' | 'leave';
  readonly state: MemoryState;

  /** Room for one node, as where it is embedded, or for many, as in a cluster. */
  constructor(room: 'one' | 'many' = 'one', layout = { regions: ['home'], count: 2 }) {
    const { clock } = this;
    this.state = createMemoryState({ identity: 'memory', layout });
    this.#whenSessionEnds = room === 'one' ? 'leave' : 'rejoin';
    this.shared =
      room === 'one'
        ? createMemoryCoordinationState()
        : createMemoryClusterState({ clock, ttlMs: TTL_MS, graceMs: GRACE_MS });
  }

  /** Makes another node hold the key of a partition, as if it had won it. */
  giveTo(name: string, partition: PartitionId, token: FencingToken): void {
    const value = { partition, node: name as NodeId, token };
    this.shared.leases.set(name, Number.POSITIVE_INFINITY);
    this.shared.owners.set(partition, { value, lease: name });
  }

  /** Starts one process and lets it come to rest. `prepare` may make its surroundings faulty before it begins. */
  async start(
    options: {
      readonly name?: string;
      readonly region?: string;
      readonly serve?: ServeTerm;
      readonly prepare?: (node: Pick<Node, 'coordination' | 'store'>) => void;
    } = {},
  ): Promise<Node> {
    const { name = 'one', region = 'home', serve = untilOver } = options;
    let membership: Membership | undefined;
    const { clock } = this;
    const stopping = new AbortController();
    const events: LutraEvent[] = [];
    const terms: OwnerTerm[] = [];
    const coordination = new FaultyCoordination(new MemoryCoordination(this.shared));
    const store = new FaultyStore(new MemoryStore(this.state, clock));
    options.prepare?.({ coordination, store });
    const observe = (event: LutraEvent): void => void events.push(event);
    const ended = runOwnership(
      { clock, coordination, store, observe, random: seededRandom(name.length) },
      {
        member: {
          ...{ node: name as NodeId, region, address: `http://${name}`, version: '1' },
          ...{ isDraining: false, unfitFor: [] },
        },
        readIntervalMs: READ_MS,
        whenSessionEnds: this.#whenSessionEnds,
        handOverMax: 1,
      },
      {
        serve: (term) => {
          terms.push(term);
          return serve(term);
        },
        signal: stopping.signal,
        onMembership: (own) => (membership = own),
      },
    );
    ended.catch(() => undefined); // tests await it when they are ready for it
    await clock.advance(0);
    return {
      ...{ coordination, store, membership, events, terms, ended },
      stop: () => {
        stopping.abort();
      },
      told: (name) => events.filter((event) => event.event === name) as never, // by its name
      live: () => terms.filter(({ signal }) => !signal.aborted).map(({ partition }) => partition),
    };
  }
}
