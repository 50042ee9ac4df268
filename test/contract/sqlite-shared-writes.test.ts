import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { connect } from '../../src/adapters/sqlite/open.ts';
import type { LoggedDatabase } from '../../src/adapters/sqlite/open.ts';
import { SharedWrites } from '../../src/adapters/sqlite/shared-writes.ts';
import { transactionsOn } from '../../src/adapters/sqlite/transaction.ts';
import { rejection } from './store-fixture.ts';

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A database in memory, whose log `sync` syncs. */
async function aDatabase(sync: () => Promise<void>): Promise<LoggedDatabase> {
  const db = await connect(':memory:');
  return Object.assign(db, {
    syncLog: sync,
    syncLogNow: () => {
      throw new Error('nothing here waits for the disk');
    },
  });
}

describe('writes that share a transaction', () => {
  let db: LoggedDatabase;
  let writes: SharedWrites;
  let transactionCount: number;
  let sync: () => Promise<void>;
  beforeEach(async () => {
    sync = () => Promise.resolve();
    db = await aDatabase(() => sync());
    db.exec('create table kept (number integer)');
    const transactions = transactionsOn(db);
    transactionCount = 0;
    writes = new SharedWrites(
      {
        ...transactions,
        writeUnsynced: (work) => {
          transactionCount += 1;
          return transactions.writeUnsynced(work);
        },
      },
      db,
    );
  });
  afterEach(() => {
    db.close();
  });

  /** Keeps a number, and answers which ones are kept then. */
  function keep(number: number): readonly number[] {
    db.prepare('insert into kept (number) values (?)').run(number);
    return kept();
  }

  function kept(): readonly number[] {
    const rows = db.prepare<{ number: number }>('select number from kept order by number').all();
    return rows.map(({ number }) => number);
  }

  it('does those that come together one after another, in one transaction', async () => {
    const answers = await Promise.all([1, 2, 3].map((number) => writes.write(() => keep(number))));

    expect({ answers, transactionCount }).to.deep.equal({
      answers: [[1], [1, 2], [1, 2, 3]],
      transactionCount: 1,
    });
  });

  it('rejects all where the transaction cannot be committed, also those that were done', async () => {
    db.exec(`pragma foreign_keys = on; create table other (
      number integer references kept_numbers deferrable initially deferred);
      create table kept_numbers (number integer primary key)`);
    const all = [
      writes.write(() => keep(1)),
      writes.write(() => {
        db.exec('insert into other (number) values (7)'); // found out by the commit
      }),
    ];

    const errors = await Promise.all(all.map(rejection));

    expect(errors.map(String)).to.deep.equal(all.map(() => 'Error: FOREIGN KEY constraint failed'));
    expect(kept()).to.deep.equal([]);
    expect(transactionCount, 'not tried again').to.equal(1);
  });

  it('takes back what one did that throws, and nothing of the others', async () => {
    const failure = new Error('no');
    const [first, second, third] = [
      writes.write(() => keep(1)),
      writes.write(() => {
        keep(2);
        throw failure;
      }),
      writes.write(() => keep(3)),
    ];

    expect(await rejection(second)).to.equal(failure);
    expect(await Promise.all([first, third])).to.deep.equal([[1], [1, 3]]);
    expect(kept()).to.deep.equal([1, 3]);
    expect(transactionCount, 'all at once, and then each by itself').to.equal(2);
  });

  it('takes back what one did alone that throws, and does not try it again', async () => {
    const failure = new Error('no');
    const only = writes.write(() => {
      keep(1);
      throw failure;
    });

    expect(await rejection(only)).to.equal(failure);
    expect(kept()).to.deep.equal([]);
    expect(transactionCount).to.equal(1);
  });

  it('rejects all where the transaction is lost, also those that were done', async () => {
    const failure = new Error('the disk is full');
    const all = [
      writes.write(() => keep(1)),
      writes.write(() => {
        db.exec('rollback');
        throw failure;
      }),
      writes.write(() => keep(3)),
    ];

    const errors = await Promise.all(all.map(rejection));

    expect(errors).to.deep.equal([failure, failure, failure]);
    expect(kept()).to.deep.equal([]);
  });

  it('bounds a transaction, and does the rest in further ones', async () => {
    const numbers = Array.from({ length: 130 }, (_, index) => index);
    await Promise.all(numbers.map((number) => writes.write(() => keep(number))));

    expect({ kept: kept(), transactionCount }).to.deep.equal({
      kept: numbers,
      transactionCount: 3,
    });
  });

  it('bounds the rows that several write in a transaction, and takes what writes more than that alone', async () => {
    const rows = [2_000, 400, 600, 1, 5_000];
    const transactions = await Promise.all(
      rows.map((count) => writes.write(() => transactionCount, count)),
    );

    expect(transactions).to.deep.equal([1, 2, 2, 3, 4]);
  });

  it('waits for what the next turns bring, as long as each brings something, and for four at most', async () => {
    const transactions: Promise<number>[] = [];
    for (let turn = 1; turn <= 7; turn += 1) {
      transactions.push(writes.write(() => transactionCount));
      await nextTurn();
    }

    expect(await Promise.all(transactions)).to.deep.equal([1, 1, 1, 1, 1, 2, 2]);
  });

  it('does not wait any more once a turn has brought nothing', async () => {
    const first = writes.write(() => transactionCount);
    await nextTurn();
    await nextTurn();

    expect(transactionCount).to.equal(1);
    expect(await first).to.equal(1);
  });

  it('does at once what waits, when it is to', async () => {
    const answer = writes.write(() => keep(1));

    const ended = writes.end();

    expect(kept()).to.deep.equal([1]);
    expect(await answer).to.deep.equal([1]);
    await ended;
    expect(String(await rejection(writes.write(() => keep(2))))).to.include('being closed');
  });

  describe('and the wait for the disk', () => {
    let end: { readonly well: () => void; readonly badly: (error: Error) => void };
    let syncCount: number;
    beforeEach(() => {
      syncCount = 0;
      sync = () => {
        syncCount += 1;
        return new Promise((resolve, reject) => {
          end = { well: resolve, badly: reject };
        });
      };
    });

    /** Lets all that can happen without the disk. */
    async function turns(): Promise<void> {
      for (let turn = 0; turn < 8; turn += 1) await nextTurn();
    }

    it('tells nobody of a write before its end, and shows nothing of it', async () => {
      const told: string[] = [];
      const written = writes.write(() => keep(1)).then(() => told.push('written'));
      await turns();
      const shown = writes.shownFrom?.then(() => told.push('shown'));
      await turns();
      expect({ kept: kept(), told, syncCount }).to.deep.equal({
        kept: [1],
        told: [],
        syncCount: 1,
      });

      end.well();
      await Promise.all([written, shown]);

      expect(told.toSorted()).to.deep.equal(['shown', 'written']);
      expect(writes.shownFrom).to.equal(undefined);
    });

    it('gathers what comes meanwhile for the next transaction', async () => {
      const first = writes.write(() => keep(1));
      await turns();
      const others = [2, 3].map((number) => writes.write(() => keep(number)));
      await turns();
      expect(kept()).to.deep.equal([1]);

      end.well();
      await first;
      await turns();
      expect({ kept: kept(), transactionCount, syncCount }).to.deep.equal({
        ...{ kept: [1, 2, 3], transactionCount: 2, syncCount: 2 },
      });
      end.well();

      expect(await Promise.all(others)).to.deep.equal([
        [1, 2],
        [1, 2, 3],
      ]);
    });

    it('ends all where it fails: what was written, what waits, and what comes later', async () => {
      const failure = new Error('the disk is gone');
      const written = writes.write(() => keep(1));
      await turns();
      const waiting = writes.write(() => keep(2));
      const shown = writes.shownFrom;

      end.badly(failure);

      expect(await rejection(written)).to.equal(failure);
      expect(await rejection(waiting)).to.equal(failure);
      expect(await rejection(shown ?? Promise.resolve())).to.equal(failure);
      expect(await rejection(writes.write(() => keep(3)))).to.equal(failure);
      expect(await rejection(writes.shownFrom ?? Promise.resolve())).to.equal(failure);
      expect(await rejection(writes.end())).to.equal(failure);
      expect(kept(), 'nothing more is written').to.deep.equal([1]);
    });

    it('is waited for by who ends it, with what came before', async () => {
      const all = [writes.write(() => keep(1))];
      await turns();
      all.push(writes.write(() => keep(2)));
      let isEnded = false;
      const ended = writes.end().then(() => {
        isEnded = true;
      });

      end.well();
      await turns();
      expect({ kept: kept(), isEnded }).to.deep.equal({ kept: [1, 2], isEnded: false });
      end.well();
      await ended;

      expect(await Promise.all(all)).to.deep.equal([[1], [1, 2]]);
    });
  });
});
