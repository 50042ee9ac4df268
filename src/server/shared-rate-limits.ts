/** Counting requests together with the other nodes of a region. */
import { openRateLimiters } from '../adapters/redis/rate-limiter.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { systemRandom as random } from '../adapters/system/random.ts';
import { assert } from '../base/assert.ts';
import { redisShards } from '../config/redis-shards.ts';
import type { Config } from '../config/schema.ts';
import type { Observe } from '../ports/observe.ts';
import type { RateLimiters } from '../ports/rate-limiter.ts';
import { redisSettings } from './cluster-settings.ts';
import { mapLimiters, ownRateLimiters } from './rate-limits.ts';

/** What counts, and how to end it. */
export interface SharedRateLimits {
  readonly limiters: RateLimiters;
  readonly close: () => void;
}

/**
 * Counts in the Redis of the node's own region, so that no request waits for another continent; each region has the
 * limits for itself. Without limits nothing is connected. Rejects with `config-invalid` where a file cannot be read.
 */
export async function sharedRateLimits(
  config: Config,
  region: string,
  observe: Observe,
): Promise<SharedRateLimits> {
  const own = ownRateLimiters(config.limits.rates, clock);
  if (Object.keys(own).length === 0) return { limiters: own, close: () => undefined };
  const shard = redisShards(config).find(({ regions: served }) => served.includes(region));
  assert(shard !== undefined, 'every region of a cluster has a Redis');
  const { regions } = shard;
  const connection = openRateLimiters(await redisSettings(config, shard), {
    ...{ clock, random },
    onTrouble: (trouble) => observe({ event: 'store.trouble', regions, ...trouble }),
  });
  return { limiters: mapLimiters(own, connection.limiter), close: connection.close };
}
