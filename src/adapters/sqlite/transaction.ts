import type { Database } from './open.ts';

/** Runs work on one connection such that others see all of it or nothing. Work is synchronous: nothing comes between. */
export interface Transactions {
  /** Work that writes. The write lock is taken first: a reader that becomes a writer half-way may be refused for good. */
  write<Result>(work: () => Result): Result;
  /** Work that reads several times and wants one moment's answers. */
  read<Result>(work: () => Result): Result;
}

/** The transactions of a connection. What throws inside leaves nothing behind. */
export function transactionsOn(db: Database): Transactions {
  const beginWrite = db.prepare('begin immediate');
  const beginRead = db.prepare('begin');
  const commit = db.prepare('commit');
  const rollback = db.prepare('rollback');

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

  return {
    write: (work) => within(beginWrite, work),
    read: (work) => within(beginRead, work),
  };
}
