/** What one world is made of, drawn from its seed. Times are long, so that hours of it are simulated in moments. */
import type { Random } from '../../../src/base/random.ts';
import type { Config } from '../../../src/config/schema.ts';
import { allPartitions } from '../../../src/domain/partition/partition-of.ts';
import type { PartitionLayout } from '../../../src/domain/partition/partition-of.ts';
import type { Timings } from '../trace.ts';

/** Everything about a world that does not change while it lasts. */
export interface WorldSettings {
  readonly seed: number;
  readonly layout: PartitionLayout;
  readonly nodes: readonly { readonly node: string; readonly region: string }[];
  /** The name of each region's store. */
  readonly storeOf: ReadonlyMap<string, string>;
  readonly timings: Timings;
  readonly config: Pick<Config, 'scheduler' | 'converger' | 'ownership'>;
  readonly limits: {
    readonly maxGroups: number;
    readonly maxPoliciesPerGroup: number;
    readonly maxWebhooksPerPolicy: number;
  };
  readonly groupCount: number;
  readonly policyCount: number;
  readonly faultCount: number;
  /** From the last order until it is carried out, at most. */
  readonly carryOutMaxMs: number;
  /** Between two wishes of users, on average. */
  readonly wishEveryMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Nothing goes wrong until everything has started. */
export const FAULTS_FROM_MS = 10 * MINUTE_MS;
export const WORLD_LASTS_MS = 6 * HOUR_MS;
/** Since the calm at the end has to outlast every sweep and every back-off. */
export const CALM_FROM_MS = 270 * MINUTE_MS;

/** A whole number from `least` to `most`, both included. */
export function wholeBetween(random: Random, least: number, most: number): number {
  return least + Math.floor(random.fraction() * (most - least + 1));
}

export function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random.fraction() * items.length)];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
}

/** Draws a world. The same seed draws the same one. */
export function drawSettings(seed: number, random: Random): WorldSettings {
  const regions = ['north', 'south', 'west'].slice(0, wholeBetween(random, 1, 3));
  const layout = { regions, count: wholeBetween(random, 1, regions.length > 1 ? 3 : 6) };
  const nodeCount = oneOf(random, [3, 3, 3, 3, 4, 5]);
  const sharesStore = random.fraction() < 0.5;
  const timings = drawTimings(random);
  return {
    ...{ seed, layout, timings, config: configOf(timings, random) },
    nodes: Array.from({ length: nodeCount }, (_, index) => ({
      node: `n${String(index + 1)}`,
      region: regions[index % regions.length] ?? 'north',
    })),
    storeOf: new Map(regions.map((region) => [region, sharesStore ? 'store' : `store-${region}`])),
    limits: { maxGroups: 1_000, maxPoliciesPerGroup: 100, maxWebhooksPerPolicy: 25 },
    groupCount: wholeBetween(random, 8, 12),
    policyCount: wholeBetween(random, 50, 60),
    faultCount: wholeBetween(random, 12, 26),
    carryOutMaxMs: oneOf(random, [0, 2_000, 20_000]),
    wishEveryMs: oneOf(random, [4, 6, 9]) * MINUTE_MS,
  };
}

function drawTimings(random: Random): Timings {
  const sessionTtlMs = wholeBetween(random, 330, 450) * 1_000;
  const lockTtlMs = wholeBetween(random, 40, 120) * 1_000;
  const backoffMaxMs = wholeBetween(random, 30, 120) * 1_000;
  return {
    networkMaxMs: oneOf(random, [2, 10, 40]),
    storeTimeoutMs: wholeBetween(random, 15, 50) * 100,
    etcdTimeoutMs: wholeBetween(random, 15, 80) * 100,
    sessionTtlMs,
    regionGraceMs: wholeBetween(random, 0, 3) * MINUTE_MS,
    readIntervalMs: wholeBetween(random, 140, 300) * 1_000,
    clockDifferenceMaxMs: 2_000,
    schedulerPollMs: wholeBetween(random, 300, 540) * 1_000,
    repairIntervalMs: wholeBetween(random, 12, 15) * MINUTE_MS,
    convergerPollMs: wholeBetween(random, 300, 540) * 1_000,
    lockTtlMs,
    providerTimeoutMs: Math.floor(lockTtlMs / 2),
    providerMaxMs: wholeBetween(random, 1, 30) * 100,
    backoffMaxMs,
    selfHealIntervalMs: wholeBetween(random, 15, 18) * MINUTE_MS,
    sweepDelayMs: 10_000,
    sleepMaxMs: 600_000,
  };
}

function configOf(timings: Timings, random: Random): WorldSettings['config'] {
  return {
    scheduler: {
      batchMax: oneOf(random, [3, 20, 200]),
      pollMs: timings.schedulerPollMs,
      repairIntervalMs: timings.repairIntervalMs,
    },
    converger: {
      batchMax: oneOf(random, [2, 16, 256]),
      concurrencyPerProvider: oneOf(random, [2, 16]),
      concurrencyPerTenant: oneOf(random, [2, 8]),
      pollMs: timings.convergerPollMs,
      lockTtlMs: timings.lockTtlMs,
      callTimeoutMs: timings.providerTimeoutMs,
      backoffFirstMs: 1_000,
      backoffMaxMs: timings.backoffMaxMs,
      selfHealIntervalMs: timings.selfHealIntervalMs,
    },
    ownership: {
      readIntervalMs: timings.readIntervalMs,
      handOverMax: oneOf(random, [1, 8]),
      clockDifferenceMaxMs: timings.clockDifferenceMaxMs,
    },
  };
}

/** The partitions of a world. */
export function partitionsOf({ layout }: Pick<WorldSettings, 'layout'>): readonly string[] {
  return allPartitions(layout);
}
