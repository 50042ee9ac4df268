import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import { hasCode } from '../../../src/base/errors.ts';
import type { ErrorCode } from '../../../src/base/errors.ts';
import type { NodeId } from '../../../src/domain/ids.ts';
import { groupIdInRegion } from '../../../src/domain/partition/partition-of.ts';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import { openCluster } from '../../../src/server/cluster.ts';
import type { Foundation } from '../../../src/server/foundation.ts';
import { initCluster } from '../../../src/server/make-cluster.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';
import { eventually } from '../../support/eventually.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { configOf } from '../../support/settings.ts';

const REGIONS = ['east', 'west'];

describe('A node of a cluster', () => {
  let etcd: TestEtcd;
  let east: TestRedis;
  let west: TestRedis;
  let events: LutraEvent[];
  const opened: Foundation[] = [];
  before(async () => {
    [etcd, east, west] = await Promise.all([startEtcd(), aRedis(), aRedis()]);
    await initCluster(configOf('', settings()));
  });
  beforeEach(() => {
    events = [];
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((foundation) => foundation.close()));
  });
  after(() => Promise.all([etcd, east, west].map((server) => server.remove())));

  function aRedis(): Promise<TestRedis> {
    return startRedis({ fsync: 'always' });
  }

  function settings(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      LUTRA_ETCD_ENDPOINTS: etcd.urls.join(','),
      LUTRA_CLUSTER_REGIONS: REGIONS.join(','),
      LUTRA_CLUSTER_PARTITION_COUNT: '4',
      LUTRA_NODE_REGION: 'east',
      LUTRA_REDIS_URLS: `east=${east.url},west=${west.url}`,
      ...changes,
    };
  }

  async function open(changes: Readonly<Record<string, string>> = {}): Promise<Foundation> {
    const foundation = await openCluster(configOf('', settings(changes)), {
      node: 'node' as NodeId,
      observe: (event) => events.push(event),
    });
    opened.push(foundation);
    return foundation;
  }

  async function isRefused(
    changes: Readonly<Record<string, string>>,
    code: ErrorCode,
    why: RegExp,
  ): Promise<void> {
    const error = await rejection(open(changes));
    expect(hasCode(error, code), String(error)).to.equal(true);
    expect(String(error)).to.match(why);
  }

  it('says what keeps its writes, and what should be changed', async () => {
    const { stores } = await open();

    expect(stores().map(({ regions, kind }) => ({ regions, kind }))).to.deep.equal([
      { regions: ['east'], kind: 'redis' },
      { regions: ['west'], kind: 'redis' },
    ]);
    expect(stores()[0]?.durability).to.contain('appendfsync always');
    expect(events.map(({ event }) => event)).to.include('coordination.connected');
  });

  it('tells of every round trip to either kind of server', async () => {
    const { store } = await open();
    await store.group(groupIdInRegion(systemRandom.uuid(), 0));

    const calls = events.flatMap((event) => (event.event === 'server.called' ? [event] : []));
    expect(calls.map(({ server, operation }) => `${server} ${operation}`)).to.include.members([
      ...['etcd reading', 'redis hmget', 'redis groups'],
    ]);
    expect(calls.every(({ outcome }) => outcome === 'answered')).to.equal(true);
  });

  it('refuses an etcd in which the cluster was never made', async () => {
    await isRefused({ LUTRA_CLUSTER_NAME: 'other' }, 'coordination-empty', /lutra cluster init/);
  });

  it('refuses other partitions than the cluster was made with', async () => {
    const changes = { LUTRA_CLUSTER_PARTITION_COUNT: '64' };

    await isRefused(changes, 'config-invalid', /partitionCount is 64, and .* made with 4/);
  });

  it('refuses other regions, or the same in another order', async () => {
    await isRefused(
      { LUTRA_CLUSTER_REGIONS: 'west,east' },
      'config-invalid',
      /regions is west,east/,
    );
  });

  it('refuses not to know which region it is in', async () => {
    await isRefused({ LUTRA_NODE_REGION: '' }, 'config-invalid', /node\.region/);
  });

  it('refuses addresses that were mixed up', async () => {
    const changes = { LUTRA_REDIS_URLS: `east=${west.url},west=${east.url}` };

    await isRefused(changes, 'store-foreign', /region east: it is store .*\/west, not .*\/east/);
  });

  it('refuses a server that drops data when its memory is full', async () => {
    await west.send('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
    try {
      await isRefused({}, 'config-invalid', /region west.*noeviction/);
    } finally {
      await west.send('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    }
  });

  it('does not start where its own region does not answer', async () => {
    await east.kill();
    try {
      await isRefused({}, 'store-unavailable', /connecting to/);
    } finally {
      await east.start();
    }
  });

  it('starts where another region lost its store, and does without that one', async () => {
    await west.send('RENAME', '{lutra}:store', 'elsewhere');
    try {
      const { store } = await open();
      const inWest = groupIdInRegion(systemRandom.uuid(), REGIONS.indexOf('west'));

      const error = await rejection(store.group(inWest));
      expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
      expect(String(error)).to.contain('it holds no store');
      expect(events.some((event) => event.event === 'loop.failed')).to.equal(true);
    } finally {
      await west.send('RENAME', 'elsewhere', '{lutra}:store');
    }
  });

  it('starts where another region does not answer, and finds it when it does', async () => {
    const inWest = groupIdInRegion(systemRandom.uuid(), REGIONS.indexOf('west'));
    await west.kill();
    const { store } = await open().catch(async (error: unknown) => {
      await west.start();
      throw error;
    });
    expect(hasCode(await rejection(store.group(inWest)), 'store-unavailable')).to.equal(true);

    await west.start();

    await eventually('the region answers', () =>
      store.group(inWest).then(
        ({ group }) => group === undefined,
        () => false,
      ),
    );
  });
});
