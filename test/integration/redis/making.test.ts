import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { RedisConnection } from '../../../src/adapters/redis/connection.ts';
import { initStore, readIdentity, readRecord } from '../../../src/adapters/redis/init.ts';
import { keysOf, PROBE_KEY, STORE_KEY } from '../../../src/adapters/redis/keys.ts';
import { InvariantError } from '../../../src/base/assert.ts';
import { hasCode } from '../../../src/base/errors.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { LAYOUT, PARTITION } from '../../support/builders.ts';
import { closeRedis, connectRedis } from '../../support/redis-fixture.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';

const MADE = { identity: 'one', layout: LAYOUT };

describe('Making a store on Redis', () => {
  let redis: TestRedis;
  let connection: RedisConnection;
  beforeEach(async () => {
    redis = await startRedis();
    connection = await connectRedis({ place: { kind: 'single', url: redis.url } });
  });
  afterEach(async () => {
    await closeRedis();
    await redis.remove();
  });

  async function isForeign(promise: Promise<unknown>, why: RegExp): Promise<void> {
    const error = await rejection(promise);
    expect(hasCode(error, 'store-foreign'), String(error)).to.equal(true);
    expect(String(error)).to.match(why);
  }

  it('makes one that can be opened', async () => {
    await initStore(connection, MADE);

    expect(await readIdentity(connection, LAYOUT)).to.equal('one');
    expect(await redis.send('EXISTS', PROBE_KEY)).to.equal(0);
  });

  it('makes the very same store again without changing it', async () => {
    await initStore(connection, MADE);
    await redis.send('HSET', keysOf(PARTITION).fence, 'epoch', '7');

    await initStore(connection, MADE);

    expect(await redis.send('HGET', keysOf(PARTITION).fence, 'epoch')).to.equal('7');
  });

  it('completes one whose making was interrupted', async () => {
    await initStore(connection, MADE);
    await redis.send('HSET', STORE_KEY, 'complete', '');
    await redis.send('DEL', keysOf(PARTITION).fence);
    await isForeign(readIdentity(connection, LAYOUT), /interrupted/);

    await initStore(connection, MADE);

    expect(await readIdentity(connection, LAYOUT)).to.equal('one');
    expect(await redis.send('HGET', keysOf(PARTITION).fence, 'identity')).to.equal('one');
  });

  it('never gives a store back a fence that it lost', async () => {
    await initStore(connection, MADE);
    await redis.send('DEL', keysOf(PARTITION).fence);

    await initStore(connection, MADE);

    expect(await redis.send('EXISTS', keysOf(PARTITION).fence)).to.equal(0);
  });

  for (const layout of ['{"regions":', '[]', '{"regions":["here"]}']) {
    it(`refuses to say what is there where its partitions are recorded as ${layout}`, async () => {
      await initStore(connection, MADE);
      await redis.send('HSET', STORE_KEY, 'layout', layout);

      await isForeign(readRecord(connection), /not of our making/);
    });
  }

  it('refuses where another store is', async () => {
    await initStore(connection, MADE);

    await isForeign(
      initStore(connection, { ...MADE, identity: 'two' }),
      /it is store one, not two/,
    );
  });

  it('refuses a fence of another store', async () => {
    await redis.send('HSET', keysOf(PARTITION).fence, 'identity', 'two');

    await isForeign(initStore(connection, MADE), /it holds one of store two/);
  });

  it('refuses a store of other partitions', async () => {
    await initStore(connection, MADE);
    const layout = { ...LAYOUT, count: 3 };

    await isForeign(initStore(connection, { ...MADE, layout }), /made with the partitions/);
    await isForeign(readIdentity(connection, layout), /made with the partitions/);
  });

  it('refuses a store of a newer format', async () => {
    await initStore(connection, MADE);
    await redis.send('HSET', STORE_KEY, 'format', '2');

    await isForeign(initStore(connection, MADE), /a newer Lutra wrote it/);
    await isForeign(readIdentity(connection, LAYOUT), /a newer Lutra wrote it/);
  });

  it('does not open what is no store', async () => {
    const where = `Redis at 127\\.0\\.0\\.1:${String(redis.port)}/0: it holds no store.*redis\\.urls.*restore`;
    await isForeign(readIdentity(connection, LAYOUT), new RegExp(where));
  });

  it('takes a region whose name does not fit into a key for a broken invariant', async () => {
    const layout = { ...LAYOUT, regions: ['a}b'] };

    expect(await rejection(initStore(connection, { ...MADE, layout }))).to.be.instanceOf(
      InvariantError,
    );
  });

  it('finds out before it makes anything that its user may not do all that it needs', async () => {
    await redis.send('ACL', 'SETUSER', 'half', 'on', '>secret', '~*', '&*', '+@all', '-zrem');
    const url = `redis://half:secret@127.0.0.1:${String(redis.port)}`;
    const limited = await connectRedis({ place: { kind: 'single', url } });

    const error = await rejection(initStore(limited, MADE));
    await limited.close();

    expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
    expect(String(error)).to.match(/can't run this command/);
    expect(await redis.send('EXISTS', STORE_KEY)).to.equal(0);
  });

  it('does not connect where nobody listens, and leaves nothing behind', async () => {
    const error = await rejection(
      connectRedis({ place: { kind: 'single', url: 'redis://127.0.0.1:1' } }),
    );

    expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
  });
});
