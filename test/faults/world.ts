/** What a run is played in: the cluster, what strikes it, and what is written down meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedEvent } from '../../src/domain/history/event.ts';
import { partitionOf } from '../../src/domain/partition/partition-of.ts';
import { seededRandom } from '../support/random.ts';
import { Accounts, desiredOf, storedOf } from './accounts.ts';
import { LAYOUT, lockTtlMs } from './cluster.ts';
import type { FaultCluster } from './cluster.ts';
import type { FaultKind } from './kinds.ts';
import { Latenesses } from './latenesses.ts';
import { Nemesis } from './nemesis.ts';

/** What a run may be told: all is decided here, none is left out. */
export interface Extent {
  readonly seed: number;
  readonly forMs: number;
  readonly times: number;
  readonly everyMs: number | undefined;
  readonly kinds: readonly FaultKind[];
}

/** Between two readings of all histories. */
const READ_EVERY_MS = 20_000;
const CONVERGED_EXTRA_MS = 15_000;
const POLL_MS = 250;
/** In TTLs: one goes by after a change of the members, and then a few partitions move at a time. */
const BALANCED_TTLS = 10;

export class World {
  readonly cluster: FaultCluster;
  readonly extent: Extent;
  readonly nemesis: Nemesis;
  readonly accounts: Accounts;
  readonly latenesses = new Latenesses();
  /** Executions by hand, as they are in the history. */
  readonly executions: RecordedEvent[] = [];
  readonly fraction: () => number;
  readonly startedAt = Date.now();
  /** For people. */
  endsAt: number;
  readonly #stopping = new AbortController();
  #reading: Promise<void> = Promise.resolve();

  constructor(cluster: FaultCluster, extent: Extent) {
    this.cluster = cluster;
    this.extent = extent;
    this.endsAt = this.startedAt + extent.forMs;
    this.nemesis = new Nemesis(cluster);
    const random = seededRandom(extent.seed);
    this.fraction = () => random.fraction();
    this.accounts = new Accounts(cluster.groups, ({ groupId }, recorded) => {
      this.#write(partitionOf(groupId, LAYOUT) ?? '', recorded);
    });
  }

  /**
   * Reads histories again and again until `finish`, so that none grows longer than it is kept. Not where a
   * fail-over may take back what was read.
   */
  keepReading(): void {
    if (this.cluster.plan.hasReplica) return;
    this.#reading = this.#keepReading();
  }

  /** Waits until everything that was planned by now is decided, reads all histories to their ends and judges them. */
  async finish(): Promise<void> {
    this.#stopping.abort();
    await this.#reading;
    const until = Date.now();
    await this.#untilAll((due) => due.every((dueAt) => dueAt > until));
    await this.accounts.read(this.cluster.store, until);
  }

  /** The groups whose last order is not what is desired, when every lock of a lost pass has ended. */
  async unconverged(): Promise<readonly string[]> {
    const { cluster } = this;
    const endsAt = Date.now() + lockTtlMs(cluster.plan.ttlMs) + CONVERGED_EXTRA_MS;
    let left = cluster.groups;
    while (left.length > 0 && Date.now() < endsAt) {
      const still = [];
      for (const group of left) {
        const before = await storedOf(cluster.store, group);
        const actual = cluster.receiver.actualOf(group.name);
        const after = await storedOf(cluster.store, group);
        if (before.version !== after.version || actual !== desiredOf(after)) still.push(group);
      }
      left = still;
      if (left.length > 0) await sleep(POLL_MS);
    }
    return left.map(({ name }) => name);
  }

  /** Waits until all nodes have as many partitions, so that whoever is struck has something to lose. */
  async untilBalanced(): Promise<void> {
    const endsAt = Date.now() + BALANCED_TTLS * this.cluster.plan.ttlMs;
    while (await this.cluster.isMoving()) {
      if (Date.now() > endsAt) throw new Error('partitions are never shared out evenly');
      await sleep(POLL_MS);
    }
  }

  /** Waits until a moment of the machine's clock. */
  async until(at: number): Promise<void> {
    await sleep(Math.max(at - Date.now(), 0));
  }

  any<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.fraction() * items.length)];
    if (item === undefined) throw new Error('there is nothing to choose from');
    return item;
  }

  async #keepReading(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await sleep(READ_EVERY_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      // A store that is away is read when it is back.
      await this.accounts.read(this.cluster.store).catch(() => undefined);
    }
  }

  async #untilAll(holds: (due: readonly number[]) => boolean): Promise<void> {
    const { cluster } = this;
    const endsAt = Date.now() + 3 * cluster.plan.ttlMs;
    let left = cluster.groups;
    while (left.length > 0 && Date.now() < endsAt) {
      const still = [];
      for (const group of left) {
        const { due } = await storedOf(cluster.store, group);
        if (!holds([...due.values()])) still.push(group);
      }
      left = still;
      if (left.length > 0) await sleep(POLL_MS);
    }
    // What is left is found to be lost by whoever reads the histories.
  }

  /** What was due before the first fault could strike, while nodes came up, is judged by its outcome only. */
  #write(partition: string, { at, sequence, event }: RecordedEvent): void {
    if (event.event === 'policy.fired' && event.dueAt >= this.startedAt) {
      this.latenesses.add({ partition, dueAt: event.dueAt, at, isMissed: false });
    }
    if (event.event === 'policy.missed' && event.first >= this.startedAt) {
      this.latenesses.add({ partition, dueAt: event.first, at, isMissed: true });
    }
    if (event.event === 'policy.executed') this.executions.push({ at, sequence, event });
  }
}
