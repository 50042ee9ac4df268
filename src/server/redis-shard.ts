/** One Redis of a cluster, and the regions whose partitions are in it. */
import { connect } from '../adapters/redis/connection.ts';
import type { RedisConnection } from '../adapters/redis/connection.ts';
import { readIdentity } from '../adapters/redis/init.ts';
import type { StoreIdentity } from '../adapters/redis/init.ts';
import { ListMender } from '../adapters/redis/list-mender.ts';
import { measured } from '../adapters/redis/measured.ts';
import { readDurability } from '../adapters/redis/server-facts.ts';
import type { Durability } from '../adapters/redis/server-facts.ts';
import { RedisStore } from '../adapters/redis/store.ts';
import type { CountElsewhere } from '../adapters/redis/places.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { systemRandom as random } from '../adapters/system/random.ts';
import { LutraError } from '../base/errors.ts';
import type { RedisShard } from '../config/redis-shards.ts';
import type { Config } from '../config/schema.ts';
import type { Observe } from '../ports/observe.ts';
import { redisSettings } from './cluster-settings.ts';

/** A shard that answers. */
export interface OpenShard {
  readonly store: RedisStore;
  readonly lists: ListMender;
  readonly durability: Durability;
}

/**
 * Names a shard's store. The regions are part of it: a node whose addresses of two regions were mixed up is
 * refused, instead of finding nothing to do in partitions that it took from the wrong server.
 */
export function shardIdentity(cluster: string, { regions }: Pick<RedisShard, 'regions'>): string {
  return `${cluster}/${regions.join('+')}`;
}

/** Connects to a shard's Redis, and tells of each round trip. Rejects with `store-unavailable` or `config-invalid`. */
export async function connectShard(
  config: Config,
  shard: RedisShard,
  observe: Observe,
): Promise<RedisConnection> {
  const { regions } = shard;
  const connection = await connect(await redisSettings(config, shard), {
    ...{ clock, random },
    onTrouble: (trouble) => observe({ event: 'store.trouble', regions, ...trouble }),
  });
  return measured(connection, clock, ({ isAnswered, ...call }) =>
    observe({
      ...{ event: 'server.called', server: 'redis' },
      ...{ ...call, outcome: isAnswered ? 'answered' : 'failed' },
    }),
  );
}

/**
 * Opens a shard's store. Rejects with `store-unavailable` where it does not answer, `store-foreign` where it is
 * another one's or none, and `config-invalid` where the server may lose what has to be kept. `countElsewhere` counts in
 * the other shards, where there are some.
 */
export async function openShard(
  config: Config,
  shard: RedisShard,
  given: {
    readonly made: StoreIdentity;
    readonly observe: Observe;
    readonly countElsewhere?: CountElsewhere;
  },
): Promise<OpenShard> {
  const { made, observe, countElsewhere } = given;
  const connection = await connectShard(config, shard, observe);
  try {
    const { layout } = made;
    const identity = await readIdentity(connection, layout);
    const expected = shardIdentity(made.identity, shard);
    if (identity !== expected) {
      throw new LutraError(
        'store-foreign',
        `refusing the Redis of ${regionsText(shard)}: it is store ${identity}, not ${expected}`,
      );
    }
    const durability = await readDurability(connection);
    assertDurable(config, shard, durability);
    const { sentence, problems } = durability;
    const { regions } = shard;
    observe({ event: 'store.connected', regions, durability: sentence, problems });
    const store = new RedisStore(connection, {
      ...{ identity, layout },
      ...(countElsewhere === undefined ? {} : { countElsewhere }),
    });
    return { store, durability, lists: new ListMender(connection, { identity, layout }) };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Throws `config-invalid` where the server drops data, or where it cannot keep what `store.durability` asks for. */
export function assertDurable(
  config: Pick<Config, 'store'>,
  shard: Pick<RedisShard, 'regions'>,
  durability: Durability,
): void {
  const { mayEvict, isStrict, sentence, problems } = durability;
  const isStrictAsked = config.store.durability === 'strict';
  if (!mayEvict && (isStrict || !isStrictAsked)) return;
  const why = mayEvict ? 'it drops data when its memory is full' : 'store.durability is strict';
  throw new LutraError(
    'config-invalid',
    `refusing the Redis of ${regionsText(shard)}, since ${why}. ${[sentence, ...problems].join(' ')}`,
  );
}

function regionsText({ regions }: Pick<RedisShard, 'regions'>): string {
  return `${regions.length === 1 ? 'region' : 'regions'} ${regions.join(', ')}`;
}
