/** Makes a cluster, once; and gives an etcd that lost it what the stores know. Needs no node. */
import type { EtcdConnection } from '../adapters/etcd/connection.ts';
import {
  completeCluster,
  initCluster as fillEtcd,
  isClusterComplete,
  readSettings,
  refillCluster,
} from '../adapters/etcd/init.ts';
import type { ClusterSettings } from '../adapters/etcd/init.ts';
import { serverNotes } from '../adapters/etcd/server-facts.ts';
import type { RedisConnection } from '../adapters/redis/connection.ts';
import { initStore, readRecord } from '../adapters/redis/init.ts';
import { readDurability } from '../adapters/redis/server-facts.ts';
import type { Durability } from '../adapters/redis/server-facts.ts';
import { systemRandom as random } from '../adapters/system/random.ts';
import { LutraError } from '../base/errors.ts';
import { redisShards } from '../config/redis-shards.ts';
import type { RedisShard } from '../config/redis-shards.ts';
import type { Config } from '../config/schema.ts';
import { assertSameLayout, connectEtcd } from './cluster.ts';
import { assertDurable, connectShard, shardIdentity } from './redis-shard.ts';

/** What there is after a cluster was made or recovered. */
export interface ClusterMade {
  readonly name: string;
  readonly identity: string;
  readonly regions: readonly string[];
  /** Of each region. */
  readonly partitionCount: number;
  readonly stores: readonly {
    readonly regions: readonly string[];
    readonly durability: string;
    readonly problems: readonly string[];
  }[];
  readonly etcd: readonly { readonly endpoint: string; readonly version: string }[];
  /** What should be changed about the members of etcd, each a sentence. */
  readonly notes: readonly string[];
  /** Whether nothing had to be done. */
  readonly wasThere: boolean;
}

/** What is in one shard's Redis. */
interface FoundShard {
  readonly shard: RedisShard;
  readonly connection: RedisConnection;
  readonly record: Awaited<ReturnType<typeof readRecord>>;
  readonly durability: Durability;
}

/** Everything that is there, before anything is written. */
interface Ground {
  readonly config: Config;
  readonly etcd: EtcdConnection;
  readonly settings: ClusterSettings | undefined;
  readonly shards: readonly FoundShard[];
}

/**
 * Makes the cluster in etcd, then its stores; one whose making was interrupted is completed, and one that is there
 * is left alone. Rejects where a store is there that etcd does not know, or is not there though it once was
 * made (`store-foreign`), where settings or servers do not fit (`config-invalid`), and where one does not answer.
 */
export function initCluster(config: Config): Promise<ClusterMade> {
  return onGround(config, async (ground) => {
    const { etcd, shards } = ground;
    const isComplete = ground.settings !== undefined && (await isClusterComplete(etcd));
    assertNoStrangers(ground);
    if (isComplete) assertNoneLost(shards);
    const { regions, partitionCount: count } = config.cluster;
    // Etcd first: whoever else makes this cluster at the same time makes the same one.
    const made = await fillEtcd(
      etcd,
      ground.settings ?? { identity: random.uuid(), layout: { regions, count } },
    );
    assertSameLayout(config, made);
    for (const { shard, connection } of shards) {
      const { layout } = made;
      await initStore(connection, { identity: shardIdentity(made.identity, shard), layout });
    }
    await completeCluster(etcd);
    return { made, wasThere: isComplete };
  });
}

/**
 * Gives an etcd that is empty what the stores know of their cluster, for the case that no node is left that could.
 * Rejects with `store-foreign` where they know nothing, or not all the same.
 */
export function recoverCluster(config: Config): Promise<ClusterMade> {
  return onGround(config, async ({ etcd, settings, shards }) => {
    // Whatever part of it is missing is added.
    if (settings !== undefined) return { made: await fillEtcd(etcd, settings), wasThere: true };
    const known = shards.map(knownFrom);
    const [first] = known;
    if (first === undefined || known.some(({ identity }) => identity !== first.identity)) {
      const identities = known.map(({ identity }) => identity).join(', ');
      throw foreign(`the stores are of different clusters: ${identities}`);
    }
    assertSameLayout(config, first);
    // An owner that finds a store beyond this epoch raises it: it need not be known here.
    return { made: await refillCluster(etcd, first, 0), wasThere: false };
  });
}

async function onGround(
  config: Config,
  work: (ground: Ground) => Promise<{ readonly made: ClusterSettings; readonly wasThere: boolean }>,
): Promise<ClusterMade> {
  const closers: (() => Promise<void>)[] = [];
  try {
    const { connection: etcd, facts } = await connectEtcd(config, ignore);
    closers.push(() => {
      etcd.close();
      return Promise.resolve();
    });
    const settings = await readSettings(etcd);
    if (settings !== undefined) assertSameLayout(config, settings);
    const shards: FoundShard[] = [];
    for (const shard of redisShards(config)) {
      const connection = await connectShard(config, shard, ignore);
      closers.push(() => connection.close());
      const durability = await readDurability(connection);
      assertDurable(config, shard, durability);
      shards.push({ shard, connection, durability, record: await readRecord(connection) });
    }
    const { made, wasThere } = await work({ config, etcd, settings, shards });
    return {
      name: config.cluster.name,
      identity: made.identity,
      regions: made.layout.regions,
      partitionCount: made.layout.count,
      stores: shards.map(({ shard, durability: { sentence, problems } }) => ({
        ...{ regions: shard.regions, durability: sentence, problems },
      })),
      etcd: facts.map(({ endpoint, version }) => ({ endpoint, version })),
      notes: serverNotes(facts),
      wasThere,
    };
  } finally {
    await Promise.allSettled(closers.map((close) => close()));
  }
}

/** Nobody watches a command that is over in a moment: what goes wrong is told by what it rejects with. */
function ignore(): void {
  // see above
}

/** A store whose cluster etcd does not know is one that etcd lost, or another's. */
function assertNoStrangers({ settings, shards }: Ground): void {
  for (const found of shards) {
    const { shard, record } = found;
    if (record === undefined) continue;
    const expected = settings && shardIdentity(settings.identity, shard);
    if (record.identity === expected) continue;
    throw foreign(
      settings === undefined
        ? `${named(found)} holds store ${record.identity}, of which etcd knows nothing: ` +
            'run "lutra cluster recover" where etcd has lost the cluster, or name a Redis that is empty'
        : `${named(found)} holds store ${record.identity}, not ${expected ?? ''}`,
    );
  }
}

function assertNoneLost(shards: readonly FoundShard[]): void {
  const lost = shards.filter(({ record }) => record === undefined);
  if (lost.length === 0) return;
  throw foreign(
    `${lost.map(named).join(' and ')} is empty, though its store was made once: its data was lost, or ` +
      'redis.urls leads elsewhere. Restore it from its files, correct the address or the database, or make a ' +
      'new cluster under another cluster.name',
  );
}

/** What a shard's store says of its cluster. */
function knownFrom(found: FoundShard): ClusterSettings {
  const { shard, record } = found;
  if (record === undefined) {
    throw foreign(
      `${named(found)} holds no store: its data was lost, or redis.urls leads elsewhere. Restore it from its ` +
        'files, or correct the address or the database',
    );
  }
  const ending = shardIdentity('', shard);
  if (!record.identity.endsWith(ending)) {
    const regions = shard.regions.join(', ');
    throw foreign(`${named(found)} holds store ${record.identity}, not one of ${regions}`);
  }
  return { identity: record.identity.slice(0, -ending.length), layout: record.layout };
}

/** Which Redis it is, and where. */
function named({ shard, connection }: Pick<FoundShard, 'shard' | 'connection'>): string {
  return `the Redis of ${shard.regions.join(', ')}, ${connection.address},`;
}

function foreign(why: string): LutraError {
  return new LutraError('store-foreign', why);
}
