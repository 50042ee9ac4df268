import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { EtcdConnection } from '../../../src/adapters/etcd/connection.ts';
import { readSettings } from '../../../src/adapters/etcd/init.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import { hasCode } from '../../../src/base/errors.ts';
import type { ErrorCode } from '../../../src/base/errors.ts';
import type { Config } from '../../../src/config/schema.ts';
import { etcdSettings } from '../../../src/server/cluster-settings.ts';
import { initCluster, recoverCluster } from '../../../src/server/make-cluster.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { configOf } from '../../support/settings.ts';

describe('Making a cluster', () => {
  let etcd: TestEtcd;
  let east: TestRedis;
  let west: TestRedis;
  let config: Config;
  before(async () => {
    [etcd, east, west] = await Promise.all([
      startEtcd(),
      startRedis({ fsync: 'always' }),
      startRedis({ fsync: 'always' }),
    ]);
  });
  beforeEach(async () => {
    await Promise.all([east, west].map((redis) => redis.send('FLUSHALL')));
    config = configOf('', settings());
  });
  afterEach(async () => {
    await etcd.ctl('del', '--prefix', '/lutra/');
  });
  after(() => Promise.all([etcd, east, west].map((server) => server.remove())));

  function settings(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      LUTRA_ETCD_ENDPOINTS: etcd.urls.join(','),
      LUTRA_CLUSTER_REGIONS: 'east,west',
      LUTRA_CLUSTER_PARTITION_COUNT: '4',
      LUTRA_NODE_REGION: 'east',
      LUTRA_REDIS_URLS: `east=${east.url},west=${west.url}`,
      LUTRA_PROVIDERS_WEBHOOK_SIGNING_KEY_FILE: '/signing.key',
      ...changes,
    };
  }

  async function isRefused(work: Promise<unknown>, code: ErrorCode, why: RegExp): Promise<void> {
    const error = await rejection(work);
    expect(hasCode(error, code), String(error)).to.equal(true);
    expect(String(error)).to.match(why);
  }

  async function settingsInEtcd(): ReturnType<typeof readSettings> {
    const deps = { clock: systemClock, random: systemRandom };
    const connection = new EtcdConnection(await etcdSettings(config), deps);
    try {
      return await readSettings(connection);
    } finally {
      connection.close();
    }
  }

  async function identities(): Promise<readonly unknown[]> {
    return Promise.all(
      [east, west].map((redis) => redis.send('HGET', '{lutra}:store', 'identity')),
    );
  }

  it('gives etcd and every store the same identity, each store with its regions', async () => {
    const made = await initCluster(config);

    expect(made).to.deep.include({ regions: ['east', 'west'], partitionCount: 4, wasThere: false });
    expect((await settingsInEtcd())?.identity).to.equal(made.identity);
    expect(await identities()).to.deep.equal([`${made.identity}/east`, `${made.identity}/west`]);
  });

  it('makes one store for regions that share a server', async () => {
    config = configOf('', settings({ LUTRA_REDIS_URLS: east.url }));

    const { identity } = await initCluster(config);

    expect(await identities()).to.deep.equal([`${identity}/east+west`, null]);
  });

  it('changes nothing when it is done again', async () => {
    const first = await initCluster(config);
    await east.send('HSET', '{east/0}:fence', 'epoch', '7');

    expect(await initCluster(config)).to.deep.equal({ ...first, wasThere: true });
    expect(await east.send('HGET', '{east/0}:fence', 'epoch')).to.equal('7');
  });

  it('completes what was interrupted before all stores were made', async () => {
    const { identity } = await initCluster(config);
    await west.send('FLUSHALL');
    await etcd.ctl('del', '/lutra/lutra/stores');

    expect(await initCluster(config)).to.deep.include({ identity, wasThere: false });
    expect(await identities()).to.deep.equal([`${identity}/east`, `${identity}/west`]);
  });

  it('does not begin a store anew that was emptied', async () => {
    await initCluster(config);
    await west.send('FLUSHALL');

    const lost = `west, 127\\.0\\.0\\.1:${String(west.port)}/0, is empty, though.*redis\\.urls leads elsewhere`;
    await isRefused(initCluster(config), 'store-foreign', new RegExp(lost));
    expect((await identities())[1]).to.equal(null);
  });

  it('does not claim stores whose cluster etcd has lost', async () => {
    await initCluster(config);
    await etcd.ctl('del', '--prefix', '/lutra/');

    await isRefused(initCluster(config), 'store-foreign', /lutra cluster recover/);
    expect(await settingsInEtcd()).to.equal(undefined);
  });

  it('does not take the store of another region for its own', async () => {
    await initCluster(config);
    const swapped = settings({ LUTRA_REDIS_URLS: `east=${west.url},west=${east.url}` });

    await isRefused(
      initCluster(configOf('', swapped)),
      'store-foreign',
      /east, 127[^ ]*, holds store .*west, not/,
    );
  });

  it('refuses another layout than the cluster was made with', async () => {
    await initCluster(config);
    const other = configOf('', settings({ LUTRA_CLUSTER_PARTITION_COUNT: '8' }));

    await isRefused(initCluster(other), 'config-invalid', /partitionCount is 8, .* made with 4/);
  });

  it('refuses a server that drops data when its memory is full, and writes nothing', async () => {
    await west.send('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    try {
      await isRefused(initCluster(config), 'config-invalid', /west.*noeviction/);
    } finally {
      await west.send('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    }
    expect(await identities()).to.deep.equal([null, null]);
    expect(await settingsInEtcd()).to.equal(undefined);
  });

  it('keeps a strict promise or refuses to make it', async () => {
    const strict = settings({ LUTRA_STORE_DURABILITY: 'strict' });
    await west.send('CONFIG', 'SET', 'appendfsync', 'everysec');
    try {
      await isRefused(
        initCluster(configOf('', strict)),
        'config-invalid',
        /west.*strict.*everysec/,
      );
    } finally {
      await west.send('CONFIG', 'SET', 'appendfsync', 'always');
    }

    expect(await initCluster(configOf('', strict))).to.deep.include({ wasThere: false });
  });

  it('can be recovered from the stores where etcd has lost it', async () => {
    const { identity } = await initCluster(config);
    await etcd.ctl('del', '--prefix', '/lutra/');

    const recovered = await recoverCluster(config);

    expect(recovered).to.deep.include({ identity, wasThere: false });
    expect((await settingsInEtcd())?.identity).to.equal(identity);
    expect(await etcd.ctl('get', '--print-value-only', '/lutra/lutra/epoch')).to.equal('1\n');
    expect(await initCluster(config)).to.deep.include({ identity, wasThere: true });
  });

  it('is left alone by a recovery where etcd has it', async () => {
    const { identity } = await initCluster(config);

    expect(await recoverCluster(config)).to.deep.include({ identity, wasThere: true });
    expect(await etcd.ctl('get', '--print-value-only', '/lutra/lutra/epoch')).to.equal('0\n');
  });

  it('is completed by a recovery where half of it is there', async () => {
    await initCluster(config);
    await etcd.ctl('del', '/lutra/lutra/epoch');

    await recoverCluster(config);

    expect(await etcd.ctl('get', '--print-value-only', '/lutra/lutra/epoch')).to.equal('0\n');
  });

  it('cannot be recovered from stores that are empty or of different clusters', async () => {
    await isRefused(
      recoverCluster(config),
      'store-foreign',
      /east, 127.*:\d+\/0, holds no store.*redis\.urls leads elsewhere/,
    );
    await initCluster(config);
    await etcd.ctl('del', '--prefix', '/lutra/');
    await west.send('HSET', '{lutra}:store', 'identity', 'another/west');

    await isRefused(recoverCluster(config), 'store-foreign', /different clusters/);
    expect(await settingsInEtcd()).to.equal(undefined);
  });
});
