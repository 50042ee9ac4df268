/** Flat cost: the same number of policies due, among few and among a great many that are stored. */
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { epochMs, plusMs } from '../../../src/base/clock.ts';
import type { FencingToken } from '../../../src/domain/ids.ts';
import type { Section } from '../report.ts';
import { median, rounded, spread } from '../statistics.ts';
import { acquireAll, openBenchStore, tokenOf } from './bench-store.ts';
import type { BenchStore } from './bench-store.ts';
import type { ClusterContext } from './context.ts';
import { cpuOf } from './cpu.ts';
import { newGroups } from './groups.ts';
import type { BenchGroup } from './groups.ts';
import { drain } from './loops.ts';
import { arm, assertReadable, seed } from './seed.ts';

const POLICIES_PER_GROUP = 10;
/** Policies due at one instant: whole groups, as far apart as there are groups between them. */
const DUE = 1_000;
const FACTOR_MAX = 1.2;
const LEAD_MS = 300;
const DAY_MS = 86_400_000;
const WARM_UPS = 3;

/** One store of a size, and what was measured on it. */
interface Sized {
  readonly bench: BenchStore;
  readonly groups: readonly BenchGroup[];
  readonly claimsPerSecond: number[];
  readonly ownMicros: number[];
  readonly redisMicros: number[];
  readonly takeOverMs: number[];
  /** Number of the newest owner of all partitions. */
  owner: number;
}

/** Cost of a claim and of a take-over by the number of policies stored. */
export async function measureStored(context: ClusterContext): Promise<Section> {
  const { storedLeast, storedMost, comparisons } = context.extent;
  const sizes: Sized[] = [];
  try {
    for (const size of [storedLeast, storedMost]) sizes.push(await openSized(size, context));
    for (let round = -WARM_UPS; round < comparisons; round += 1) {
      if (round >= 0) {
        context.progress(`flat cost: instant ${String(round + 1)} of ${String(comparisons)}`);
      }
      for (const sized of sizes) await compare(sized, { round, context });
    }
    return sectionOf(sizes, comparisons);
  } finally {
    await Promise.all(sizes.map(({ bench }) => bench.remove()));
  }
}

async function openSized(size: number, { progress }: ClusterContext): Promise<Sized> {
  const bench = await openBenchStore({ fsync: 'always' });
  const groups = newGroups(size / POLICIES_PER_GROUP, POLICIES_PER_GROUP);
  const now = systemClock.now();
  // As if each group fired once a day, at a time of its own.
  const timing = { cron: '0 0 1 1 *', plannedAt: plusMs(now, DAY_MS) };
  let told = 0;
  const plan = {
    ...{ port: bench.server.port, groups, timingOf: () => timing, at: now },
    progress: (count: number) => {
      if (count < told + size / 5 || size < 10_000) return;
      told = count;
      progress(`${count.toLocaleString('en-US')} of ${size.toLocaleString('en-US')} stored`);
    },
  };
  await seed(plan);
  await assertReadable(bench.store, plan);
  await acquireAll(bench.store, tokenOf(1));
  const measured = { claimsPerSecond: [], ownMicros: [], redisMicros: [], takeOverMs: [] };
  return { bench, groups, ...measured, owner: 1 };
}

/** Claims what is due at one instant, then takes a partition over; warm-ups have negative numbers. */
async function compare(
  sized: Sized,
  { round, context }: { readonly round: number; readonly context: ClusterContext },
): Promise<void> {
  const { bench } = sized;
  const { store, server } = bench;
  const { reporting } = context;
  const due = spreadOver(sized.groups, DUE / POLICIES_PER_GROUP, round + WARM_UPS);
  const token = await nextOwner(sized);
  const instant = epochMs(systemClock.now() + LEAD_MS);
  await arm(server.port, due, instant);
  const { result, ownMs, redisMs } = await cpuOf(bench, () =>
    drain({ store, token, reporting, instant, count: DUE }),
  );
  const takeOverMs = await takeOver(sized, context);
  if (round < 0) return;
  sized.claimsPerSecond.push((DUE / result.durationMs) * 1000);
  sized.ownMicros.push((ownMs * 1000) / DUE);
  sized.redisMicros.push((redisMs * 1000) / DUE);
  sized.takeOverMs.push(takeOverMs);
}

async function nextOwner(sized: Sized): Promise<FencingToken> {
  sized.owner += 1;
  const token = tokenOf(sized.owner);
  await acquireAll(sized.bench.store, token);
  return token;
}

/** So many groups, evenly spread over all, others in each round where there are enough. */
function spreadOver(
  groups: readonly BenchGroup[],
  count: number,
  round: number,
): readonly BenchGroup[] {
  const step = Math.max(Math.floor(groups.length / count), 1);
  return groups.filter((_, index) => index % step === round % step).slice(0, count);
}

/** From the raising of all fences to the report of the first claim, of a group that was overdue. */
async function takeOver(sized: Sized, { reporting }: ClusterContext): Promise<number> {
  const { bench, groups } = sized;
  const { store, server } = bench;
  const overdue = groups.slice(0, 1);
  await arm(server.port, overdue, epochMs(systemClock.now() - 1_000));
  const startedAtMs = performance.now();
  const token = await nextOwner(sized);
  await drain({ store, token, reporting, instant: systemClock.now(), count: POLICIES_PER_GROUP });
  return performance.now() - startedAtMs;
}

function sectionOf(sizes: readonly Sized[], comparisons: number): Section {
  const [least, most] = sizes;
  if (least === undefined || most === undefined) throw new Error('two sizes are compared');
  const factor = median(
    least.claimsPerSecond.map((rate, index) => rate / (most.claimsPerSecond[index] ?? Number.NaN)),
  );
  const takeOver = median(most.takeOverMs) / median(least.takeOverMs);
  return {
    name: 'stored',
    title: 'Flat cost: the same number due among few and many that are stored',
    method: [
      `Groups of ${String(POLICIES_PER_GROUP)} policies; at each of ${String(comparisons)} instants ${DUE.toLocaleString('en-US')} are due, of other groups each time where there`,
      'are enough. Claims as in the burst, in turns A B A B on two stores; medians, ± half the range. Take-over: from',
      'the raising of all 64 fences to the report of the first claim, of a group that was overdue.',
    ],
    columns: [
      { key: 'stored', title: 'policies stored' },
      { key: 'claimsPerSecond', title: 'claims/s' },
      { key: 'claimsSpreadPercent', title: '± %' },
      { key: 'ownMicros', title: 'CPU µs' },
      { key: 'redisMicros', title: 'Redis CPU µs' },
      { key: 'takeOverMs', title: 'take-over ms' },
    ],
    rows: sizes.map(rowOf),
    verdicts: [
      {
        promise: `a claim costs at most ${String(FACTOR_MAX)} × as much with the most stored as with the fewest`,
        found: `${String(rounded(factor, 2))} ×`,
        isKept: factor <= FACTOR_MAX,
      },
      {
        promise: `a take-over costs at most ${String(FACTOR_MAX)} × as much`,
        found: `${String(rounded(takeOver, 2))} ×`,
        isKept: takeOver <= FACTOR_MAX,
      },
    ],
  };
}

function rowOf(sized: Sized): Section['rows'][number] {
  return {
    stored: sized.groups.length * POLICIES_PER_GROUP,
    claimsPerSecond: rounded(median(sized.claimsPerSecond)),
    claimsSpreadPercent: rounded(spread(sized.claimsPerSecond) * 100),
    ownMicros: rounded(median(sized.ownMicros), 1),
    redisMicros: rounded(median(sized.redisMicros), 1),
    takeOverMs: rounded(median(sized.takeOverMs), 1),
  };
}
