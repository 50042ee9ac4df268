import { LutraError } from '../../base/errors.ts';
import type { LoggedDatabase } from './open.ts';
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
 * which takes ten times as long as all else, and during which the process goes on. Nobody is told of a write before it is
 * on the disk, and work that throws leaves nothing behind and does not disturb the others: since that is rare, all is
 * then taken back and done again with a savepoint for each. Where the transaction as a whole is lost, all reject.
 *
 * What was committed is seen by whoever reads, before it is on the disk. So whoever shows what was read waits until
 * `shownFrom` resolves. Where the disk fails, that is never, and all that is asked for from then on rejects.
 *
 * Trigger: a write, and the end of up to four turns of the event loop that each brought more; or the end of the wait for
 * the disk. Bound: 64 pieces of work, or 1,000 rows of several, in the order in which they were asked for.
 * Concurrency: one transaction at a time, with its wait for the disk. Back-off: none. Stop: nothing waits any more.
 */
export class SharedWrites {
  readonly #transactions: Transactions;
  readonly #log: Pick<LoggedDatabase, 'syncLog'>;
  #pending: Pending[] = [];
  /** The wait for the disk that is going on, or failed. */
  #syncing: Promise<void> | undefined;
  #isEnding = false;
  /** How many of these there were at the end of the last turn, if they waited for another one. */
  #seenCount = 0;
  /** How many turns they have waited for. */
  #turnCount = 0;

  constructor(transactions: Transactions, log: Pick<LoggedDatabase, 'syncLog'>) {
    this.#transactions = transactions;
    this.#log = log;
  }

  /**
   * When what can be read now may be shown: undefined where it may be at once. Rejects where it never may, since the disk
   * has failed.
   */
  get shownFrom(): Promise<void> | undefined {
    return this.#syncing;
  }

  /**
   * Resolves with what the work answers, when that survives a loss of power. What the work did may be taken back and
   * the work done again, so that it changes nothing else. `rows`: how many it writes, about.
   */
  write<Result>(work: () => Result, rows = 1): Promise<Result> {
    if (this.#isEnding) {
      return Promise.reject(new LutraError('store-unavailable', 'the store is being closed'));
    }
    return new Promise((resolve, reject) => {
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
      if (this.#pending.length === 1) this.#soon();
    });
  }

  /** Does at once what waits, and takes nothing more; resolves when all of it is on the disk. */
  async end(): Promise<void> {
    this.#isEnding = true;
    while (this.#pending.length > 0 || this.#syncing !== undefined) {
      if (this.#syncing === undefined) this.#writeSome();
      await this.#syncing;
    }
  }

  /** Not before all requests that have arrived were looked at, for these are to share the transaction. */
  #soon(): void {
    if (this.#syncing === undefined) setImmediate(this.#next);
    // Its end goes on with what waits, unless the disk has failed.
    else this.#syncing.catch((error: unknown) => this.#failPending(error));
  }

  readonly #next = (): void => {
    const count = this.#pending.length;
    if (count === 0 || this.#syncing !== undefined) return; // done meanwhile, to end
    if (count > this.#seenCount && count < SHARED_MAX && this.#turnCount < TURNS_MAX) {
      this.#seenCount = count;
      this.#turnCount += 1;
      setImmediate(this.#next);
      return;
    }
    this.#writeSome();
  };

  /** Afterwards there is a wait for the disk, or somebody to look at what is left. */
  #writeSome(): void {
    [this.#seenCount, this.#turnCount] = [0, 0];
    const count = this.#countOfNext();
    const batch = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    const work = { isDone: false };
    try {
      const tellings = this.#transactions.writeUnsynced(() => {
        const done = batch.map((pending) => pending.work());
        work.isDone = true;
        return done;
      });
      this.#sync(batch, tellings);
    } catch (error) {
      if (work.isDone || batch.length === 1) this.#giveUp(batch, error);
      else this.#writeInParts(batch);
    }
  }

  /** Does again what was taken back because some of the work threw, each piece apart from the others. */
  #writeInParts(batch: readonly Pending[]): void {
    try {
      const tellings = this.#transactions.writeUnsynced(() =>
        batch.map((pending) => this.#part(pending)),
      );
      this.#sync(batch, tellings);
    } catch (error) {
      this.#giveUp(batch, error);
    }
  }

  #sync(batch: readonly Pending[], tellings: readonly (() => void)[]): void {
    const syncing = this.#log.syncLog();
    this.#syncing = syncing;
    syncing.then(
      () => {
        this.#syncing = undefined;
        for (const tell of tellings) tell();
        if (this.#pending.length > 0) this.#soon();
      },
      (error: unknown) => {
        failAll(batch, error);
        this.#failPending(error);
      },
    );
  }

  /** Nothing of the batch was kept. */
  #giveUp(batch: readonly Pending[], error: unknown): void {
    failAll(batch, error);
    if (this.#pending.length > 0) this.#soon();
  }

  #failPending(error: unknown): void {
    failAll(this.#pending.splice(0), error);
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
