/** The steady state of a whole cluster in which a great many policies are stored. */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { plusMs } from '../../../src/base/clock.ts';
import type { Section } from '../report.ts';
import { percentilesOf, rounded } from '../statistics.ts';
import type { ClusterContext } from './context.ts';
import { accountFor } from './firing.ts';
import type { FiringGroup } from './firing.ts';
import { newGroups } from './groups.ts';
import type { Lab } from './lab.ts';
import { assertReadable, seed } from './seed.ts';

const POLICIES_PER_GROUP = 10;
const DAY_MS = 86_400_000;
const LATENESS_P99_MAX_MS = 10;
const LATENESS_MAX_MS = 2_000;
const MEMORY_MAX_MB = 200;
const MB = 2 ** 20;
/** Seconds that are not counted: the sweeps at the start of a term walk over all groups. */
const SETTLE_SECONDS = 8;

/** Fills the store of the lab up, which no node uses now. */
export async function storeMany(lab: Lab, { extent, progress }: ClusterContext): Promise<void> {
  const { storedMost } = extent;
  progress(`storing ${storedMost.toLocaleString('en-US')} policies beside those that fire`);
  const now = systemClock.now();
  const timing = { cron: '0 0 1 1 *', plannedAt: plusMs(now, DAY_MS) };
  const groups = newGroups(storedMost / POLICIES_PER_GROUP, POLICIES_PER_GROUP);
  const plan = { port: lab.redis.port, groups, timingOf: () => timing, at: now };
  await seed(plan);
  await assertReadable(lab.store, plan);
}

/** Lateness of claims and orders, with each of the two ways to sync, and the memory of nodes. */
export async function measureSteadyState(
  lab: Lab,
  firing: readonly FiringGroup[],
  context: ClusterContext,
): Promise<Section> {
  const { storedMost, firingPolicies, steadySeconds } = context.extent;
  await lab.settled();
  await sleep(SETTLE_SECONDS * 1000);
  const rows: Section['rows'][number][] = [];
  const kept: boolean[] = [];
  for (const fsync of ['always', 'everysec'] as const) {
    context.progress(`steady state: ${String(steadySeconds)} s with appendfsync ${fsync}`);
    await lab.redis.send('CONFIG', 'SET', 'appendfsync', fsync);
    const { claims, orders } = await observe(lab, firing, steadySeconds);
    rows.push({ what: 'claim', fsync, count: claims.length, ...shown(claims) });
    rows.push({ what: 'order received', fsync, count: orders.length, ...shown(orders) });
    const { p99, max } = percentilesOf(claims);
    kept.push(p99 <= LATENESS_P99_MAX_MS && max <= LATENESS_MAX_MS);
  }
  const readings = await Promise.all(lab.running().map((node) => node.reading()));
  const residentMb = rounded(Math.max(...readings.map(({ residentBytes }) => residentBytes)) / MB);
  return {
    name: 'steady-state',
    title: `Steady state: ${String(firingPolicies / 10)} due every second, ${storedMost.toLocaleString('en-US')} stored`,
    method: [
      'Three whole nodes, and a receiver of orders. Claim: by the store’s clock − dueAt. Order received: by the clock of the',
      'receiver − the planned instant. Memory: the largest resident size of a node',
      `at the end. The first ${String(SETTLE_SECONDS)} s after all have started, in which sweeps walk over all groups, are not counted.`,
    ],
    columns: [
      { key: 'what', title: 'lateness' },
      { key: 'fsync', title: 'appendfsync' },
      { key: 'count', title: 'count' },
      { key: 'p50Ms', title: 'p50 ms' },
      { key: 'p99Ms', title: 'p99 ms' },
      { key: 'maxMs', title: 'max ms' },
      { key: 'residentMb', title: 'resident MB' },
    ],
    rows: [...rows, { what: 'node', residentMb }],
    verdicts: [
      {
        promise: `claim p99 at most ${String(LATENESS_P99_MAX_MS)} ms, max at most ${String(LATENESS_MAX_MS)} ms`,
        found: rows
          .filter(({ what }) => what === 'claim')
          .map(
            ({ fsync, p99Ms, maxMs }) =>
              `${String(fsync)} ${String(p99Ms)} and ${String(maxMs)} ms`,
          )
          .join(', '),
        isKept: kept.every((each) => each),
      },
      {
        promise: `memory of a node below ${String(MEMORY_MAX_MB)} MB`,
        found: `${String(residentMb)} MB`,
        isKept: residentMb < MEMORY_MAX_MB,
      },
    ],
  };
}

async function observe(
  lab: Lab,
  firing: readonly FiringGroup[],
  seconds: number,
): Promise<{ readonly claims: readonly number[]; readonly orders: readonly number[] }> {
  lab.receiver.takeLatenesses();
  const from = Date.now();
  await sleep(seconds * 1000);
  const orders = lab.receiver.takeLatenesses();
  const until = Date.now();
  const { claims } = await accountFor(lab.store, firing);
  const latenesses = claims
    .filter(({ dueAt }) => dueAt > from && dueAt <= until)
    .map(({ dueAt, at }) => at - dueAt);
  return { claims: latenesses, orders };
}

function shown(values: readonly number[]): {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
} {
  const { p50, p99, max } = percentilesOf(values);
  return { p50Ms: p50, p99Ms: p99, maxMs: max };
}
