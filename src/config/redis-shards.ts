import { redisEntry } from './addresses.ts';
import type { Config } from './schema.ts';

/** One store: the regions whose groups are in it, and where it is. */
export interface RedisShard {
  /** In the order of `cluster.regions`; at least one. */
  readonly regions: readonly string[];
  /** The server, the sentinels or some nodes of the cluster, in the order given and each once; at least one. */
  readonly urls: readonly string[];
}

/**
 * The stores that the regions have on Redis. Regions with the same URLs, in whatever order, share one.
 * The stores come in the order of their first regions. Empty where the node is not part of a cluster.
 */
export function redisShards(config: Pick<Config, 'redis' | 'cluster'>): readonly RedisShard[] {
  const entries = config.redis.urls.map(redisEntry);
  const shards = new Map<
    string,
    { readonly regions: string[]; readonly urls: readonly string[] }
  >();
  for (const region of config.cluster.regions) {
    const serving = entries.filter((entry) => (entry.region ?? region) === region);
    const urls = [...new Set(serving.map(({ url }) => url))];
    if (urls.length === 0) continue;
    const key = JSON.stringify(urls.toSorted());
    const shard = shards.get(key) ?? { regions: [], urls };
    shard.regions.push(region);
    shards.set(key, shard);
  }
  return [...shards.values()];
}
