/** Several private Redis servers that belong together. */
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { startRedis } from './redis-server.ts';
import type { TestRedis, TestRedisOptions } from './redis-server.ts';

/** A replica, in step with its primary, which it finds on `port` of this machine, perhaps a proxy's, or its own. */
export async function startReplica(
  primary: TestRedis,
  { port = primary.port, ...options }: TestRedisOptions & { readonly port?: number } = {},
): Promise<TestRedis> {
  const settings = ['replicaof', `127.0.0.1 ${String(port)}`, ...(options.settings ?? [])];
  const replica = await startRedis({ ...options, settings });
  // Until it has said so for the first time, a write would wait for it in vain. A message is replicated, and
  // leaves nothing behind.
  await primary.send('PUBLISH', 'nobody', 'something');
  await eventually('the replica is in step', async () => {
    const info = String(await replica.send('INFO', 'replication'));
    return info.includes('master_link_status:up') && (await primary.send('WAIT', '1', '100')) === 1;
  });
  return replica;
}

const SLOTS = [
  ['0', '5460'],
  ['5461', '10922'],
  ['10923', '16383'],
] as const;

/** Three masters that hold all slots between them: the first the lowest. */
export async function startCluster(): Promise<readonly [TestRedis, TestRedis, TestRedis]> {
  const first = await startClusterNode(SLOTS[0], 1);
  const second = await startClusterNode(SLOTS[1], 2);
  const third = await startClusterNode(SLOTS[2], 3);
  for (const { node, busPort } of [second, third]) {
    await first.node.send('CLUSTER', 'MEET', '127.0.0.1', String(node.port), String(busPort));
  }
  for (const { node } of [first, second, third]) {
    await eventually('the cluster holds together', async () => {
      const info = String(await node.send('CLUSTER', 'INFO'));
      return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
    });
  }
  return [first.node, second.node, third.node];
}

/**
 * A master with an epoch of its own, as `redis-cli --cluster create` gives each: masters of one epoch settle
 * that between them some time later, and whoever moves a slot meanwhile can leave it with two owners, or none.
 */
async function startClusterNode(
  slots: readonly string[],
  epoch: number,
): Promise<{ readonly node: TestRedis; readonly busPort: number }> {
  const busPort = await freePort();
  const settings = [
    ...['cluster-enabled', 'yes', 'cluster-port', String(busPort)],
    ...['cluster-node-timeout', '2000'],
  ];
  const node = await startRedis({ settings });
  await node.send('CLUSTER', 'SET-CONFIG-EPOCH', String(epoch));
  await node.send('CLUSTER', 'ADDSLOTSRANGE', ...slots);
  return { node, busPort };
}

/** A sentinel that watches the primary under the name `store`, and decides alone. */
export async function startSentinel(primary: TestRedis): Promise<TestRedis> {
  const sentinel = await startRedis({
    isSentinel: true,
    settings: [
      ...['sentinel monitor', `store 127.0.0.1 ${String(primary.port)} 1`],
      ...['sentinel down-after-milliseconds', 'store 500'],
      ...['sentinel failover-timeout', 'store 2000'],
    ],
  });
  await eventually('the sentinel knows a replica', async () => {
    const replicas = await sentinel.send('SENTINEL', 'REPLICAS', 'store');
    return Array.isArray(replicas) && replicas.length > 0;
  });
  return sentinel;
}
