import { setMaxListeners } from 'node:events';
import { InvariantError } from '../base/assert.ts';
import { Gate } from '../base/gate.ts';
import type { PartitionId } from '../domain/ids.ts';
import { regionOf } from '../domain/partition/partition-of.ts';
import type { Move } from './moves.ts';

/** For each region: as many as are quicker together, and no burst for etcd and the store. */
const AT_ONCE_MAX = 32;

/**
 * Moves that are being carried out: one at a time for each partition. Those of one region wait for none of
 * another, so that a store that is slow to answer holds up nothing but its own.
 */
export class MovesUnderWay {
  readonly #wake: () => void;
  readonly #over = new AbortController();
  readonly #gates = new Map<string, Gate>();
  readonly #running = new Map<PartitionId, Promise<void>>();
  /** Of which more is known by now than the last read can tell. */
  readonly #newerThanRead = new Set<PartitionId>();
  /** That were to be looked at while a move was under way. */
  readonly #passedOver = new Set<PartitionId>();
  #failures: unknown[] = [];

  /** `wake` is called where a move failed, or where partitions that were passed over are to be looked at anew. */
  constructor(wake: () => void) {
    this.#wake = wake;
    // Each move that waits for its turn listens, and stops listening when it has it.
    setMaxListeners(0, this.#over.signal);
  }

  /** To be told before each read: what changes from now on may be missing in it. */
  readSent(): void {
    this.#newerThanRead.clear();
  }

  /** Begins the moves, without those of partitions of which the read that they follow from is out of date. */
  start(moves: readonly Move[], carryOut: (move: Move) => Promise<void>): void {
    for (const move of moves) {
      const { partition } = move;
      if (this.#running.has(partition)) this.#passedOver.add(partition);
      else if (this.#newerThanRead.has(partition)) this.#wake();
      else this.#running.set(partition, this.#run(move, carryOut));
    }
  }

  isUnderWay(partition: PartitionId): boolean {
    return this.#running.has(partition);
  }

  /** Throws what a move failed with since this was asked last; what no part of the process survives goes first. */
  throwIfFailed(): void {
    const failures = this.#failures;
    this.#failures = [];
    const broken = failures.find((failure) => failure instanceof InvariantError);
    if (failures.length > 0) throw broken ?? failures[0];
  }

  /** Waits for those under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Begins none any more, and waits for those under way. */
  async end(): Promise<void> {
    this.#over.abort();
    await this.settled();
  }

  async #run(move: Move, carryOut: (move: Move) => Promise<void>): Promise<void> {
    const { partition } = move;
    try {
      await this.#gateOf(partition).pass(this.#over.signal, () => carryOut(move));
    } catch (error) {
      this.#failures.push(error);
      this.#wake();
    } finally {
      this.#running.delete(partition);
      this.#newerThanRead.add(partition);
      if (this.#passedOver.delete(partition)) this.#wake();
    }
  }

  #gateOf(partition: PartitionId): Gate {
    const region = regionOf(partition);
    const gate = this.#gates.get(region) ?? new Gate(AT_ONCE_MAX);
    this.#gates.set(region, gate);
    return gate;
  }
}
