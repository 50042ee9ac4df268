import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { HistoryEvent } from '../../../src/domain/history/event.ts';
import type { GroupId, TenantId } from '../../../src/domain/ids.ts';
import type { Store } from '../../../src/ports/store.ts';
import { deleteGroup } from '../../../src/scaling/change-group.ts';
import { readHistory } from '../../../src/scaling/read-history.ts';
import type { HistoryQuery } from '../../../src/scaling/read-history.ts';
import { TENANT } from '../../support/builders.ts';
import { aGroup, aScaling, commitDirectly } from '../../support/scaling.ts';
import type { CreatedGroup } from '../../support/scaling.ts';

const ALL: HistoryQuery = { from: undefined, order: 'oldest-first', limit: 10, filter: {} };
/** Every tenth event of the history that has many. */
const RARE: HistoryQuery = { ...ALL, filter: { names: new Set(['group.deleted']) } };

describe('readHistory', () => {
  let store: Store;
  let group: CreatedGroup;
  let fixture: ReturnType<typeof aScaling>;
  beforeEach(async () => {
    fixture = aScaling();
    store = fixture.store;
    group = await aGroup(fixture.deps);
  });

  async function numbersOf(query: HistoryQuery): Promise<readonly number[] | undefined> {
    return (await readHistory(store, group.target, query))?.map(({ sequence }) => sequence);
  }

  /** 999 events more, of which those with a number that ends in 0 have another name. */
  async function recordMany(): Promise<void> {
    const events = Array.from({ length: 999 }, (_, index): HistoryEvent =>
      (index + 2) % 10 === 0
        ? { event: 'group.deleted', by: 'tester' }
        : { event: 'group.converged', desired: 0, actual: 0 },
    );
    await commitDirectly(store, group.groupId, { events });
  }

  it('gives the history of a group that the tenant has, and of no other', async () => {
    const read = (tenantId: TenantId, groupId: GroupId): ReturnType<typeof readHistory> =>
      readHistory(store, { tenantId, groupId }, ALL);
    const { groupId, target } = group;

    expect(await read(TENANT, groupId)).to.have.length(1);
    expect(await read('other' as TenantId, groupId)).to.be.undefined;
    expect(await read(TENANT, 'xyz' as GroupId)).to.be.undefined;
    await deleteGroup(fixture.deps, target, { isForced: false, by: 'tester' });
    expect(await read(TENANT, groupId)).to.be.undefined;
  });

  it('fills a page with what passes the filter, however far apart that is', async () => {
    await recordMany();

    const oldest = await numbersOf({ ...RARE, limit: 40 });
    const newest = await numbersOf({ ...RARE, limit: 40, order: 'newest-first' });

    expect(oldest).to.deep.equal(Array.from({ length: 40 }, (_, index) => 10 * (index + 1)));
    expect(newest).to.deep.equal(Array.from({ length: 40 }, (_, index) => 1_000 - 10 * index));
  });

  it('goes on behind the last of the page before, and ends with a page that is not full', async () => {
    await recordMany();

    expect(await numbersOf({ ...RARE, limit: 2, from: 20 })).to.deep.equal([30, 40]);
    expect(await numbersOf({ ...RARE, limit: 2, from: 980 })).to.deep.equal([990, 1_000]);
    expect(await numbersOf({ ...RARE, limit: 2, from: 990 })).to.deep.equal([1_000]);
    expect(await numbersOf({ ...RARE, limit: 2, from: 1_000 })).to.deep.equal([]);
  });

  it('reads the history itself once where nothing is filtered', async () => {
    await recordMany();
    let readCount = 0;
    const counting = new Proxy(store, {
      get: (target, name) => {
        if (name === 'history') readCount += 1;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });

    await readHistory(counting, group.target, { ...ALL, limit: 100 });

    expect(readCount).to.equal(1);
  });
});
