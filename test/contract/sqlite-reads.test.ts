/** What the embedded store keeps of groups that it has read. */
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { createOrOpen } from '../../src/adapters/sqlite/file.ts';
import type { StoreFile } from '../../src/adapters/sqlite/file.ts';
import { SqliteStore } from '../../src/adapters/sqlite/store.ts';
import { ABSENT, NOT_AN_OWNER } from '../../src/ports/store.ts';
import type { ListedGroup, StoredGroup } from '../../src/ports/store.ts';
import { aCommitId, aGroupId, LAYOUT, PARTITION, START, TENANT } from '../support/builders.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { aFolder } from '../support/folder.ts';
import type { TestFolder } from '../support/folder.ts';
import { seededRandom } from '../support/random.ts';
import { following, put, rejection } from './store-fixture.ts';

/** A process that has the file open. */
interface Process extends Pick<StoreFile, 'db'> {
  readonly store: SqliteStore;
  readonly clock: FakeClock;
}

describe('groups read from a store file', () => {
  let folder: TestFolder;
  const processes: Process[] = [];
  beforeEach(async () => {
    folder = await aFolder();
  });
  afterEach(async () => {
    for (const { store } of processes.splice(0)) await store.close();
    await folder.remove();
  });

  /** Opens the file as one more process would. */
  async function aProcess(): Promise<Process> {
    const path = folder.path('lutra.db');
    const file = await createOrOpen({ path, layout: LAYOUT, random: seededRandom(1) });
    const clock = new FakeClock(START);
    const process = { db: file.db, store: new SqliteStore(file, clock), clock };
    processes.push(process);
    return process;
  }

  async function read(
    { store }: Process,
    number: number,
  ): Promise<{
    readonly group: StoredGroup | undefined;
    readonly listed: ListedGroup | undefined;
  }> {
    const groupId = aGroupId(number);
    const { group } = await store.group(groupId);
    const { groups } = await store.groups(TENANT, { after: undefined, limit: 10 });
    return { group, listed: groups.find((listed) => listed.groupId === groupId) };
  }

  it('are the very same objects for as long as nothing of them changes', async () => {
    const process = await aProcess();
    const unit = await put(process, { groupId: aGroupId(1), set: { state: 's' } });
    const first = await read(process, 1);
    await put(process, { groupId: aGroupId(2), commitId: aCommitId(2), set: { state: 't' } });
    const again = await read(process, 1);
    await put(process, following(process, unit, { commitId: aCommitId(3), set: { state: 'u' } }));
    const changed = await read(process, 1);

    expect(first.listed?.fields).to.deep.equal({ state: 's' });
    expect([again.group === first.group, again.listed === first.listed]).to.deep.equal([
      true,
      true,
    ]);
    expect([changed.group?.fields, changed.listed?.fields]).to.deep.equal([
      { state: 'u' },
      { state: 'u' },
    ]);
  });

  it('are without what the file has no more, though they are of the same version', async () => {
    const process = await aProcess();
    const unit = await put(process, { set: { state: 's' } });
    const first = await read(process, 1);
    process.db.exec(`insert into field values ('${unit.groupId}', 'observed', 'o')`);
    const settled = await read(process, 1);
    process.db.exec(`delete from field where name = 'observed'`);
    const again = await read(process, 1);

    expect([first.group?.fields, settled.group?.fields, again.group?.fields]).to.deep.equal([
      { state: 's' },
      { state: 's', observed: 'o' },
      { state: 's' },
    ]);
    expect([settled.listed?.fields, again.listed?.fields]).to.deep.equal([
      { state: 's', observed: 'o' },
      { state: 's' },
    ]);
  });

  it('are known from a commit of their own, and only once it is the last', async () => {
    const process = await aProcess();
    const unit = await put(process, { set: { state: 's', limits: 'l' } });
    await read(process, 1);
    const lost = following(process, unit, { commitId: aCommitId(2), set: { state: 'lost' } });
    const refused = following(process, unit, {
      ...{ groupId: aGroupId(2), commitId: aCommitId(3), expectVersion: ABSENT },
      set: { state: 5 as unknown as string }, // what no file keeps, and the type forbids
    });
    await rejection(process.store.commit(PARTITION, NOT_AN_OWNER, [lost, refused]));
    const before = await read(process, 1);
    await put(process, following(process, unit, { commitId: aCommitId(4), set: { state: 't' } }));
    const after = await read(process, 1);

    expect([before.group?.fields, after.group?.fields]).to.deep.equal([
      { state: 's', limits: 'l' },
      { state: 't', limits: 'l' },
    ]);
    expect(after.group?.version).to.equal(aCommitId(4));
  });

  it('are what another process has made of them', async () => {
    const [ours, theirs] = [await aProcess(), await aProcess()];
    const unit = await put(ours, { groupId: aGroupId(1), set: { state: 's' } });
    await read(ours, 1);
    await put(theirs, following(theirs, unit, { commitId: aCommitId(2), set: { state: 't' } }));
    const changed = await read(ours, 1);
    await put(theirs, {
      ...following(theirs, unit, { commitId: aCommitId(3), remove: 'group' }),
      expectVersion: aCommitId(2),
    });

    expect([changed.group?.fields, changed.listed?.fields]).to.deep.equal([
      { state: 't' },
      { state: 't' },
    ]);
    expect(await read(ours, 1)).to.deep.equal({ group: undefined, listed: undefined });
  });
});
