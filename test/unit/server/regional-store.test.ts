import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { createMemoryState } from '../../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../../src/adapters/memory/store.ts';
import { plusMs } from '../../../src/base/clock.ts';
import { hasCode } from '../../../src/base/errors.ts';
import type { GroupId, PartitionId, TenantId } from '../../../src/domain/ids.ts';
import {
  groupIdInRegion,
  partitionId,
  partitionOf,
} from '../../../src/domain/partition/partition-of.ts';
import type { PartitionLayout } from '../../../src/domain/partition/partition-of.ts';
import { NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type { CommitResult } from '../../../src/ports/store.ts';
import { RegionalStore } from '../../../src/server/regional-store.ts';
import { aCommitId, anEvent, aToken, aUnit, START, TENANT } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FaultyStore, rejectWith } from '../../support/faulty-store.ts';
import { rejectionOf } from '../../support/scaling.ts';

const LAYOUT: PartitionLayout = { regions: ['eu', 'us', 'asia/east'], count: 2 };
const NEWEST_FIRST = { from: undefined, order: 'newest-first', limit: 10 } as const;

/** The `number`-th of the ids in ascending order; the region of each is the index. */
function id(number: number, regionIndex: number): GroupId {
  const digits = String(number).padStart(8, '0');
  return groupIdInRegion(`${digits}-0000-4000-8000-000000000000`, regionIndex);
}

function partition(groupId: GroupId): PartitionId {
  return partitionOf(groupId, LAYOUT) ?? expect.fail('the id is of no region');
}

interface Fixture {
  readonly store: RegionalStore;
  /** Serves eu and asia/east. */
  readonly first: FaultyStore;
  readonly firstClock: FakeClock;
  /** Serves us. */
  readonly second: FaultyStore;
  readonly secondClock: FakeClock;
}

function aFixture(): Fixture {
  const [firstClock, secondClock] = [new FakeClock(START), new FakeClock(plusMs(START, 50))];
  const [first, second] = [firstClock, secondClock].map(
    (clock, index) =>
      new FaultyStore(
        new MemoryStore(createMemoryState({ identity: String(index), layout: LAYOUT }), clock),
      ),
  );
  if (first === undefined || second === undefined) throw new Error('two were made');
  const store = new RegionalStore({
    ...{ identity: 'all', layout: LAYOUT },
    shards: [
      { regions: ['eu', 'asia/east'], store: first },
      { regions: ['us'], store: second },
    ],
  });
  return { store, first, firstClock, second, secondClock };
}

describe('RegionalStore', () => {
  let at: Fixture;
  beforeEach(() => {
    at = aFixture();
  });

  async function create(...groupIds: readonly GroupId[]): Promise<void> {
    for (const [index, groupId] of groupIds.entries()) {
      const { now } = await at.store.group(groupId);
      const unit = aUnit({
        groupId,
        commitId: aCommitId(index),
        decidedAt: now,
        events: [anEvent()],
      });
      const commit = await at.store.commit(partition(groupId), NOT_AN_OWNER, [unit]);
      expect(commit).to.deep.include({ kind: 'answered', results: ['committed'] });
    }
  }

  async function page(after: string | undefined, limit: number): Promise<readonly string[]> {
    const { groups } = await at.store.groups(TENANT, { after, limit });
    return groups.map(({ groupId }) => groupId);
  }

  describe('with what is about one partition', () => {
    const TOKEN = aToken();
    const REQUEST = { groupId: id(1, 0), holder: 'a', ttlMs: 1 };
    const PAGE = { after: undefined, limit: 1 };
    const SETTLE = { ...REQUEST, generation: 1, set: {}, next: 'clear', events: [] } as const;
    const CALLS: readonly {
      readonly method: string;
      readonly call: (store: RegionalStore, partition: PartitionId) => Promise<unknown>;
    }[] = [
      { method: 'acquire', call: (store, of) => store.acquire(of, TOKEN) },
      { method: 'due', call: (store, of) => store.due(of, 1) },
      { method: 'commit', call: (store, of) => store.commit(of, TOKEN, []) },
      { method: 'divergent', call: (store, of) => store.divergent(of, 1) },
      { method: 'lock', call: (store, of) => store.lock(of, TOKEN, REQUEST) },
      { method: 'renew', call: (store, of) => store.renew(of, TOKEN, REQUEST) },
      { method: 'settle', call: (store, of) => store.settle(of, TOKEN, SETTLE) },
      { method: 'walk', call: (store, of) => store.walk(of, PAGE) },
    ];
    for (const { method, call } of CALLS) {
      it(`asks the store of its region, and no other, to ${method}`, async () => {
        at.first.plan = () => () => Promise.resolve('the first' as never);
        at.second.plan = () => () => Promise.resolve('the second' as never);

        const answers = [];
        for (const region of LAYOUT.regions) {
          answers.push(await call(at.store, partitionId(region, 1)));
        }

        expect(answers).to.deep.equal(['the first', 'the second', 'the first']);
        const calls = [...at.first.calls, ...at.second.calls];
        expect(calls.map((made) => [made.method, made.args[0]])).to.deep.equal([
          [method, 'eu/1'],
          [method, 'asia/east/1'],
          [method, 'us/1'],
        ]);
      });
    }

    it('goes on in one region while the store of another is out of reach', async () => {
      at.second.plan = () => rejectWith('store-unavailable');

      await create(id(1, 0));

      expect((await at.store.group(id(1, 0))).group?.groupId).to.equal(id(1, 0));
      const error = await rejectionOf(at.store.group(id(1, 1)));
      expect(hasCode(error, 'store-unavailable')).to.equal(true);
    });

    it('hears of a commit in the region that it subscribed in, until it unsubscribes', async () => {
      const woken: string[] = [];
      const stops = LAYOUT.regions.map((region) =>
        [0, 1].map((index) =>
          at.store.subscribe(partitionId(region, index), () => woken.push(region)),
        ),
      );
      const marked = (groupId: GroupId): Promise<unknown> => {
        const unit = aUnit({ groupId, decidedAt: START, divergence: 'mark' });
        return at.store.commit(partition(groupId), NOT_AN_OWNER, [unit]);
      };

      await marked(id(1, 1));
      await at.secondClock.advance(0);
      for (const stop of stops.flat()) stop();
      await marked(id(2, 1));
      await at.secondClock.advance(0);

      expect(woken).to.deep.equal(['us']);
    });
  });

  describe('with what is about one group', () => {
    it('asks the store of its region, with its clock', async () => {
      await create(id(1, 0), id(2, 1), id(3, 2));

      const reads = await Promise.all([id(1, 0), id(2, 1), id(3, 2)].map(at.store.group));
      const histories = await Promise.all(
        [id(1, 0), id(2, 1), id(3, 2)].map((groupId) => at.store.history(groupId, NEWEST_FIRST)),
      );

      expect(reads.map(({ now, group }) => [now - START, group?.groupId])).to.deep.equal([
        [0, id(1, 0)],
        [50, id(2, 1)],
        [0, id(3, 2)],
      ]);
      expect(histories.map(({ length }) => length)).to.deep.equal([1, 1, 1]);
    });

    it('answers that there is none where the id names no region, by any store that answers', async () => {
      at.first.plan = () => rejectWith('store-unavailable');

      expect(await at.store.group(id(1, 3))).to.deep.equal({
        now: plusMs(START, 50),
        group: undefined,
      });
      expect(await at.store.history(id(1, 3), NEWEST_FIRST)).to.deep.equal([]);
    });

    it('is unavailable about such an id where no store answers', async () => {
      at.first.plan = () => rejectWith('store-unavailable');
      at.second.plan = () => rejectWith('store-unavailable');

      const error = await rejectionOf(at.store.group(id(1, 3)));

      expect(hasCode(error, 'store-unavailable')).to.equal(true);
    });
  });

  describe('with what is about all groups of a tenant', () => {
    const ALL = [id(1, 0), id(2, 0), id(3, 2), id(4, 1), id(5, 2), id(6, 1), id(7, 1)];

    it('merges the lists of all stores in ascending order of id', async () => {
      await create(...ALL.toReversed());

      expect(await page(undefined, 100)).to.deep.equal(ALL);
      expect(await at.store.countGroups(TENANT)).to.equal(7);
      expect(await at.store.countGroups('nobody' as TenantId)).to.equal(0);
    });

    for (const limit of [1, 2, 3, 4, 7]) {
      it(`lists each once, in pages of ${String(limit)} of which only the last is short`, async () => {
        await create(...ALL);

        const pages: (readonly string[])[] = [];
        do {
          pages.push(await page(pages.at(-1)?.at(-1), limit));
        } while (pages.at(-1)?.length === limit);

        const wholeCount = Math.floor(ALL.length / limit);
        expect(pages).to.deep.equal(
          Array.from({ length: wholeCount + 1 }, (_, index) =>
            ALL.slice(index * limit, (index + 1) * limit),
          ),
        );
      });
    }

    it('leaves a new group the room that the groups of all stores leave', async () => {
      await create(id(1, 0), id(4, 1));
      const groupId = id(6, 1);
      const { now: decidedAt } = await at.store.group(groupId);
      const createWithin = (listingMax: number): Promise<CommitResult> =>
        at.store.commit(partition(groupId), NOT_AN_OWNER, [
          aUnit({ groupId, commitId: aCommitId(6), decidedAt, listingMax }),
        ]);

      expect(await createWithin(2)).to.deep.include({ results: ['full'] });
      expect(await createWithin(3)).to.deep.include({ results: ['committed'] });
    });

    it('answers with the earliest of their clocks', async () => {
      const before = await at.store.groups(TENANT, { after: undefined, limit: 1 });
      at.firstClock.stepWall(100);
      const after = await at.store.groups(TENANT, { after: undefined, limit: 1 });

      expect([before.now - START, after.now - START]).to.deep.equal([0, 50]);
    });

    for (const name of ['first', 'second'] as const) {
      it(`leaves nothing out where the ${name} store is out of reach: it is unavailable`, async () => {
        await create(...ALL);
        at[name].plan = () => rejectWith('store-unavailable');

        const errors = [
          await rejectionOf(at.store.groups(TENANT, { after: undefined, limit: 2 })),
          await rejectionOf(at.store.countGroups(TENANT)),
        ];

        expect(errors.map((error) => hasCode(error, 'store-unavailable'))).to.deep.equal([
          true,
          true,
        ]);
      });
    }
  });

  it('closes every store, also where one cannot be closed, and says so', async () => {
    const close = at.first.close.bind(at.first);
    at.first.close = async () => {
      await close();
      throw new Error('the first store does not close');
    };

    const error = await rejectionOf(at.store.close());

    expect(error).to.have.property('message', 'the first store does not close');
    for (const store of [at.first, at.second]) {
      const closed = await rejectionOf(store.group(id(1, 0)));
      expect(hasCode(closed, 'store-unavailable')).to.equal(true);
    }
  });

  it('is not made where a region has no store', () => {
    const shards = [{ regions: ['eu', 'us'], store: at.first }];

    expect(() => new RegionalStore({ identity: 'all', layout: LAYOUT, shards })).to.throw(
      /asia\/east/,
    );
  });
});
