/** Several private Redis servers that belong together. */
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { startRedis } from './redis-server.ts';
import type { TestRedis, TestRedisOptions } from './redis-server.ts';

/** A replica, in step with its primary, which it finds on `port` of this machine: perhaps a proxy's. */
export async function startReplica(
  port: number,
  options: TestRedisOptions = {},
): Promise<TestRedis> {
  const settings = ['replicaof', `127.0.0.1 ${String(port)}`, ...(options.settings ?? [])];
  const replica = await startRedis({ ...options, settings });
  await eventually('the replica is in step', async () =>
    String(await replica.send('INFO', 'replication')).includes('master_link_status:up'),
  );
  return replica;
}

const SLOTS = [
  ['0', '5460'],
  ['5461', '10922'],
  ['10923', '16383'],
] as const;

/** Three masters that hold all slots between them. */
export async function startCluster(
  options: TestRedisOptions = {},
): Promise<readonly [TestRedis, ...TestRedis[]]> {
  const nodes: TestRedis[] = [];
  const busPorts: number[] = [];
  for (const range of SLOTS) {
    const busPort = await freePort();
    const settings = [
      ...['cluster-enabled', 'yes', 'cluster-port', String(busPort)],
      ...['cluster-node-timeout', '2000', ...(options.settings ?? [])],
    ];
    const node = await startRedis({ ...options, settings });
    await node.send('CLUSTER', 'ADDSLOTSRANGE', ...range);
    nodes.push(node);
    busPorts.push(busPort);
  }
  const [first, ...others] = nodes;
  if (first === undefined) throw new Error('a cluster has nodes');
  for (const [index, node] of others.entries()) {
    const address = ['127.0.0.1', String(node.port), String(busPorts[index + 1])];
    await first.send('CLUSTER', 'MEET', ...address);
  }
  for (const node of nodes) {
    await eventually('the cluster holds together', async () => {
      const info = String(await node.send('CLUSTER', 'INFO'));
      return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
    });
  }
  return [first, ...others];
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
