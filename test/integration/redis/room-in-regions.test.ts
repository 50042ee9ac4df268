/** How many groups a tenant may have, where regions have a Redis each. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { RedisConnection } from '../../../src/adapters/redis/connection.ts';
import { initStore } from '../../../src/adapters/redis/init.ts';
import { claimsKey, tenantKey } from '../../../src/adapters/redis/keys.ts';
import { RedisStore } from '../../../src/adapters/redis/store.ts';
import type { CountElsewhere } from '../../../src/adapters/redis/places.ts';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import { LutraError } from '../../../src/base/errors.ts';
import type { CommitId } from '../../../src/domain/ids.ts';
import { groupIdInRegion, partitionOf } from '../../../src/domain/partition/partition-of.ts';
import { ABSENT, NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type { Store, Unit, UnitResult } from '../../../src/ports/store.ts';
import { RegionalStore } from '../../../src/server/regional-store.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { aUnit, LAYOUT, TENANT } from '../../support/builders.ts';
import { closeRedis, connectRedis } from '../../support/redis-fixture.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';

const MAX = 4;
const TRIES_MAX = 40;

/** Lets those who come wait until all have come. */
class Gathering {
  #missing: number;
  readonly #all: Promise<void>;
  #open: () => void = () => undefined;

  constructor(count: number) {
    this.#missing = count;
    this.#all = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  come(): Promise<void> {
    this.#missing -= 1;
    if (this.#missing === 0) this.#open();
    return this.#all;
  }
}

describe('A tenant’s room for groups in two regions', () => {
  const servers: TestRedis[] = [];
  before(async () => {
    for (let count = 0; count < 2; count += 1) servers.push(await startRedis());
  });
  after(async () => {
    for (const server of servers.splice(0)) await server.remove();
  });

  let connections: readonly RedisConnection[];
  beforeEach(async () => {
    connections = await Promise.all(
      servers.map(({ url }) => connectRedis({ place: { kind: 'single', url } })),
    );
    for (const [index, connection] of connections.entries()) {
      await connection.send('FLUSHALL');
      await initStore(connection, madeIn(index));
    }
  });
  afterEach(closeRedis);

  function madeIn(region: number): { readonly identity: string; readonly layout: typeof LAYOUT } {
    return { identity: `store ${String(region)}`, layout: LAYOUT };
  }

  /** The store of a region, which asks for the other one's groups in its own way. */
  function storeIn(region: number, countElsewhere: CountElsewhere): RedisStore {
    const connection = connections[region];
    if (connection === undefined) throw new Error(`there is no region ${String(region)}`);
    return new RedisStore(connection, { ...madeIn(region), countElsewhere });
  }

  /** The store of both regions, as nodes make it. */
  function bothRegions(): RegionalStore {
    const shards = LAYOUT.regions.map((region, index) => ({
      regions: [region],
      store: storeIn(index, (tenantId) => store.countElsewhere([region], tenantId)),
    }));
    const store: RegionalStore = new RegionalStore({ identity: 'both', layout: LAYOUT, shards });
    return store;
  }

  async function creationIn(region: number, store: Store): Promise<Unit> {
    const groupId = groupIdInRegion(systemRandom.uuid(), region);
    return aUnit({
      ...{ groupId, commitId: systemRandom.uuid() as CommitId },
      ...{ expectVersion: ABSENT, listingMax: MAX },
      decidedAt: (await store.group(groupId)).now,
    });
  }

  async function commit(store: Store, unit: Unit): Promise<UnitResult | undefined> {
    const partition = partitionOf(unit.groupId, LAYOUT);
    if (partition === undefined) throw new Error('a group has a partition');
    const result = await store.commit(partition, NOT_AN_OWNER, [unit]);
    return result.kind === 'answered' ? result.results[0] : undefined;
  }

  async function createIn(region: number, store: Store): Promise<UnitResult | undefined> {
    return commit(store, await creationIn(region, store));
  }

  /** As requests do: what is stale is decided again in a moment. */
  async function createInTheEnd(region: number, store: Store): Promise<UnitResult | undefined> {
    for (let tryCount = 1; ; tryCount += 1) {
      const result = await createIn(region, store);
      if (result !== 'stale' || tryCount === TRIES_MAX) return result;
      await sleep(2 ** Math.min(tryCount, 6) * systemRandom.fraction());
    }
  }

  it('is never exceeded by many that create in both at once, and all of it is given to them', async () => {
    const store = bothRegions();

    const results = await Promise.all(
      Array.from({ length: 6 * MAX }, (_, index) => createInTheEnd(index % 2, store)),
    );

    expect(results.filter((result) => result === 'committed')).to.have.length(MAX);
    expect(results.filter((result) => result === 'full')).to.have.length(5 * MAX);
    expect(await store.countGroups(TENANT)).to.equal(MAX);
  });

  it('is given to none of two that take the last of it in the same moment, and stays free', async () => {
    const store = bothRegions();
    for (let count = 1; count < MAX; count += 1) await createIn(0, store);
    const bothPlaces = new Gathering(LAYOUT.regions.length);
    const apart = LAYOUT.regions.map((region, index) =>
      storeIn(index, async (tenantId) => {
        await bothPlaces.come();
        return store.countElsewhere([region], tenantId);
      }),
    );

    const results = await Promise.all(apart.map((own, region) => createIn(region, own)));

    expect(results).to.deep.equal(['stale', 'stale']);
    expect(await store.countGroups(TENANT)).to.equal(MAX - 1);
    expect(await createIn(1, store)).to.equal('committed');
  });

  it('is waited for by whoever wants the same group, and given back for nobody else', async () => {
    const looked = new Gathering(2);
    const isOver = new Gathering(2);
    const slow = storeIn(0, async () => {
      await looked.come();
      await isOver.come();
      return MAX;
    });
    const other = storeIn(0, () => Promise.resolve(0));
    const first = await creationIn(0, slow);
    const second = { ...first, commitId: systemRandom.uuid() as CommitId };
    const slowly = commit(slow, first);
    await looked.come();

    const meanwhile = await commit(other, second);
    await isOver.come();
    const given = await slowly;
    const afterwards = await commit(other, second);

    expect([meanwhile, given, afterwards]).to.deep.equal(['stale', 'stale', 'committed']);
    expect(await other.countGroups(TENANT)).to.equal(1);
  });

  it('is taken over from who has claimed it and not come back, and not from who may', async () => {
    const store = storeIn(0, () => Promise.resolve(0));
    const unit = await creationIn(0, store);
    const claimSince = async (since: number): Promise<void> => {
      await connections[0]?.send('ZADD', tenantKey(TENANT), '0', unit.groupId);
      await connections[0]?.send('HSET', claimsKey(TENANT), unit.groupId, `x ${String(since)}`);
    };

    await claimSince(unit.decidedAt);
    const early = await commit(store, unit);
    await claimSince(unit.decidedAt - 61_000);
    const late = await commit(store, unit);

    expect([early, late]).to.deep.equal(['stale', 'committed']);
    expect(await store.countGroups(TENANT)).to.equal(1);
  });

  it('is not counted on by who lost the claim while looking at the other store', async () => {
    let unit: Unit | undefined = undefined;
    const store = storeIn(0, async () => {
      await connections[0]?.send('HSET', claimsKey(TENANT), unit?.groupId ?? '', 'another 0');
      return 0;
    });
    unit = await creationIn(0, store);

    expect(await commit(store, unit)).to.equal('stale');
    expect((await store.group(unit.groupId)).group).to.equal(undefined);
    expect(await store.countGroups(TENANT)).to.equal(1);
  });

  it('is taken by each group that there is, however often and wherever each is asked for', async () => {
    for (let round = 0; round < 20; round += 1) {
      const stores = [bothRegions(), bothRegions()];
      const [one] = stores;
      if (one === undefined) throw new Error('two were made');
      const wanted = await Promise.all([0, 1, 0, 1, 0, 1].map((region) => creationIn(region, one)));
      await Promise.all(
        [...wanted, ...wanted].map((unit, index) =>
          commit(stores[index % 2] ?? one, {
            ...{ ...unit, commitId: systemRandom.uuid() as CommitId },
            listingMax: 2,
          }),
        ),
      );

      const found = await Promise.all(wanted.map(({ groupId }) => one.group(groupId)));
      const there = found.flatMap(({ group }) => group?.groupId ?? []);
      const page = await one.groups(TENANT, { after: undefined, limit: 100 });
      expect(page.groups.map(({ groupId }) => groupId)).to.have.members(there);
      expect(await one.countGroups(TENANT)).to.equal(there.length);
      expect(there.length).to.be.at.most(2);
      for (const connection of connections) await connection.send('UNLINK', tenantKey(TENANT));
    }
  });

  it('is not taken by a group that could not be judged', async () => {
    const away = new LutraError('store-unavailable', 'the other region is away');
    const store = storeIn(0, () => Promise.reject(away));

    const error = await rejection(createIn(0, store));

    expect(error).to.equal(away);
    expect(await store.countGroups(TENANT)).to.equal(0);
  });

  it('is there for the repeat of a creation, however many there are elsewhere by now', async () => {
    let elsewhere = 0;
    const store = storeIn(0, () => Promise.resolve(elsewhere));
    const unit = await creationIn(0, store);
    const first = await commit(store, unit);
    elsewhere = 10 * MAX;

    expect([first, await commit(store, unit)]).to.deep.equal(['committed', 'committed']);
    expect(await store.countGroups(TENANT)).to.equal(1);
  });
});
