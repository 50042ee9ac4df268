import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { readDurability } from '../../../src/adapters/redis/server-facts.ts';
import type { Durability } from '../../../src/adapters/redis/server-facts.ts';
import { closeRedis, connectRedis } from '../../support/redis-fixture.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis, TestRedisOptions } from '../../support/redis-server.ts';
import { startReplica } from '../../support/redis-topologies.ts';

describe('What a Redis says it keeps', () => {
  const servers: TestRedis[] = [];
  afterEach(closeRedis);
  afterEach(async () => {
    for (const server of servers.splice(0).reverse()) await server.remove();
  });

  async function aServer(options: TestRedisOptions): Promise<TestRedis> {
    const redis = await startRedis(options);
    servers.push(redis);
    return redis;
  }

  async function durabilityOf(url: string): Promise<Durability> {
    const connection = await connectRedis({ place: { kind: 'single', url } });
    const durability = await readDurability(connection);
    await connection.close();
    return durability;
  }

  for (const { fsync, promise, isStrict } of [
    { fsync: 'always', promise: 'always', isStrict: true },
    { fsync: 'everysec', promise: 'everysec', isStrict: false },
    { fsync: 'off', promise: 'none', isStrict: false },
  ] as const) {
    it(`reads that it syncs: ${fsync}`, async () => {
      const { url } = await aServer({ fsync });

      const durability = await durabilityOf(url);

      expect(durability).to.deep.include({ promise, isStrict, replicaCount: 0, problems: [] });
    });
  }

  it('reads that it has a replica that it does not insist on', async () => {
    const primary = await aServer({ fsync: 'always' });
    servers.push(await startReplica(primary));

    const durability = await durabilityOf(primary.url);

    expect(durability).to.deep.include({ promise: 'always', isStrict: false, replicaCount: 1 });
    expect(durability.problems.join()).to.match(/min-replicas-to-write is 0/);
  });

  it('reads that it would drop groups when its memory is full', async () => {
    const { url } = await aServer({
      fsync: 'always',
      settings: ['maxmemory-policy', 'allkeys-lru'],
    });

    const durability = await durabilityOf(url);

    expect(durability.isStrict).to.equal(false);
    expect(durability.problems.join()).to.match(/maxmemory-policy is allkeys-lru/);
  });

  it('says what it may not read, and relies on the worse', async () => {
    const redis = await aServer({ fsync: 'always' });
    await redis.send('ACL', 'SETUSER', 'shy', 'on', '>secret', '~*', '&*', '+@all', '-config');

    const durability = await durabilityOf(`redis://shy:secret@127.0.0.1:${String(redis.port)}`);

    expect(durability).to.deep.include({ promise: 'none', isStrict: false });
    expect(durability.problems.join()).to.match(/appendfsync could not be read/);
  });
});
