import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { keysOf } from '../../../src/adapters/redis/keys.ts';
import { hasCode } from '../../../src/base/errors.ts';
import { allPartitions } from '../../../src/domain/partition/partition-of.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { storeContract } from '../../contract/store-contract.ts';
import { aToken, LAYOUT, PARTITION } from '../../support/builders.ts';
import { eventually } from '../../support/eventually.ts';
import { openRedisFixture } from '../../support/redis-fixture.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { startCluster } from '../../support/redis-topologies.ts';
import { aNode, commitNow, own, stateOf } from './redis-world.ts';
import type { TestNode } from './redis-world.ts';

describe('Redis Cluster of three masters', function redisCluster() {
  this.timeout(60_000);
  let nodes: readonly TestRedis[] = [];
  before(async () => {
    nodes = await startCluster();
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.remove()));
  });

  function place(): { readonly kind: 'cluster'; readonly urls: readonly string[] } {
    return { kind: 'cluster', urls: nodes.map(({ url }) => url) };
  }

  async function emptied(): Promise<TestNode> {
    for (const node of nodes) await node.send('FLUSHALL');
    return aNode({ place: place() });
  }

  /** The server that the partition lies on. */
  async function serverOf({ connection }: TestNode): Promise<TestRedis> {
    const slot = Number(await connection.send('CLUSTER', 'KEYSLOT', keysOf(PARTITION).fence));
    const index = slot <= 5460 ? 0 : slot <= 10922 ? 1 : 2;
    const node = nodes[index];
    if (node === undefined) throw new Error('a cluster has three nodes');
    return node;
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

  it('follows a partition whose slot moves to another server', async () => {
    const node = await emptied();
    expect(await commitNow(node.store, { set: { state: 'before' } })).to.equal('committed');
    const from = await serverOf(node);
    const to = nodes.find((server) => server !== from) ?? from;
    await moveSlot(await node.connection.send('CLUSTER', 'KEYSLOT', keysOf(PARTITION).fence), {
      from,
      to,
    });

    expect(await stateOf(node.store)).to.equal('before');
    expect(await commitNow(node.store, { set: { state: 'after' } })).to.equal('committed');
    await node.store.close();
    await moveSlot(await slotOf(to), { from: to, to: from });
  });

  it('rejects while the server of a partition is down, and goes on when it is back', async () => {
    const node = await emptied();
    const token = await own(node.store, aToken());
    expect(await commitNow(node.store, {}, token)).to.equal('committed');
    const server = await serverOf(node);
    await server.kill();

    await eventually('the loss is noticed', async () => {
      const error = await rejection(node.store.due(PARTITION, 1)).catch(() => undefined);
      return hasCode(error, 'store-unavailable');
    });
    await server.start();
    await eventually('the cluster answers again', async () =>
      node.store.countGroups('nobody' as never).then(
        () => true,
        () => false,
      ),
    );

    // It kept nothing, as it was told: so its partitions stop, loudly.
    await eventually('the emptied server is noticed', async () => {
      const error = await rejection(node.store.due(PARTITION, 1));
      return hasCode(error, 'store-foreign');
    });
    await node.store.close();
  });

  async function slotOf(server: TestRedis): Promise<unknown> {
    return server.send('CLUSTER', 'KEYSLOT', keysOf(PARTITION).fence);
  }
});

/** Moves a slot, with what is in it, as an operator does. */
async function moveSlot(
  slot: unknown,
  { from, to }: { readonly from: TestRedis; readonly to: TestRedis },
): Promise<void> {
  const ids = { from: String(await from.send('CLUSTER', 'MYID')), to: '' };
  ids.to = String(await to.send('CLUSTER', 'MYID'));
  const number = String(slot);
  await to.send('CLUSTER', 'SETSLOT', number, 'IMPORTING', ids.from);
  await from.send('CLUSTER', 'SETSLOT', number, 'MIGRATING', ids.to);
  const keys = (await from.send('CLUSTER', 'GETKEYSINSLOT', number, '100')) as readonly string[];
  const target = ['127.0.0.1', String(to.port), '', '0', '2000', 'KEYS', ...keys];
  await from.send('MIGRATE', ...target);
  await to.send('CLUSTER', 'SETSLOT', number, 'NODE', ids.to);
  await from.send('CLUSTER', 'SETSLOT', number, 'NODE', ids.to);
}
