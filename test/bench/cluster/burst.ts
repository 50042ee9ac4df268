/** The burst: every policy is due at one and the same instant, and is claimed by the loops of one process. */
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { RedisStore } from '../../../src/adapters/redis/store.ts';
import { epochMs, plusMs } from '../../../src/base/clock.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import type { Section } from '../report.ts';
import { median, percentilesOf, rounded, spread } from '../statistics.ts';
import { acquireAll, openBenchStore, tokenOf } from './bench-store.ts';
import type { BenchStore } from './bench-store.ts';
import type { ClusterContext } from './context.ts';
import { cpuOf } from './cpu.ts';
import { LAYOUT, newGroups } from './groups.ts';
import type { BenchGroup } from './groups.ts';
import { drain } from './loops.ts';
import type { Drain } from './loops.ts';
import type { Packet } from './pump.ts';
import { encodeCalls, recording, replay } from './recorded.ts';
import { assertReadable, reset, seed } from './seed.ts';
import type { SeedPlan } from './seed.ts';

const RATIO_MIN = 0.4;
const LOOP_DELAY_MAX_MS = 100;
const TOKEN = tokenOf(1);
const HOUR_MS = 3_600_000;
/** From the end of a reset to the instant, about. */
const MARGIN_MS = 500;
/** What a first reset is taken to need. */
const SLOW_MS_PER_GROUP = 0.03;
const WARM_UP = 4_000;
/** Instants of a backlog that is claimed oldest first, a second apart. */
const BACKLOG_STEPS = 10;

/** Claims of a burst, against the same calls of the commit script sent by a bare loop. */
export async function measureBurst(context: ClusterContext): Promise<Section> {
  const { burst, burstRounds } = context.extent;
  const bench = await openBenchStore({ fsync: 'always' });
  try {
    await acquireAll(bench.store, TOKEN);
    context.progress('burst: warming up');
    await measureRounds(bench, { count: Math.min(WARM_UP, burst), rounds: 2, context });
    const order = await measureOrder(bench, context);
    const rounds = await measureRounds(bench, { count: burst, rounds: burstRounds, context });
    return sectionOf(burst, rounds, order);
  } finally {
    await bench.remove();
  }
}

interface Round {
  readonly drained: Drain;
  readonly claimsPerSecond: number;
  readonly rawPerSecond: number;
  /** CPU of this process and of Redis for one claim, in µs. */
  readonly ownMicros: number;
  readonly redisMicros: number;
}

async function measureRounds(
  bench: BenchStore,
  plan: { readonly count: number; readonly rounds: number; readonly context: ClusterContext },
): Promise<readonly Round[]> {
  const { count, context } = plan;
  const { port } = bench.server;
  const name = `burst of ${count.toLocaleString('en-US')}`;
  const groups = newGroups(count, 1);
  const seeding = seedPlan(port, groups);
  context.progress(`${name}: storing, and recording what is committed`);
  await seed(seeding);
  await assertReadable(bench.store, seeding);
  const resetting: Resetting = { port, groups, lastMs: count * SLOW_MS_PER_GROUP };
  const packets = await record(bench, resetting, context);
  const rounds: Round[] = [];
  for (let number = 1; number <= plan.rounds; number += 1) {
    context.progress(`${name}: round ${String(number)} of ${String(plan.rounds)}`);
    const instant = await resetFor(resetting);
    const measure = await cpuOf(bench, () =>
      drain({ store: bench.store, token: TOKEN, reporting: context.reporting, instant, count }),
    );
    const drained = measure.result;
    await resetFor(resetting);
    const rawMs = await replay(port, packets, count);
    rounds.push({
      drained,
      claimsPerSecond: (count / drained.durationMs) * 1000,
      rawPerSecond: (count / rawMs) * 1000,
      ownMicros: (measure.ownMs * 1000) / count,
      redisMicros: (measure.redisMs * 1000) / count,
    });
  }
  await bench.server.send('FLUSHALL');
  await bench.remake();
  await acquireAll(bench.store, TOKEN);
  return rounds;
}

/** Fires at a minute of the hour that is far away, so that nothing but what is armed is due. */
function seedPlan(port: number, groups: readonly BenchGroup[]): SeedPlan {
  const now = systemClock.now();
  const minute = (new Date(now).getUTCMinutes() + 30) % 60;
  const timing = { cron: `${String(minute)} * * * *`, plannedAt: plusMs(now, HOUR_MS) };
  return { port, groups, timingOf: () => timing, at: now };
}

async function record(
  bench: BenchStore,
  resetting: Resetting,
  { reporting }: ClusterContext,
): Promise<readonly Packet[]> {
  const { connection, calls } = recording(bench.connection);
  const store = new RedisStore(connection, { identity: bench.identity, layout: LAYOUT });
  const instant = await resetFor(resetting);
  await drain({ store, token: TOKEN, reporting, instant, count: resetting.groups.length });
  return encodeCalls(calls);
}

/** What is put back between the turns, and how long that took the last time. */
interface Resetting {
  readonly port: number;
  readonly groups: readonly BenchGroup[];
  lastMs: number;
}

/** Puts all back, armed for an instant that comes soon after; answers that instant. */
async function resetFor(resetting: Resetting): Promise<EpochMs> {
  const { port, groups, lastMs } = resetting;
  const instant = epochMs(Math.ceil(systemClock.now() + 1.3 * lastMs + MARGIN_MS));
  const startedAtMs = performance.now();
  await reset(port, groups, instant);
  resetting.lastMs = performance.now() - startedAtMs;
  return instant;
}

/** Whether a backlog is claimed in the order in which it was due, in each partition. */
async function measureOrder(bench: BenchStore, context: ClusterContext): Promise<boolean> {
  const groups = newGroups(WARM_UP, 1);
  const { port } = bench.server;
  const now = systemClock.now();
  const seeding = seedPlan(port, groups);
  await seed({
    ...seeding,
    timingOf: (index) => ({
      cron: seeding.timingOf(index).cron,
      plannedAt: plusMs(now, -1_000 * (1 + (index % BACKLOG_STEPS))),
    }),
  });
  const { firings } = await drain({
    ...{ store: bench.store, token: TOKEN, reporting: context.reporting },
    ...{ instant: now, count: groups.length },
  });
  await bench.server.send('FLUSHALL');
  await bench.remake();
  await acquireAll(bench.store, TOKEN);
  const latest = new Map<string, number>();
  return firings.every(({ partition, plannedAt }) => {
    const isInOrder = plannedAt >= (latest.get(partition) ?? 0);
    latest.set(partition, plannedAt);
    return isInOrder;
  });
}

function sectionOf(count: number, rounds: readonly Round[], isOldestFirst: boolean): Section {
  const of = (pick: (round: Round) => number): readonly number[] => rounds.map(pick);
  const claims = of(({ claimsPerSecond }) => claimsPerSecond);
  const raws = of(({ rawPerSecond }) => rawPerSecond);
  const ratio = median(of(({ claimsPerSecond, rawPerSecond }) => claimsPerSecond / rawPerSecond));
  const lateness = percentilesOf(
    rounds.flatMap(({ drained }) => drained.firings.map(({ latenessMs }) => latenessMs)),
  );
  const blockedMs = Math.max(...of(({ drained }) => drained.loopDelayMaxMs));
  return {
    name: 'burst',
    title: 'The full hour: all policies due at one instant, claimed by one process',
    method: [
      'Claims: from the planned instant to the report of the last claim, by the scheduler loops of all 64 partitions',
      'in one process, with a node’s own settings, log, metrics and figures. Raw: the very calls of the commit script',
      'that such a run made, 200 units each, encoded beforehand and sent over one bare socket, 64 at a time, to a store',
      'of the same content; every unit was applied. Redis with appendfsync always. Turns A B A B; medians, ± half',
      'the range. CPU: user and system time of this process, and of Redis, for one claim.',
    ],
    columns: [
      { key: 'policies', title: 'policies due' },
      { key: 'rounds', title: 'rounds' },
      { key: 'claimsPerSecond', title: 'claims/s' },
      { key: 'claimsSpreadPercent', title: '± %' },
      { key: 'rawPerSecond', title: 'raw/s' },
      { key: 'rawSpreadPercent', title: '± %' },
      { key: 'ratio', title: 'claims/raw' },
      { key: 'latenessP50Ms', title: 'late p50 ms' },
      { key: 'latenessP99Ms', title: 'p99' },
      { key: 'latenessMaxMs', title: 'max' },
      { key: 'loopDelayMaxMs', title: 'loop blocked max ms' },
      { key: 'ownMicros', title: 'CPU µs' },
      { key: 'redisMicros', title: 'Redis CPU µs' },
      { key: 'failedPasses', title: 'passes tried again' },
    ],
    rows: [
      {
        policies: count,
        rounds: rounds.length,
        claimsPerSecond: rounded(median(claims)),
        claimsSpreadPercent: rounded(spread(claims) * 100),
        rawPerSecond: rounded(median(raws)),
        rawSpreadPercent: rounded(spread(raws) * 100),
        ratio: rounded(ratio, 2),
        latenessP50Ms: lateness.p50,
        latenessP99Ms: lateness.p99,
        latenessMaxMs: lateness.max,
        loopDelayMaxMs: rounded(blockedMs, 1),
        ownMicros: rounded(median(of(({ ownMicros }) => ownMicros)), 1),
        redisMicros: rounded(median(of(({ redisMicros }) => redisMicros)), 1),
        failedPasses: of(({ drained }) => drained.failedPassCount).reduce((a, b) => a + b, 0),
      },
    ],
    verdicts: [
      {
        promise: `claims are at least ${String(RATIO_MIN)} of the raw rate`,
        found: String(rounded(ratio, 2)),
        isKept: ratio >= RATIO_MIN,
      },
      {
        promise: `the event loop is never blocked for more than ${String(LOOP_DELAY_MAX_MS)} ms`,
        found: `${String(rounded(blockedMs, 1))} ms`,
        isKept: blockedMs <= LOOP_DELAY_MAX_MS,
      },
      {
        promise: 'of a backlog the oldest is claimed first, in each partition',
        found: isOldestFirst ? 'in order' : 'not in order',
        isKept: isOldestFirst,
      },
    ],
  };
}
