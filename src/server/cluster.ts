/**
 * The foundation of a node of a cluster: etcd, and a Redis for all regions or several.
 */
import { EtcdCalendarRegistry } from '../adapters/etcd/calendar-registry.ts';
import { EtcdConnection } from '../adapters/etcd/connection.ts';
import { EtcdCoordination } from '../adapters/etcd/coordination.ts';
import { readSettings } from '../adapters/etcd/init.ts';
import type { ClusterSettings } from '../adapters/etcd/init.ts';
import { readServerFacts, serverNotes } from '../adapters/etcd/server-facts.ts';
import type { MemberFacts } from '../adapters/etcd/server-facts.ts';
import { EtcdTokenRegistry } from '../adapters/etcd/token-registry.ts';
import type { CountElsewhere } from '../adapters/redis/places.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { systemRandom as random } from '../adapters/system/random.ts';
import { hasCode, LutraError } from '../base/errors.ts';
import { redisShards } from '../config/redis-shards.ts';
import type { RedisShard } from '../config/redis-shards.ts';
import type { Config } from '../config/schema.ts';
import { groupIdInRegion, regionOf } from '../domain/partition/partition-of.ts';
import { Fitness } from '../ownership/fitness.ts';
import type { Observe } from '../ports/observe.ts';
import { etcdSettings } from './cluster-settings.ts';
import type { Foundation, FoundationDeps } from './foundation.ts';
import { LateStore } from './late-store.ts';
import { openShard, shardIdentity } from './redis-shard.ts';
import type { OpenShard } from './redis-shard.ts';
import { RegionalStore } from './regional-store.ts';
import { sharedRateLimits } from './shared-rate-limits.ts';
import type { SharedRateLimits } from './shared-rate-limits.ts';

/** A take-over, or many at once, is over by then. */
const SWEEP_DELAY_MS = 10_000;

/** A shard as this node knows it. */
interface KnownShard extends RedisShard {
  readonly identity: string;
  readonly store: LateStore;
  /** Undefined until it has answered once. */
  open: OpenShard | undefined;
}

/**
 * Connects to etcd and to the stores. Rejects with `coordination-unavailable` or `store-unavailable` where etcd or
 * this node's own region does not answer, `coordination-empty` where the cluster was not made, and
 * `config-invalid` or `store-foreign` where this node does not belong to it.
 */
export async function openCluster(config: Config, deps: FoundationDeps): Promise<Foundation> {
  const { connection } = await connectEtcd(config, deps.observe);
  try {
    const made = await settingsOf(connection, config);
    return await openStores(config, deps, { connection, made });
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Connects to etcd, tells of each round trip, and says what should be changed about its members. */
export async function connectEtcd(
  config: Config,
  observe: Observe,
): Promise<{ readonly connection: EtcdConnection; readonly facts: readonly MemberFacts[] }> {
  const connection = new EtcdConnection(await etcdSettings(config), {
    ...{ clock, random },
    onCall: ({ isAnswered, ...call }) =>
      observe({
        ...{ event: 'server.called', server: 'etcd' },
        ...{ ...call, outcome: isAnswered ? 'answered' : 'failed' },
      }),
  });
  try {
    const facts = await readServerFacts(connection);
    const members = facts.map(({ endpoint, version }) => `${endpoint} ${version}`);
    observe({ event: 'coordination.connected', members, problems: serverNotes(facts) });
    return { connection, facts };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** What the cluster was made with. Rejects where it was not, or not as this node is set up. */
async function settingsOf(connection: EtcdConnection, config: Config): Promise<ClusterSettings> {
  const made = await readSettings(connection);
  const { name } = config.cluster;
  if (made === undefined) {
    throw new LutraError(
      'coordination-empty',
      `etcd holds no cluster "${name}": make it with "lutra cluster init", or give etcd back what it lost with "lutra cluster recover"`,
    );
  }
  assertSameLayout(config, made);
  return made;
}

/** Throws `config-invalid` where the settings name other regions or partitions than the cluster was made with. */
export function assertSameLayout(
  { cluster }: Pick<Config, 'cluster'>,
  { layout }: Pick<ClusterSettings, 'layout'>,
): void {
  const differences = [
    { key: 'regions', set: cluster.regions.join(','), made: layout.regions.join(',') },
    { key: 'partitionCount', set: String(cluster.partitionCount), made: String(layout.count) },
  ].filter(({ set, made }) => set !== made);
  if (differences.length === 0) return;
  const texts = differences.map(
    ({ key, set, made }) => `cluster.${key} is ${set}, and the cluster was made with ${made}`,
  );
  throw new LutraError('config-invalid', `${texts.join('; ')}; both are fixed for its life`);
}

async function openStores(
  config: Config,
  deps: FoundationDeps,
  cluster: { readonly connection: EtcdConnection; readonly made: ClusterSettings },
): Promise<Foundation> {
  const { connection, made } = cluster;
  const { observe } = deps;
  const { layout } = made;
  const region = homeRegion(config);
  const { shards, store } = lateStores(config, { made, observe });
  let rateLimits: SharedRateLimits;
  try {
    await Promise.all(shards.map((shard) => firstAnswer(shard, region)));
    rateLimits = await sharedRateLimits(config, region, observe);
  } catch (error) {
    await store.close();
    throw error;
  }
  const fitness = new Fitness(
    { clock, observe },
    {
      ttlMs: config.etcd.sessionTtlMs,
      clockDifferenceMaxMs: config.ownership.clockDifferenceMaxMs,
      probes: shards.map(({ regions, store: shardStore }) => ({
        regions,
        probe: async () => (await shardStore.group(anyIdIn(regions, layout.regions))).now,
      })),
    },
  );
  const shardOf = (of: string): KnownShard | undefined =>
    shards.find(({ regions }) => regions.includes(of));
  return {
    mode: 'cluster',
    cluster: config.cluster.name,
    region,
    store,
    coordination: new EtcdCoordination(connection, {
      known: made,
      onMalformed: (err) =>
        observe({ event: 'loop.failed', loop: 'coordination', err, retryInMs: 0 }),
      onRefill: (epoch) => observe({ event: 'cluster.refilled', epoch }),
    }),
    tokens: new EtcdTokenRegistry(connection),
    calendars: new EtcdCalendarRegistry(connection),
    rateLimiters: rateLimits.limiters,
    ownership: { whenSessionEnds: 'rejoin', handOverMax: config.ownership.handOverMax },
    stores: () =>
      shards.map(({ regions, identity: shardName, open }) => ({
        ...{ regions, kind: 'redis', identity: shardName },
        durability: open?.durability.sentence ?? 'not known: it has not answered yet',
        problems: open?.durability.problems ?? [],
        isReachable: regions.every((of) => fitness.isAnswering(of)),
      })),
    holdMs: (of) => fitness.holdMs(of),
    sweepDelayMs: SWEEP_DELAY_MS,
    mendLists: async (partition, groups) => {
      await shardOf(regionOf(partition))?.open?.lists.mend(groups);
    },
    accompany: (membership, signal) =>
      fitness.run((unfitFor) => membership.publish({ unfitFor }), signal),
    close: async () => {
      rateLimits.close();
      await store.close();
      connection.close();
    },
  };
}

/** Throws `config-invalid` where the node does not say which of several regions it is in. */
function homeRegion({ node, cluster }: Config): string {
  const [only, ...others] = cluster.regions;
  const region = node.region ?? (others.length === 0 ? only : undefined);
  if (region !== undefined) return region;
  throw new LutraError(
    'config-invalid',
    `there are several regions (${cluster.regions.join(', ')}): say in node.region which one this node is in`,
  );
}

/** The shards and, as one, their stores; each asks the others how many groups a tenant has there. */
function lateStores(
  config: Config,
  given: { readonly made: ClusterSettings; readonly observe: Observe },
): { readonly shards: readonly KnownShard[]; readonly store: RegionalStore } {
  const configured = redisShards(config);
  const shards = configured.map((shard) => {
    // One alone has nobody to ask, and its creations are spared the claim of a place.
    if (configured.length === 1) return lateShard(config, shard, given);
    const countElsewhere: CountElsewhere = (tenantId) =>
      store.countElsewhere(shard.regions, tenantId);
    return lateShard(config, shard, { ...given, countElsewhere });
  });
  const { identity, layout } = given.made;
  const store: RegionalStore = new RegionalStore({ identity, layout, shards });
  return { shards, store };
}

function lateShard(
  config: Config,
  shard: RedisShard,
  given: Parameters<typeof openShard>[2] & { readonly made: ClusterSettings },
): KnownShard {
  const { made, observe } = given;
  const identity = shardIdentity(made.identity, shard);
  const known: KnownShard = {
    ...shard,
    identity,
    open: undefined,
    store: new LateStore({
      ...{ identity, layout: made.layout, clock, random },
      open: async () => {
        known.open = await openShard(config, shard, given);
        return known.open.store;
      },
      onFailure: (err, retryInMs) =>
        observe({
          event: 'loop.failed',
          loop: `store ${shard.regions.join(', ')}`,
          err,
          retryInMs,
        }),
    }),
  };
  return known;
}

/**
 * What is set up wrongly ends the start. A region whose store is out of reach, or lost, only does where it is this
 * node's own: that fault is not to become one of all regions, restart by restart.
 */
async function firstAnswer({ store, regions }: KnownShard, home: string): Promise<void> {
  try {
    await store.ready();
  } catch (error) {
    const isRegionsFault = hasCode(error, 'store-unavailable') || hasCode(error, 'store-foreign');
    if (regions.includes(home) || !isRegionsFault) throw error;
  }
}

/** The id of a group that is not there, in one of the regions: reading it costs one short round trip. */
function anyIdIn(
  regions: readonly string[],
  all: readonly string[],
): ReturnType<typeof groupIdInRegion> {
  return groupIdInRegion(NOBODY, all.indexOf(regions[0] ?? ''));
}

const NOBODY = '00000000-0000-4000-8000-000000000000';
