/** The store of a cluster's region, opened beside the nodes that use it. */
import { connect } from '../../src/adapters/redis/connection.ts';
import { readIdentity } from '../../src/adapters/redis/init.ts';
import { RedisStore } from '../../src/adapters/redis/store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import type { PartitionLayout } from '../../src/domain/partition/partition-of.ts';
import type { Store } from '../../src/ports/store.ts';

/** Opens the store that `lutra cluster init` made in the Redis at the address. Closing it closes the connection. */
export async function openClusterStore(url: string, layout: PartitionLayout): Promise<Store> {
  const connection = await connect(
    { place: { kind: 'single', url }, waitReplicas: 0, waitTimeoutMs: 1_000 },
    { clock: systemClock, random: systemRandom, onTrouble: () => undefined },
  );
  const identity = await readIdentity(connection, layout);
  return new RedisStore(connection, { identity, layout });
}
