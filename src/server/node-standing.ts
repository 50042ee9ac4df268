import type { Clock, EpochMs } from '../base/clock.ts';
import type { FencingToken, PartitionId } from '../domain/ids.ts';
import type { LutraEvent } from '../ports/observe.ts';

/** One partition that this node owns. */
export interface OwnedPartition {
  readonly token: FencingToken;
  readonly since: EpochMs;
}

/** Where a node stands with the others, as its own events tell it. For operators: nothing is decided by it. */
export class NodeStanding {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #owned = new Map<PartitionId, OwnedPartition>();
  readonly #unfit = new Map<string, string>();
  #isDoubtful = false;
  #isDraining = false;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  observe(event: LutraEvent): void {
    const { event: name } = event;
    if (name === 'partition.acquired') {
      this.#owned.set(event.partition, { token: event.token, since: this.#clock.now() });
    }
    // Its key may have to wait for etcd before it is given back.
    if (name === 'partition.fenced' || name === 'partition.released') {
      this.#owned.delete(event.partition);
    }
    if (name === 'node.unfit') this.#unfit.set(event.region, event.reason);
    if (name === 'node.fit') this.#unfit.delete(event.region);
    if (name === 'ownership.doubtful') this.#isDoubtful = true;
    if (name === 'ownership.certain') this.#isDoubtful = false;
    if (name === 'node.drained' || name === 'node.stopping') this.#isDraining = true;
  }

  get owned(): ReadonlyMap<PartitionId, OwnedPartition> {
    return this.#owned;
  }

  /** By region, why this node cannot work on it. */
  get unfit(): ReadonlyMap<string, string> {
    return this.#unfit;
  }

  /** Whether etcd has not answered for so long that the session may be over. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** Whether it gives away what it owns, to stop or because it was asked to. */
  get isDraining(): boolean {
    return this.#isDraining;
  }
}
