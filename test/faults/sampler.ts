/** Reads what should stay as it is: memory, sockets and files of processes; leases, watchers and connections of servers. */
import { readdir, readFile } from 'node:fs/promises';
import type { FaultCluster } from './cluster.ts';
import type { Reading } from './growth.ts';
import { metricOf, metricsOf } from './metrics.ts';

const KILOBYTE = 1024;

/** Everything that can be read at this moment. */
export async function readAll(cluster: FaultCluster, atMs: number): Promise<readonly Reading[]> {
  const parts = await Promise.allSettled([
    ...cluster.nodes.map((node) => readProcess(`${node.name}#${node.startCount}`, node.pid)),
    ...cluster.etcd.members.map((member) => readMember(member)),
    readWatchers(cluster),
    readRedis(cluster),
    readLeases(cluster),
  ]);
  return parts
    .flatMap((part) => (part.status === 'fulfilled' ? part.value : []))
    .map((reading) => ({ ...reading, atMs }));
}

type Value = Omit<Reading, 'atMs'>;

async function readProcess(name: string, pid: number): Promise<readonly Value[]> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
  const files = await readdir(`/proc/${pid}/fd`);
  return [
    { name: `${name} resident bytes`, value: kilobytes * KILOBYTE },
    { name: `${name} open files and sockets`, value: files.length },
  ];
}

async function readMember(
  member: FaultCluster['etcd']['members'][number],
): Promise<readonly Value[]> {
  const metrics = await metricsOf(member.url);
  const name = `etcd ${member.name}#${String(member.pid())}`;
  return [
    { name: `${name} resident bytes`, value: metrics.get('process_resident_memory_bytes') ?? 0 },
    { name: `${name} open files and sockets`, value: metrics.get('process_open_fds') ?? 0 },
  ];
}

/** Of all members together: a client goes from one to another. */
async function readWatchers({ etcd }: FaultCluster): Promise<readonly Value[]> {
  const counts = await Promise.all(
    etcd.members.map(({ url }) => metricOf(url, 'etcd_debugging_mvcc_watcher_total')),
  );
  return [{ name: 'etcd watchers', value: counts.reduce((sum, count) => sum + count, 0) }];
}

async function readRedis({ redis }: FaultCluster): Promise<readonly Value[]> {
  const text = String(await redis.server().send('INFO', 'memory'));
  const clients = String(await redis.server().send('INFO', 'clients'));
  const valueOf = (from: string, name: string): number =>
    Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(from)?.[1] ?? Number.NaN);
  const name = `redis#${String(redis.server().pid())}`;
  // Without the data: histories grow until they have the length at which they are kept.
  const own = valueOf(text, 'used_memory') - valueOf(text, 'used_memory_dataset');
  return [
    { name: `${name} bytes beside its data`, value: own },
    { name: `redis connections`, value: valueOf(clients, 'connected_clients') },
  ];
}

async function readLeases({ etcd }: FaultCluster): Promise<readonly Value[]> {
  const lines = (await etcd.ctl('lease', 'list')).trim().split('\n');
  // "found N leases", then one a line.
  return [{ name: 'etcd leases', value: Number(/\d+/.exec(lines[0] ?? '')?.[0] ?? lines.length) }];
}
