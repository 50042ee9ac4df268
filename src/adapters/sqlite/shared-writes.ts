import type { Transactions } from './transaction.ts';

/** Pieces of work in one transaction: most take a fraction of a millisecond, and nothing else is done meanwhile. */
const SHARED_MAX = 64;
/** Rows that several pieces of work write in one transaction. Some write hundreds, at 15 µs or so each. */
const SHARED_ROWS_MAX = 1_000;

/**
 * Turns of the event loop that a transaction waits for more work to share it, as long as each turn brings some: those
 * who were answered after the last one ask again one by one, and would otherwise be split among several.
 */
const TURNS_MAX = 4;

/** A piece of work that waits for its transaction. */
interface Pending {
  /** Does the work; answers how to tell of it once it is on the disk. */
  readonly work: () => () => void;
  /** How many it writes, about. */
  readonly rows: number;
  readonly fail: (error: unknown) => void;
}

/**
 * Writes that are asked for at about the same time, in one transaction: they share the one wait for the disk,
 * which takes ten times as long as all else. Nobody is told of a write before it is on the disk, and work that
 * throws leaves nothing behind and does not disturb the others: since that is rare, all is then taken back and done
 * again with a savepoint for each. Where the transaction as a whole is lost, all reject.
 *
 * Trigger: a write, and the end of up to four turns of the event loop that each brought more. Bound: 64 pieces of
 * work, or 1,000 rows of several, in the order in which they were asked for.
 * Concurrency: one transaction at a time. Back-off: none. Stop: nothing waits any more.
 */
export class SharedWrites {
  readonly #transactions: Transactions;
  #pending: Pending[] = [];
  /** How many of these there were at the end of the last turn, if they waited for another one. */
  #seenCount = 0;
  /** How many turns they have waited for. */
  #turnCount = 0;

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  /**
   * Resolves with what the work answers, when that survives a loss of power. What the work did may be taken back and
   * the work done again, so that it changes nothing else. `rows`: how many it writes, about.
   */
  write<Result>(work: () => Result, rows = 1): Promise<Result> {
    return new Promise((resolve, reject) => {
      // Not before all requests that have arrived were looked at, for these are to share the transaction.
      if (this.#pending.length === 0) setImmediate(this.#next);
      this.#pending.push({
        work: () => {
          const result = work();
          return () => {
            resolve(result);
          };
        },
        rows,
        fail: reject,
      });
    });
  }

  /** Does at once what waits. */
  flush(): void {
    while (this.#pending.length > 0) this.#writeSome();
  }

  readonly #next = (): void => {
    const count = this.#pending.length;
    if (count > this.#seenCount && count < SHARED_MAX && this.#turnCount < TURNS_MAX) {
      this.#seenCount = count;
      this.#turnCount += 1;
    } else {
      this.#writeSome();
      this.#seenCount = 0;
      this.#turnCount = 0;
    }
    if (this.#pending.length > 0) setImmediate(this.#next);
  };

  #writeSome(): void {
    const count = this.#countOfNext();
    const batch = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    if (batch.length === 0) return; // flushed meanwhile
    const work = { isDone: false };
    try {
      const tellings = this.#transactions.write(() => {
        const done = batch.map((pending) => pending.work());
        work.isDone = true;
        return done;
      });
      for (const tell of tellings) tell();
    } catch (error) {
      if (work.isDone || batch.length === 1) failAll(batch, error);
      else this.#writeInParts(batch);
    }
  }

  /** Does again what was taken back because some of the work threw, each piece apart from the others. */
  #writeInParts(batch: readonly Pending[]): void {
    try {
      const tellings = this.#transactions.write(() => batch.map((pending) => this.#part(pending)));
      for (const tell of tellings) tell();
    } catch (error) {
      failAll(batch, error);
    }
  }

  #countOfNext(): number {
    let [count, rowCount] = [0, 0];
    for (const { rows } of this.#pending) {
      rowCount += rows;
      if (count === SHARED_MAX || (count > 0 && rowCount > SHARED_ROWS_MAX)) break;
      count += 1;
    }
    return count;
  }

  #part({ work, fail }: Pending): () => void {
    try {
      return this.#transactions.part(work);
    } catch (error) {
      // A full disk, for one, takes back all that was done before as well.
      if (!this.#transactions.isOpen()) throw error;
      return () => {
        fail(error);
      };
    }
  }
}

function failAll(batch: readonly Pending[], error: unknown): void {
  for (const { fail } of batch) fail(error);
}
