/** What the file of the embedded store promises beyond the ports: see src/adapters/sqlite/file.ts. */
import { copyFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { SqliteCalendarRegistry } from '../../src/adapters/sqlite/calendar-registry.ts';
import { bringUpToDate, createOrOpen } from '../../src/adapters/sqlite/file.ts';
import type { StoreFile } from '../../src/adapters/sqlite/file.ts';
import { FORMAT } from '../../src/adapters/sqlite/schema.ts';
import { connect, openSqlite } from '../../src/adapters/sqlite/open.ts';
import type { Database } from '../../src/adapters/sqlite/open.ts';
import { SqliteStore } from '../../src/adapters/sqlite/store.ts';
import { SqliteTokenRegistry } from '../../src/adapters/sqlite/token-registry.ts';
import { hasCode } from '../../src/base/errors.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import type { PartitionLayout } from '../../src/domain/partition/partition-of.ts';
import { NOT_AN_OWNER } from '../../src/ports/store.ts';
import { aGroupId, aUnit, LAYOUT, PARTITION, START } from '../support/builders.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { aFolder } from '../support/folder.ts';
import type { TestFolder } from '../support/folder.ts';
import { seededRandom } from '../support/random.ts';
import { rejection } from './store-fixture.ts';

const DURABLE = { journal: 'wal', synchronous: 1, foreignKeys: 1 };

function settingsOf(db: Database): object {
  return {
    ...db
      .prepare<object>(
        `select j.journal_mode as journal, s.synchronous, f.foreign_keys as foreignKeys
         from pragma_journal_mode j, pragma_synchronous s, pragma_foreign_keys f`,
      )
      .get(),
  };
}

describe('the file of the embedded store', () => {
  let folder: TestFolder;
  let path: string;
  const opened: Database[] = [];
  beforeEach(async () => {
    folder = await aFolder();
    path = folder.path('lutra.db');
  });
  afterEach(async () => {
    for (const db of opened.splice(0)) db.close();
    await folder.remove();
  });

  async function open(seed = 1, layout: PartitionLayout = LAYOUT): Promise<StoreFile> {
    const file = await createOrOpen({ path, layout, random: seededRandom(seed) });
    opened.push(file.db);
    return file;
  }

  /** Makes a store and has somebody change its file, while no store is open on it. */
  async function madeThen(sql: string): Promise<void> {
    await createOrOpen({ path, layout: LAYOUT, random: seededRandom(1) });
    const db = await connect(path);
    db.exec(sql);
    db.close();
  }

  async function expectRefusal(code: ErrorCode, words: string): Promise<void> {
    const error = await rejection(open());
    expect(hasCode(error, code), String(error)).to.equal(true);
    expect(String(error)).to.include(words).and.to.include(path);
  }

  describe('where there is none', () => {
    it('makes one with an identity of its own and leaves nothing else behind', async () => {
      const { identity } = await open(1);

      expect(identity).to.match(/^[0-9a-f]{32}$/);
      expect(
        (await readdir(folder.path('.'))).filter((name) => name.includes('.new-')),
      ).to.deep.equal([]);
    });

    it('lets its owner alone read it, and its log', async () => {
      await open(1);

      for (const file of [path, `${path}-wal`]) {
        expect((await stat(file)).mode & 0o077, file).to.equal(0);
      }
    });

    it('gives two stores two identities', async () => {
      const first = await open(1);
      path = folder.path('another.db');

      expect((await open(2)).identity).not.to.equal(first.identity);
    });

    it('lets two processes make it at the same time, and both have the one', async () => {
      const [first, second] = await Promise.all([open(1), open(2)]);

      expect(first.identity).to.equal(second.identity);
    });

    it('does not make the folder', async () => {
      path = folder.path('missing/lutra.db');

      await expectRefusal('store-unavailable', 'opening');
    });

    it('refuses where only the log of one is left', async () => {
      await writeFile(`${path}-wal`, '');

      await expectRefusal('store-foreign', 'gone');
    });
  });

  describe('where there is one', () => {
    it('keeps identity and data, and is as durable as when it was made', async () => {
      const first = await open(1);
      const store = new SqliteStore(first, new FakeClock(START));
      await store.commit(PARTITION, NOT_AN_OWNER, [aUnit({ set: { state: 's' } })]);
      await store.close();
      opened.splice(0);

      const second = await open(2);

      expect(second.identity).to.equal(first.identity);
      expect(settingsOf(second.db)).to.deep.equal(DURABLE);
      const { group } = await new SqliteStore(second, new FakeClock(START)).group(aGroupId());
      expect(group?.fields).to.deep.equal({ state: 's' });
    });

    it('is whole in its one file once the store was closed', async () => {
      const store = new SqliteStore(await open(), new FakeClock(START));
      await store.commit(PARTITION, NOT_AN_OWNER, [aUnit({ set: { state: 's' } })]);
      await store.close();
      opened.splice(0);

      await copyFile(path, folder.path('copy.db'));

      path = folder.path('copy.db');
      const { group } = await new SqliteStore(await open(), new FakeClock(START)).group(aGroupId());
      expect(group?.fields).to.deep.equal({ state: 's' });
    });

    it('refuses one that was emptied', async () => {
      await open();
      await writeFile(path, '');
      await rm(`${path}-wal`, { force: true });

      await expectRefusal('store-foreign', 'not a store of Lutra');
    });

    it('refuses what is no database', async () => {
      await writeFile(path, 'a text that is longer than the head of a database.'.repeat(10));

      await expectRefusal('store-foreign', 'not a store of Lutra');
    });

    it('refuses a folder in its place', async () => {
      await mkdir(path);

      await expectRefusal('store-unavailable', 'cannot read');
    });

    it('refuses the database of another program, and does not touch it', async () => {
      const db = await connect(path);
      db.exec('create table theirs (a)');
      db.close();
      const before = await readFile(path);

      await expectRefusal('store-foreign', 'not a store of Lutra');
      expect((await readFile(path)).equals(before)).to.equal(true);
    });

    it('refuses one that is damaged behind its head', async () => {
      await madeThen('');
      const bytes = await readFile(path);
      await writeFile(path, bytes.fill(0x55, 100));

      await expectRefusal('store-foreign', 'not a sound database');
    });

    it('refuses one of a newer format', async () => {
      await madeThen(`pragma user_version = ${FORMAT.version + 1}`);

      await expectRefusal('store-foreign', `a newer Lutra wrote it (format ${FORMAT.version + 1}`);
    });

    for (const { name, layout } of [
      { name: 'other regions', layout: { regions: ['here', 'elsewhere'], count: 2 } },
      { name: 'another order of regions', layout: { regions: ['there', 'here'], count: 2 } },
      { name: 'another number of partitions', layout: { regions: ['here', 'there'], count: 4 } },
    ]) {
      it(`refuses one that was made with ${name}`, async () => {
        await open();

        const error = await rejection(open(1, layout));

        expect(hasCode(error, 'store-foreign'), String(error)).to.equal(true);
        expect(String(error)).to.include(JSON.stringify(layout));
      });
    }

    it('refuses one that lost its identity', async () => {
      await madeThen(`delete from meta where name = 'identity'`);

      await expectRefusal('store-foreign', 'lost its identity');
    });

    it('makes no fence records anew', async () => {
      await madeThen('delete from fence');

      const store = new SqliteStore(await open(), new FakeClock(START));

      const error = await rejection(store.commit(PARTITION, NOT_AN_OWNER, [aUnit()]));
      expect(hasCode(error, 'store-foreign'), String(error)).to.equal(true);
    });
  });

  describe('bringing a format up to date', () => {
    const now = FORMAT.version;
    const steps = {
      version: now + 2,
      migrations: [
        { from: now, sql: 'create table added (a); insert into added values (1)' },
        { from: now + 1, sql: 'insert into added values (2)' },
      ],
    };

    const TO_FORMAT_3 = 'drop table calendar; drop table calendar_list; pragma user_version = 3';
    const TO_FORMAT_2 = `${TO_FORMAT_3}; drop trigger listed_more; drop trigger listed_less; drop trigger listed_gone;
      drop table listed; pragma user_version = 2`;

    function formatOf(db: Database): object {
      return { ...db.prepare<object>('pragma user_version').get() };
    }

    it('runs the steps from the file’s own format on, once', async () => {
      const { db } = await open();

      bringUpToDate(db, path, steps);
      bringUpToDate(db, path, steps);

      expect(
        db
          .prepare<object>('select a from added')
          .all()
          .map((row) => ({ ...row })),
      ).to.deep.equal([{ a: 1 }, { a: 2 }]);
      expect(formatOf(db)).to.deep.equal({ user_version: now + 2 });
    });

    it('has tables for access tokens in a file of the first format, which had none', async () => {
      await madeThen(`${TO_FORMAT_2}; drop table token; pragma user_version = 1`);

      const { db } = await open();

      expect(formatOf(db)).to.deep.equal({ user_version: now });
      const tokens = new SqliteTokenRegistry({ db });
      expect(await tokens.list()).to.deep.equal({ tokens: [], malformed: [] });
    });

    it('has tables for calendars in a file of the third format, which had none', async () => {
      await madeThen(TO_FORMAT_3);

      const { db } = await open();

      expect(formatOf(db)).to.deep.equal({ user_version: now });
      const calendars = new SqliteCalendarRegistry({ db });
      const entries = [{ date: '2030-12-25' }];
      await calendars.put('acme' as TenantId, { name: 'holidays', entries }, 0);
      expect((await calendars.list('acme' as TenantId)).calendars).to.deep.equal([
        { name: 'holidays', entries },
      ]);
    });

    it('counts the groups on the lists of a file of the second format, which kept no count', async () => {
      const row = (id: string, listed: 0 | 1): string =>
        `('${id}', 'local/0', 'acme', 'v', ${String(listed)}, 0, 0)`;
      await madeThen(`${TO_FORMAT_2};
        insert into scaling_group (id, partition, tenant_id, version, is_listed, generation, sequence)
        values ${[row('a', 1), row('b', 1), row('c', 0)].join(', ')}`);

      const { db } = await open();
      const counted = (): unknown => db.prepare('select tenant_id, count from listed').get();
      expect({ ...(counted() as object) }).to.deep.equal({ tenant_id: 'acme', count: 2 });

      db.exec("update scaling_group set is_listed = 0 where id = 'a'");
      expect({ ...(counted() as object) }).to.deep.equal({ tenant_id: 'acme', count: 1 });

      db.exec("delete from scaling_group where id in ('a', 'b')");
      expect(counted()).to.equal(undefined);
    });

    it('leaves the file as it was where a step fails', async () => {
      const { db } = await open();
      const migrations = [
        ...steps.migrations.slice(0, 1),
        { from: now + 1, sql: 'no such statement' },
      ];

      expect(() => {
        bringUpToDate(db, path, { version: now + 2, migrations });
      }).to.throw('syntax error');

      expect(() => db.prepare('select a from added')).to.throw('no such table');
      expect(formatOf(db)).to.deep.equal({ user_version: now });
    });
  });

  describe('opening a database', () => {
    it('is durable, though the file was made otherwise', async () => {
      (await connect(path)).close();
      const db = await openSqlite(path);
      opened.push(db);

      expect(settingsOf(db)).to.deep.equal(DURABLE);
    });

    it('syncs the log of the file that a link leads to', async () => {
      const { db } = await open();
      const link = folder.path('link.db');
      await symlink(path, link);

      const linked = await openSqlite(link);
      opened.push(linked);
      linked.exec("insert into meta (name, value) values ('linked', 'yes')");
      await linked.syncLog();

      expect(db.prepare("select value from meta where name = 'linked'").get()).to.deep.include({
        value: 'yes',
      });
    });

    it('refuses what cannot be made durable', async () => {
      const error = await rejection(openSqlite(':memory:'));

      expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
      expect(String(error)).to.include('cannot be made durable');
    });
  });
});
