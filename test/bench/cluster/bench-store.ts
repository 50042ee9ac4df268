/** Redis servers of a benchmark, and stores on them as nodes open them. */
import { connect } from '../../../src/adapters/redis/connection.ts';
import type { RedisConnection } from '../../../src/adapters/redis/connection.ts';
import { initStore } from '../../../src/adapters/redis/init.ts';
import { RedisStore } from '../../../src/adapters/redis/store.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import type { FencingToken } from '../../../src/domain/ids.ts';
import { allPartitions } from '../../../src/domain/partition/partition-of.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis, TestRedisOptions } from '../../support/redis-server.ts';
import { LAYOUT } from './groups.ts';

/** What the sample configuration of Redis sets, so that most groups keep the compact encoding of hashes. */
export const LEAN_HASHES: readonly string[] = [
  ...['hash-max-listpack-value', '1024'],
  ...['hash-max-listpack-entries', '64'],
];

/** A store in a Redis of its own. */
export interface BenchStore {
  readonly server: TestRedis;
  readonly connection: RedisConnection;
  readonly store: RedisStore;
  readonly identity: string;
  /** Makes the same store again, after everything in it was dropped. */
  readonly remake: () => Promise<void>;
  /** Ends both and takes the files away. */
  readonly remove: () => Promise<void>;
}

/** Starts a Redis and makes a store in it. */
export async function openBenchStore(options: {
  readonly fsync: NonNullable<TestRedisOptions['fsync']>;
  readonly settings?: readonly string[];
}): Promise<BenchStore> {
  const { fsync, settings = LEAN_HASHES } = options;
  const server = await startRedis({ fsync, settings });
  const connection = await connectTo(server.url);
  const identity = systemRandom.uuid();
  await initStore(connection, { identity, layout: LAYOUT });
  const store = new RedisStore(connection, { identity, layout: LAYOUT });
  return {
    ...{ server, connection, store, identity },
    remake: () => initStore(connection, { identity, layout: LAYOUT }),
    remove: async () => {
      await store.close();
      await server.remove();
    },
  };
}

/** A connection as a node has it. */
function connectTo(url: string): Promise<RedisConnection> {
  return connect(
    { place: { kind: 'single', url }, waitReplicas: 0, waitTimeoutMs: 1_000 },
    { clock: systemClock, random: systemRandom, onTrouble: () => undefined },
  );
}

/** The token of the `number`-th owner; each must be newer than the last. */
export function tokenOf(number: number): FencingToken {
  return { epoch: 0, revision: number, claimId: `claim-${String(number)}` };
}

/** Makes the token the fence of every partition. */
export async function acquireAll(store: RedisStore, token: FencingToken): Promise<void> {
  await Promise.all(allPartitions(LAYOUT).map((partition) => store.acquire(partition, token)));
}

/** How much memory the server needs for its data, in bytes. */
export async function memoryOf({ server }: Pick<BenchStore, 'server'>): Promise<number> {
  const info = String(await server.send('INFO', 'memory'));
  const found = /^used_memory_dataset:(\d+)/m.exec(info)?.[1];
  if (found === undefined) throw new Error('Redis does not say how much memory it uses');
  return Number(found);
}
