import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { keysOf } from '../../../src/adapters/redis/keys.ts';
import type { RedisPlace } from '../../../src/adapters/redis/options.ts';
import { hasCode } from '../../../src/base/errors.ts';
import { allPartitions } from '../../../src/domain/partition/partition-of.ts';
import type { Wake } from '../../../src/ports/store.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { storeContract } from '../../contract/store-contract.ts';
import { aToken, LAYOUT, PARTITION } from '../../support/builders.ts';
import { eventually } from '../../support/eventually.ts';
import { closeRedis, openRedisFixture } from '../../support/redis-fixture.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { startCluster } from '../../support/redis-topologies.ts';
import { aNode, commitNow, own, stateOf } from './redis-world.ts';
import type { TestNode } from './redis-world.ts';

describe('Redis Cluster of three masters', function redisCluster() {
  this.timeout(60_000);
  let nodes: readonly TestRedis[] = [];
  /** The server that PARTITION lies on, and its slot there. */
  let home: { readonly server: TestRedis; readonly slot: number };
  before(async () => {
    const [first, second, third] = await startCluster();
    nodes = [first, second, third];
    const slot = Number(await first.send('CLUSTER', 'KEYSLOT', keysOf(PARTITION).fence));
    home = { slot, server: slot <= 5_460 ? first : slot <= 10_922 ? second : third };
  });
  afterEach(closeRedis);
  after(async () => {
    await Promise.all(nodes.map((node) => node.remove()));
  });

  /** The first address is that of the server that wakes are heard from. */
  function place(hearing: 'at home' | 'elsewhere' = 'at home'): RedisPlace {
    const others = nodes.filter((node) => node !== home.server);
    const ordered = hearing === 'at home' ? [home.server, ...others] : [...others, home.server];
    return { kind: 'cluster', urls: ordered.map(({ url }) => url) };
  }

  async function emptied(hearing?: 'at home' | 'elsewhere'): Promise<TestNode> {
    for (const node of nodes) await node.send('FLUSHALL');
    return aNode({ place: place(hearing) });
  }

  storeContract({
    name: 'Redis Cluster',
    open: (made) => openRedisFixture({ place: place() }, made),
  });

  it('has partitions on more than one server', async () => {
    const node = await emptied();
    const held = await Promise.all(nodes.map((server) => server.send('DBSIZE')));
    await node.store.close();

    // One record that says which store it is, and a fence for each partition.
    expect(held.map(Number).reduce((a, b) => a + b)).to.equal(1 + allPartitions(LAYOUT).length);
    expect(held.filter((count) => Number(count) > 0).length).to.be.greaterThan(1);
  });

  it('follows a partition whose slot moves to another server, where its owner acquires anew', async () => {
    const node = await emptied();
    const token = await own(node.store, aToken());
    expect(await commitNow(node.store, { set: { state: 'before' } }, token)).to.equal('committed');
    const to = nodes.find((server) => server !== home.server) ?? home.server;
    await moveSlot(home.slot, { from: home.server, to, all: nodes });

    expect(await stateOf(node.store)).to.equal('before');
    expect(await commitNow(node.store, { set: { state: 'after' } })).to.equal('committed');
    const error = await rejection(commitNow(node.store, {}, token));
    expect(hasCode(error, 'store-changed'), String(error)).to.equal(true);
    await own(node.store, token);
    expect(await commitNow(node.store, {}, token)).to.equal('committed');
    await node.store.close();
    await moveSlot(home.slot, { from: to, to: home.server, all: nodes });
  });

  it('hears the wakes of a partition from any server', async () => {
    const node = await emptied('elsewhere');
    const wakes: Wake[] = [];
    node.store.subscribe(PARTITION, (wake) => wakes.push(wake));
    await eventually('the subscription takes effect', () => wakes.length >= 2);
    expect(wakes.splice(0)).to.deep.equal(['due', 'divergent']);

    await commitNow(node.store, { divergence: 'mark' });

    await eventually('the wake is heard', () => wakes.length > 0);
    await node.store.close();
    expect(wakes).to.deep.equal(['divergent']);
  });

  it('waits for replicas on the server that wrote, and rejects where it has too few', async () => {
    await emptied();
    const { store } = await aNode({ place: place(), waitReplicas: 1, waitTimeoutMs: 100 });

    const error = await rejection(commitNow(store, { set: { state: 'written' } }));

    expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
    expect(String(error)).to.match(/0 of 1 replicas/);
    expect(await stateOf(store)).to.equal('written');
  });

  it('rejects while the server of a partition is down, and stops the partition where it comes back empty', async () => {
    const node = await emptied();
    const token = await own(node.store, aToken());
    expect(await commitNow(node.store, {}, token)).to.equal('committed');
    await home.server.kill();

    const error = await rejection(node.store.due(PARTITION, 1));
    expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
    await home.server.start();

    // It kept nothing, as it was told: so its partitions stop, loudly.
    await eventually('the emptied server is noticed', async () => {
      return hasCode(await rejection(node.store.due(PARTITION, 1)), 'store-foreign');
    });
    await node.store.close();
  });
});

/** Moves a slot, with what is in it, as an operator does. */
async function moveSlot(
  slot: number,
  { from, to, all }: Record<'from' | 'to', TestRedis> & { readonly all: readonly TestRedis[] },
): Promise<void> {
  const ids = { from: String(await from.send('CLUSTER', 'MYID')), to: '' };
  ids.to = String(await to.send('CLUSTER', 'MYID'));
  const number = String(slot);
  await to.send('CLUSTER', 'SETSLOT', number, 'IMPORTING', ids.from);
  await from.send('CLUSTER', 'SETSLOT', number, 'MIGRATING', ids.to);
  const keys = (await from.send('CLUSTER', 'GETKEYSINSLOT', number, '100')) as readonly string[];
  const target = ['127.0.0.1', String(to.port), '', '0', '2000', 'KEYS', ...keys];
  await from.send('MIGRATE', ...target);
  // First the new owner, so that none is sent to a server that sends it back.
  for (const server of [to, ...all.filter((other) => other !== to)]) {
    await server.send('CLUSTER', 'SETSLOT', number, 'NODE', ids.to);
  }
}
