/** A whole cluster: three members of etcd, a Redis, nodes in processes of their own, and a receiver. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import type { PartitionId } from '../../../src/domain/ids.ts';
import { Programs } from '../../support/built-program.ts';
import { openClusterStore } from '../../support/cluster-store.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import { endWithUs, makeCluster, makeReady } from '../../support/ready-cluster.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import type { Store } from '../../../src/ports/store.ts';
import { LEAN_HASHES } from './bench-store.ts';
import { LAYOUT } from './groups.ts';
import { BenchNode } from './node.ts';
import type { Owner } from './node.ts';
import { startCapacityReceiver } from './receiver.ts';
import type { Receiver } from './receiver.ts';

/** How long a session lasts: as by default. */
export const TTL_MS = 5_000;
const SETTLE_LIMIT_MS = 60_000;
const POLL_MS = 50;

/** A cluster that runs. */
export interface Lab {
  readonly redis: TestRedis;
  /** The cluster's store, opened beside the nodes. */
  readonly store: Store;
  readonly receiver: Receiver;
  /** All that there can be, in the order of their names. */
  readonly nodes: readonly BenchNode[];
  readonly running: () => readonly BenchNode[];
  /** Starts those that do not run. */
  readonly startAll: () => Promise<void>;
  /** Who owns what, by any node that runs. */
  readonly owners: () => Promise<ReadonlyMap<PartitionId, Owner>>;
  /** Waits until every partition is owned by a node that runs and the loads differ by one at the most. */
  readonly settled: () => Promise<void>;
  /** Waits until every partition is owned by a node that runs. */
  readonly owned: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Builds the program where it is older than its sources, starts everything but nodes, and makes the cluster. */
export async function openLab(folder: string): Promise<Lab> {
  await makeReady();
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const each of [...closers].reverse()) await each();
  };
  try {
    const etcd = await startEtcd({ memberCount: 3, fsync: 'on' });
    closers.push(() => etcd.remove());
    const redis = await startRedis({ fsync: 'always', settings: LEAN_HASHES });
    closers.push(() => redis.remove());
    const receiver = await startCapacityReceiver();
    closers.push(() => receiver.close());
    const programs = new Programs();
    closers.push(endWithUs(programs), () => programs.killAll());
    const keyFile = join(folder, 'webhook-signing.key');
    await writeFile(keyFile, systemRandom.hex(32), { mode: 0o600 });
    const settings = {
      LUTRA_ETCD_ENDPOINTS: etcd.urls.join(','),
      LUTRA_REDIS_URLS: redis.url,
      LUTRA_CLUSTER_PARTITION_COUNT: String(LAYOUT.count),
      LUTRA_PROVIDERS_PROCESS_ENABLED: 'false',
      LUTRA_PROVIDERS_WEBHOOK_ALLOW: '127.0.0.0/8',
      LUTRA_PROVIDERS_WEBHOOK_SIGNING_KEY_FILE: keyFile,
    };
    await makeCluster(programs, settings);
    const store = await openClusterStore(redis.url, LAYOUT);
    closers.push(() => store.close());
    const nodes = ['n1', 'n2', 'n3'].map(
      (name) => new BenchNode({ name, settings, dataFolder: join(folder, name) }, programs),
    );
    closers.push(async () => {
      await Promise.all(nodes.filter(({ isRunning }) => isRunning).map((node) => node.kill()));
    });
    return labOf({ redis, store, receiver, nodes, close });
  } catch (error) {
    await close();
    throw error;
  }
}

function labOf(parts: Pick<Lab, 'redis' | 'store' | 'receiver' | 'nodes' | 'close'>): Lab {
  const running = (): readonly BenchNode[] => parts.nodes.filter(({ isRunning }) => isRunning);
  const owners = async (): ReturnType<Lab['owners']> => {
    const [first] = running();
    if (first === undefined) throw new Error('no node runs');
    return first.owners();
  };
  const loads = async (): Promise<readonly number[]> => {
    const found = [...(await owners()).values()];
    return running().map(({ id }) => found.filter(({ node }) => node === id).length);
  };
  const isOwned = (counts: readonly number[]): boolean => sumOf(counts) === LAYOUT.count;
  return {
    ...{ ...parts, running, owners },
    startAll: async () => {
      const missing = parts.nodes.filter(({ isRunning }) => !isRunning);
      await Promise.all(missing.map((node) => node.start()));
    },
    owned: () => until('every partition has a living owner', async () => isOwned(await loads())),
    settled: () =>
      until('loads are even', async () => {
        const counts = await loads();
        return isOwned(counts) && Math.max(...counts) - Math.min(...counts) <= 1;
      }),
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

/** Waits until it is so; what cannot be asked now is asked again. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + SETTLE_LIMIT_MS;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > endsAt) throw new Error(`it did not come true that ${what}`);
    await sleep(POLL_MS);
  }
}
