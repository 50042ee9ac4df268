/** How many groups a tenant may have, where regions have a Redis each. */
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { RedisConnection } from '../../../src/adapters/redis/connection.ts';
import { initStore } from '../../../src/adapters/redis/init.ts';
import { RedisStore } from '../../../src/adapters/redis/store.ts';
import type { CountElsewhere } from '../../../src/adapters/redis/tenants.ts';
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

  it('is never exceeded by many that create in both at once, and is filled by those that come later', async () => {
    const store = bothRegions();

    const atOnce = await Promise.all(
      Array.from({ length: 6 * MAX }, (_, index) => createIn(index % 2, store)),
    );
    const created = atOnce.filter((result) => result === 'committed').length;
    const listed = await store.countGroups(TENANT);
    const later: (UnitResult | undefined)[] = [];
    for (let count = created; count <= MAX; count += 1) {
      later.push(await createIn(count % 2, store));
    }

    expect(created).to.be.at.most(MAX);
    expect(listed).to.equal(created);
    expect(later).to.deep.equal([...later.slice(1).map(() => 'committed'), 'full']);
    expect(await store.countGroups(TENANT)).to.equal(MAX);
  });

  it('is given to none of two that take the last of it in the same moment, and stays free', async () => {
    const store = bothRegions();
    for (let count = 1; count < MAX; count += 1) await createIn(0, store);
    let placedCount = 0;
    let go: () => void = () => undefined;
    const haveBothPlaces = new Promise<void>((resolve) => {
      go = resolve;
    });
    const apart = LAYOUT.regions.map((region, index) =>
      storeIn(index, async (tenantId) => {
        placedCount += 1;
        if (placedCount === LAYOUT.regions.length) go();
        await haveBothPlaces;
        return store.countElsewhere([region], tenantId);
      }),
    );

    const results = await Promise.all(apart.map((own, region) => createIn(region, own)));

    expect(results).to.deep.equal(['full', 'full']);
    expect(await store.countGroups(TENANT)).to.equal(MAX - 1);
    expect(await createIn(1, store)).to.equal('committed');
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
