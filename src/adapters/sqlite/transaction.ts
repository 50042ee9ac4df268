import type { LoggedDatabase } from './open.ts';

/** Runs work on one connection such that others see all of it or nothing. Work is synchronous: nothing comes between. */
export interface Transactions {
  /**
   * Work that writes, on the disk when this returns. The write lock is taken first: a reader that becomes a writer half-way
   * may be refused for good.
   */
  write<Result>(work: () => Result): Result;
  /** The same, but for the disk: nobody may be told of it before the log was synced. */
  writeUnsynced<Result>(work: () => Result): Result;
  /** Work that reads several times and wants one moment's answers. */
  read<Result>(work: () => Result): Result;
  /** A part of work that writes: what it did is taken back where it throws, and what others did in the transaction stays. */
  part<Result>(work: () => Result): Result;
  /** Whether work goes on whose effects are still to be kept: some errors take back a whole transaction. */
  isOpen(): boolean;
}

/** The transactions of a connection. What throws inside leaves nothing behind. */
export function transactionsOn(db: LoggedDatabase): Transactions {
  const beginWrite = db.prepare('begin immediate');
  const beginRead = db.prepare('begin');
  const commit = db.prepare('commit');
  const rollback = db.prepare('rollback');
  const beginPart = db.prepare('savepoint part');
  const endPart = db.prepare('release part');
  const rollbackPart = db.prepare('rollback to part');

  function within<Result>(begin: typeof beginWrite, work: () => Result): Result {
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      // Some errors, such as a full disk, have rolled back by themselves.
      if (db.isTransaction) rollback.run();
      throw error;
    }
  }

  function part<Result>(work: () => Result): Result {
    beginPart.run();
    try {
      return work();
    } catch (error) {
      if (db.isTransaction) rollbackPart.run();
      throw error;
    } finally {
      if (db.isTransaction) endPart.run();
    }
  }

  return {
    write(work) {
      const result = within(beginWrite, work);
      db.syncLogNow();
      return result;
    },
    writeUnsynced: (work) => within(beginWrite, work),
    read: (work) => within(beginRead, work),
    part,
    isOpen: () => db.isTransaction,
  };
}
