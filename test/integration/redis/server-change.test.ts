import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { commitBatch } from '../../../src/adapters/redis/commit.ts';
import { keysOf } from '../../../src/adapters/redis/keys.ts';
import { readServerFacts } from '../../../src/adapters/redis/server-facts.ts';
import { hasCode } from '../../../src/base/errors.ts';
import type { FencingToken, TenantId } from '../../../src/domain/ids.ts';
import { rejection } from '../../contract/store-fixture.ts';
import type { Store } from '../../../src/ports/store.ts';
import { aGroupId, aToken, PARTITION } from '../../support/builders.ts';
import { eventually } from '../../support/eventually.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis, TestRedisOptions } from '../../support/redis-server.ts';
import { startReplica } from '../../support/redis-topologies.ts';
import { startProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import { aNode, commitNow, IDENTITY, own, stateOf } from './redis-world.ts';
import type { TestNode } from './redis-world.ts';

const REQUEST = { groupId: aGroupId(), holder: 'pass-1', ttlMs: 60_000 };

/** Every write of an owner. */
const OWNER_WRITES = [
  {
    name: 'commit',
    call: (store: Store, token: FencingToken) => commitNow(store, { set: { state: 's' } }, token),
  },
  {
    name: 'lock',
    call: (store: Store, token: FencingToken) => store.lock(PARTITION, token, REQUEST),
  },
  {
    name: 'renew',
    call: (store: Store, token: FencingToken) => store.renew(PARTITION, token, REQUEST),
  },
  {
    name: 'settle',
    call: (store: Store, token: FencingToken) =>
      store.settle(PARTITION, token, {
        ...{ groupId: REQUEST.groupId, holder: REQUEST.holder, generation: 0 },
        ...{ set: {}, next: 'clear', events: [] },
      }),
  },
] as const;

describe('A change of the Redis server behind the connection', function serverChange() {
  this.timeout(30_000);
  const open: { readonly remove: () => Promise<void> }[] = [];
  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.remove();
  });

  async function aServer(options?: TestRedisOptions): Promise<TestRedis> {
    const redis = await startRedis(options);
    open.push(redis);
    return redis;
  }

  async function aReplica(
    ...[primary, options]: Parameters<typeof startReplica>
  ): Promise<TestRedis> {
    const redis = await startReplica(primary, options);
    open.push(redis);
    return redis;
  }

  async function aProxy(port: number): Promise<TcpProxy> {
    const proxy = await startProxy(port);
    open.push({ remove: proxy.close });
    return proxy;
  }

  async function aStore(url: string): Promise<TestNode> {
    const node = await aNode({ place: { kind: 'single', url } });
    open.push({ remove: () => node.store.close() });
    return node;
  }

  async function restart(redis: TestRedis, { store }: TestNode): Promise<void> {
    await redis.kill();
    await redis.start();
    await untilAnswers(store);
  }

  async function untilAnswers(store: Store): Promise<void> {
    await eventually('the store answers again', () =>
      store.countGroups('nobody' as TenantId).then(
        () => true,
        () => false,
      ),
    );
  }

  for (const write of OWNER_WRITES) {
    it(`refuses to ${write.name} until the partition is acquired anew`, async () => {
      const redis = await aServer();
      const node = await aStore(redis.url);
      const token = await own(node.store, aToken());
      await commitNow(node.store, { set: { state: 'before' } }, token);
      await redis.send('SAVE');
      await restart(redis, node);

      const error = await rejection(write.call(node.store, token));

      expect(hasCode(error, 'store-changed'), String(error)).to.equal(true);
      expect(await stateOf(node.store)).to.equal('before');
      await own(node.store, token);
      expect(await write.call(node.store, token)).not.to.equal(undefined);
    });
  }

  it('is told to nobody who is not an owner', async () => {
    const redis = await aServer({ fsync: 'always' });
    const node = await aStore(redis.url);
    await restart(redis, node);

    expect(await commitNow(node.store)).to.equal('committed');
  });

  it('is none where a lone primary that syncs every write was restarted', async () => {
    const redis = await aServer({ fsync: 'always' });
    const node = await aStore(redis.url);
    const token = await own(node.store, aToken());
    expect(await commitNow(node.store, { set: { state: 'before' } }, token)).to.equal('committed');

    for (const state of ['once', 'twice']) {
      await restart(redis, node);
      expect(await commitNow(node.store, { set: { state } }, token)).to.equal('committed');
    }
    expect(await stateOf(node.store)).to.equal('twice');
  });

  it('is one where such a primary came back without syncing every write', async () => {
    const redis = await aServer({ fsync: 'always' });
    const node = await aStore(redis.url);
    const token = await own(node.store, aToken());
    await restart(redis, node);
    await redis.send('CONFIG', 'SET', 'appendfsync', 'everysec');

    const error = await rejection(commitNow(node.store, {}, token));

    expect(hasCode(error, 'store-changed'), String(error)).to.equal(true);
  });

  for (const { name, wrong } of [
    { name: 'came from another server', wrong: 'from' },
    { name: 'led to another server', wrong: 'to' },
  ] as const) {
    it(`is not excused by a restart that ${name}`, async () => {
      const redis = await aServer({ fsync: 'always' });
      const node = await aStore(redis.url);
      const token = await own(node.store, aToken());
      const before = String(await redis.send('HGET', keysOf(PARTITION).fence, 'server'));
      await restart(redis, node);
      const { id: now } = await readServerFacts(node.connection.send);
      const restarted = { from: before, to: now, [wrong]: 'another' };

      const answer = await commitBatch(node.connection.run, IDENTITY, {
        ...{ partition: PARTITION, units: [] },
        proof: { token, restart: restarted },
      });

      expect(answer).to.deep.equal({ kind: 'changed', from: before, to: now });
    });
  }

  it('is one for a node that did not itself see the server before', async () => {
    const redis = await aServer({ fsync: 'always' });
    const first = await aStore(redis.url);
    const second = await aStore(redis.url);
    const token = await own(first.store, aToken());
    await restart(redis, second);

    const error = await rejection(commitNow(second.store, {}, token));

    expect(hasCode(error, 'store-changed'), String(error)).to.equal(true);
  });

  it('is one where a replica is promoted, though it has all that was written', async () => {
    const primary = await aServer({ fsync: 'always' });
    const replica = await aReplica(primary, { fsync: 'always' });
    const proxy = await aProxy(primary.port);
    const { store } = await aStore(proxy.url);
    const token = await own(store, aToken());
    await primary.kill();
    await replica.send('REPLICAOF', 'NO', 'ONE');
    proxy.setTarget(replica.port);
    await untilAnswers(store);

    const error = await rejection(commitNow(store, {}, token));

    expect(hasCode(error, 'store-changed'), String(error)).to.equal(true);
  });

  it('is one where a replica is promoted that came after the partition was acquired, and misses a write', async () => {
    const primary = await aServer({ fsync: 'always' });
    const proxy = await aProxy(primary.port);
    const { store } = await aStore(proxy.url);
    const token = await own(store, aToken());
    const replica = await aReplica(primary, { fsync: 'always' });
    await replica.send('REPLICAOF', 'NO', 'ONE');
    expect(await commitNow(store, {}, token)).to.equal('committed');
    await primary.kill();
    proxy.setTarget(replica.port);
    await untilAnswers(store);

    const error = await rejection(commitNow(store, {}, token));

    expect(hasCode(error, 'store-changed'), String(error)).to.equal(true);
  });

  it('keeps a fenced owner out where a replica is promoted that missed the fence', async () => {
    const primary = await aServer();
    const link = await aProxy(primary.port);
    const replica = await aReplica(primary, { port: link.port });
    const proxy = await aProxy(primary.port);
    const [fenced, newest] = [await aStore(proxy.url), await aStore(proxy.url)];
    const old = await own(fenced.store, aToken({ revision: 5 }));
    await eventually('the replica has the fence', async () => {
      const offset = /master_repl_offset:(\d+)/;
      const [ahead, behind] = await Promise.all(
        [primary, replica].map(async (server) => String(await server.send('INFO', 'replication'))),
      );
      return offset.exec(ahead ?? '')?.[1] === offset.exec(behind ?? '')?.[1];
    });
    link.setMode('refuse');
    await own(newest.store, aToken({ revision: 6 }));
    expect(await commitNow(fenced.store, {}, old)).to.equal('fenced');

    await primary.kill();
    await replica.send('REPLICAOF', 'NO', 'ONE');
    proxy.setTarget(replica.port);
    await untilAnswers(fenced.store);

    // There the fence is the old one again.
    const error = await rejection(commitNow(fenced.store, {}, old));
    expect(hasCode(error, 'store-changed'), String(error)).to.equal(true);
  });
});
