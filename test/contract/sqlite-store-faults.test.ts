/** What the embedded store does when its file, or another process on it, gets in its way. */
import { copyFile } from 'node:fs/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { SqliteCoordination } from '../../src/adapters/sqlite/coordination.ts';
import { createOrOpen } from '../../src/adapters/sqlite/file.ts';
import type { StoreFile } from '../../src/adapters/sqlite/file.ts';
import { SqliteStore } from '../../src/adapters/sqlite/store.ts';
import { epochMs } from '../../src/base/clock.ts';
import { hasCode, LutraError } from '../../src/base/errors.ts';
import type { CommitId, GroupId, TenantId } from '../../src/domain/ids.ts';
import { NOT_AN_OWNER } from '../../src/ports/store.ts';
import {
  aCommitId,
  aGroupId,
  aPolicyId,
  aUnit,
  LAYOUT,
  PARTITION,
  START,
  TENANT,
} from '../support/builders.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { aFolder } from '../support/folder.ts';
import type { TestFolder } from '../support/folder.ts';
import { seededRandom } from '../support/random.ts';
import { FIRST, win } from './coordination/world.ts';
import { rejection } from './store-fixture.ts';

interface Process extends StoreFile {
  readonly store: SqliteStore;
  readonly coordination: SqliteCoordination;
}

describe('the embedded store in trouble', () => {
  let folder: TestFolder;
  const processes: Process[] = [];
  beforeEach(async () => {
    folder = await aFolder();
  });
  afterEach(async () => {
    for (const { db } of processes.splice(0)) db.close();
    await folder.remove();
  });

  /** Opens the file as one more process would. */
  async function aProcess(): Promise<Process> {
    const path = folder.path('lutra.db');
    const file = await createOrOpen({ path, layout: LAYOUT, random: seededRandom(1) });
    const process = {
      ...file,
      store: new SqliteStore(file, new FakeClock(START)),
      coordination: new SqliteCoordination(file),
    };
    processes.push(process);
    return process;
  }

  async function groupIds({ store }: Process): Promise<readonly string[]> {
    const { groups } = await store.walk(PARTITION, { after: undefined, limit: 10 });
    return groups.map(({ groupId }) => groupId);
  }

  async function expectUnavailable(promise: Promise<unknown>, words: string): Promise<void> {
    const error = await rejection(promise);
    expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
    expect(String(error)).to.include(words);
  }

  describe('with two processes on one file', () => {
    it('fences the older one, which then sees that it was superseded', async () => {
      const [older, newer] = [await aProcess(), await aProcess()];
      const tokens = [];
      for (const { coordination, store } of [older, newer]) {
        const session = await coordination.open(FIRST);
        const token = await win({ coordination, session }, `claim-${tokens.length}`);
        tokens.push(token);
        await store.acquire(PARTITION, token);
      }
      const [olderToken, newerToken] = tokens;
      if (olderToken === undefined || newerToken === undefined) throw new Error('two tokens');

      expect(await older.store.commit(PARTITION, olderToken, [aUnit()])).to.deep.equal({
        kind: 'fenced',
        newest: newerToken,
      });
      expect(await older.store.acquire(PARTITION, olderToken)).to.deep.equal({
        kind: 'fenced',
        newest: newerToken,
      });
      const olderSession = { id: '1', ttlMs: Number.POSITIVE_INFINITY };
      expect(await older.coordination.renew(olderSession)).to.equal('ended');
      expect(await newer.store.commit(PARTITION, newerToken, [aUnit()])).to.include({
        kind: 'answered',
      });
    });

    it('gives up on a file that another process is writing to, and works when that is done', async () => {
      const [first, second] = [await aProcess(), await aProcess()];
      first.db.exec('begin immediate');

      await expectUnavailable(
        second.store.commit(PARTITION, NOT_AN_OWNER, [aUnit()]),
        'database is locked',
      );
      const error = await rejection(second.coordination.open(FIRST));
      expect(hasCode(error, 'coordination-unavailable'), String(error)).to.equal(true);
      first.db.exec('commit');

      expect(await second.store.commit(PARTITION, NOT_AN_OWNER, [aUnit()])).to.deep.include({
        results: ['committed'],
      });
    });

    it('lets nobody write between the reading of its clock and its commit', async () => {
      const [first, second] = [await aProcess(), await aProcess()];
      const beginning = (): void => {
        second.db.exec('begin immediate');
      };
      const store = new SqliteStore(first, {
        now() {
          expect(beginning).to.throw('database is locked');
          return START;
        },
      });
      const unit = aUnit({ groupId: aGroupId(2), commitId: aCommitId(2) });

      const commit = await store.commit(PARTITION, NOT_AN_OWNER, [unit]);

      expect(commit).to.deep.include({ results: ['committed'] });
      expect(beginning).not.to.throw();
    });

    it('reads on while another process is writing', async () => {
      const [first, second] = [await aProcess(), await aProcess()];
      first.db.exec('begin immediate');

      expect(await groupIds(second)).to.deep.equal([]);
      first.db.exec('commit');
    });
  });

  it('acknowledges and shows only what a loss of power leaves', async () => {
    const process = await aProcess();
    // What a disk has that keeps nothing but what was written before the last sync.
    let disk = 0;
    const copyTo = async (number: number): Promise<void> => {
      for (const end of ['', '-wal']) {
        await copyFile(folder.path(`lutra.db${end}`), folder.path(`disk-${number}.db${end}`));
      }
    };
    await copyTo(disk);
    const db = Object.create(process.db, {
      syncLog: {
        value: async () => {
          await copyTo(disk + 1);
          await process.db.syncLog();
          disk += 1;
        },
      },
    }) as StoreFile['db'];
    const store = new SqliteStore({ ...process, db }, new FakeClock(START));
    const isOn = async (number: number, groupId: GroupId): Promise<boolean> => {
      const path = folder.path(`disk-${number}.db`);
      const file = await createOrOpen({ path, layout: LAYOUT, random: seededRandom(1) });
      const { group } = await new SqliteStore(file, new FakeClock(START)).group(groupId);
      file.db.close();
      return group !== undefined;
    };
    /** What the disk had when the group was shown first. */
    const diskWhenShown = async (groupId: GroupId): Promise<number> => {
      for (;;) {
        const { group } = await store.group(groupId);
        if (group !== undefined) return disk;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };

    for (let number = 1; number <= 5; number += 1) {
      const unit = aUnit({ groupId: aGroupId(number), commitId: aCommitId(number) });
      const [acknowledged, shown] = await Promise.all([
        store.commit(PARTITION, NOT_AN_OWNER, [unit]).then(() => disk),
        diskWhenShown(unit.groupId),
      ]);

      expect(await isOn(acknowledged, unit.groupId), `${number} was acknowledged`).to.equal(true);
      expect(await isOn(shown, unit.groupId), `${number} was shown`).to.equal(true);
    }
  });

  it('answers nothing any more once the disk has failed', async () => {
    const process = await aProcess();
    const failure = new LutraError('store-unavailable', 'the log could not be synced');
    const db = Object.create(process.db, {
      syncLog: { value: () => Promise.reject(failure) },
    }) as StoreFile['db'];
    const store = new SqliteStore({ ...process, db }, new FakeClock(START));

    for (const asked of [
      () => store.commit(PARTITION, NOT_AN_OWNER, [aUnit()]),
      () => store.group(aGroupId()),
      () => store.due(PARTITION, 10),
      () => store.commit(PARTITION, NOT_AN_OWNER, [aUnit({ groupId: aGroupId(2) })]),
    ]) {
      await expectUnavailable(asked(), 'could not be synced');
    }
  });

  for (const { name, cause, cure, words } of [
    {
      name: 'on a full disk',
      cause: 'pragma max_page_count = 1',
      cure: 'pragma max_page_count = 1000000',
      words: 'full',
    },
    {
      name: 'on a file that became read-only',
      cause: 'pragma query_only = on',
      cure: 'pragma query_only = off',
      words: 'readonly',
    },
  ]) {
    it(`applies nothing ${name}, says so, and works when that is over`, async () => {
      const process = await aProcess();
      const units = [1, 2].map((number) =>
        aUnit({
          groupId: aGroupId(number),
          commitId: aCommitId(number),
          set: { large: 'x'.repeat(100_000) },
        }),
      );
      process.db.exec(cause);

      await expectUnavailable(process.store.commit(PARTITION, NOT_AN_OWNER, units), words);
      process.db.exec(cure);
      expect(await groupIds(process)).to.deep.equal([]);

      expect(await process.store.commit(PARTITION, NOT_AN_OWNER, units)).to.deep.include({
        results: ['committed', 'committed'],
      });
    });
  }

  for (const { name, unit } of [
    {
      name: 'an instant that SQLite could keep and JavaScript not read back',
      unit: aUnit({ due: [{ policyId: aPolicyId(), dueAt: epochMs(2 ** 60) }] }),
    },
    { name: 'a field with a zero character', unit: aUnit({ set: { state: 'a\0b' } }) },
    { name: 'a tenant with a zero character', unit: aUnit({ tenantId: 'a\0b' as TenantId }) },
    { name: 'a commit id that is null', unit: aUnit({ commitId: null as unknown as CommitId }) },
    {
      name: 'a commit id that is missing',
      unit: aUnit({ commitId: undefined as unknown as CommitId }),
    },
    {
      name: 'a field that is not a text',
      unit: aUnit({ set: { state: 5 as unknown as string } }),
    },
    {
      name: 'a tenant that is missing where the type says otherwise',
      unit: aUnit({ tenantId: undefined as unknown as TenantId }),
    },
  ]) {
    it(`refuses ${name}, and names the group`, async () => {
      const process = await aProcess();

      const error = await rejection(process.store.commit(PARTITION, NOT_AN_OWNER, [unit]));

      expect(hasCode(error, 'unit-refused'), String(error)).to.equal(true);
      expect(String(error)).to.include(unit.groupId);
      expect(await groupIds(process)).to.deep.equal([]);
    });
  }

  it('does not take a tenant with a zero character for another', async () => {
    const { store } = await aProcess();
    await store.commit(PARTITION, NOT_AN_OWNER, [aUnit()]);
    const odd = `${TENANT}\0` as TenantId;

    expect((await store.groups(odd, { after: undefined, limit: 10 })).groups).to.deep.equal([]);
    expect(await store.countGroups(odd)).to.equal(0);
  });

  it('gives out no token where the file lost the count of them', async () => {
    const { db, coordination } = await aProcess();
    db.exec('delete from seat');

    const error = await rejection(coordination.open(FIRST));

    expect(hasCode(error, 'store-foreign'), String(error)).to.equal(true);
  });
});
