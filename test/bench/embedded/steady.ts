/** The steady state: the same number of policies due at every second. */
import { plusMs } from '../../../src/base/clock.ts';
import type { Section } from '../report.ts';
import { percentilesOf, rounded } from '../statistics.ts';
import { openStore, PARTITION, removeStore, storePath, tokenOf } from './bench-store.ts';
import type { BenchStore } from './bench-store.ts';
import type { EmbeddedContext } from './context.ts';
import { runLoop } from './loop.ts';
import { seedStore } from './seed.ts';
import { FIRST_DAY } from './shifted-clock.ts';

const DUE_PER_SECOND = 100;
/** Each policy fires every so many seconds: a divisor of 60. */
const PERIOD_SECONDS = 20;
const SECONDS = 25;
const QUICK_SECONDS = 5;
/** Seconds at the start that are not counted, while the engine compiles what is hot. */
const WARM_UP_SECONDS = 2;
const LATENESS_P99_MAX_MS = 10;
const LATENESS_MAX_MS = 2_000;
const TOKEN = tokenOf(2);

/** Lateness and load while the same number is due every second. */
export async function measureSteadyState(context: EmbeddedContext): Promise<Section> {
  const seconds = context.isQuick ? QUICK_SECONDS : SECONDS;
  const policyCount = DUE_PER_SECOND * PERIOD_SECONDS;
  context.progress(`steady state: ${String(DUE_PER_SECOND)} a second for ${String(seconds)} s`);
  const path = storePath(context.folder, 'steady');
  await seedStore(path, {
    groupCount: policyCount,
    policiesPerGroup: 1,
    timingOf: (index) => {
      const second = index % PERIOD_SECONDS;
      const plannedAt = plusMs(FIRST_DAY, (second === 0 ? PERIOD_SECONDS : second) * 1000);
      return { cron: everyPeriod(second), plannedAt };
    },
    at: FIRST_DAY,
  });
  const bench = await openStore(path);
  await bench.store.acquire(PARTITION, TOKEN);
  const found = await observeSeconds(bench, seconds, context);
  await bench.store.close();
  await removeStore(path);
  const claimed = percentilesOf(found.claimedMs);
  const reported = percentilesOf(found.reportedMs);
  return {
    name: 'steady-state',
    title: `Steady state: ${String(DUE_PER_SECOND)} due every second`,
    method: [
      `${String(policyCount)} policies, one per group, each due every ${String(PERIOD_SECONDS)} s at a whole second; ${String(seconds)} s of real time, the first ${String(WARM_UP_SECONDS)}`,
      'not counted. Claim: by the store’s clock − dueAt. Reported: when the commit is on the disk and its events are',
      'told. CPU: of the whole process, as a share of one core.',
    ],
    columns: [
      { key: 'what', title: 'lateness' },
      { key: 'firings', title: 'firings' },
      { key: 'p50Ms', title: 'p50 ms' },
      { key: 'p99Ms', title: 'p99 ms' },
      { key: 'maxMs', title: 'max ms' },
      { key: 'cpuPercent', title: 'CPU %' },
    ],
    rows: [
      {
        what: 'claim',
        firings: found.claimedMs.length,
        p50Ms: claimed.p50,
        p99Ms: claimed.p99,
        maxMs: claimed.max,
        cpuPercent: rounded(found.cpuShare * 100, 1),
      },
      {
        what: 'reported',
        firings: found.reportedMs.length,
        p50Ms: reported.p50,
        p99Ms: reported.p99,
        maxMs: reported.max,
      },
    ],
    verdicts: [
      {
        promise: `claim p99 at most ${String(LATENESS_P99_MAX_MS)} ms, max at most ${String(LATENESS_MAX_MS)} ms`,
        found: `${String(claimed.p99)} ms, ${String(claimed.max)} ms`,
        isKept: claimed.p99 <= LATENESS_P99_MAX_MS && claimed.max <= LATENESS_MAX_MS,
      },
    ],
  };
}

interface Observed {
  readonly claimedMs: readonly number[];
  readonly reportedMs: readonly number[];
  readonly cpuShare: number;
}

async function observeSeconds(
  bench: BenchStore,
  seconds: number,
  { reporting }: EmbeddedContext,
): Promise<Observed> {
  const { clock } = bench;
  const claimedMs: number[] = [];
  const reportedMs: number[] = [];
  const cpuBefore = process.cpuUsage();
  const startedAtMs = clock.leapTo(FIRST_DAY);
  await runLoop(bench, {
    ...{ token: TOKEN, reporting },
    onFiring: ({ plannedAt, latenessMs }) => {
      const second = (plannedAt - FIRST_DAY) / 1000;
      if (second > seconds) return 'stop';
      if (second <= WARM_UP_SECONDS) return 'go-on';
      claimedMs.push(latenessMs);
      reportedMs.push(clock.now() - plannedAt);
      return 'go-on';
    },
  });
  const cpu = process.cpuUsage(cpuBefore);
  const cpuShare = (cpu.user + cpu.system) / 1000 / (performance.now() - startedAtMs);
  const expected = (seconds - WARM_UP_SECONDS) * DUE_PER_SECOND;
  if (claimedMs.length === expected) return { claimedMs, reportedMs, cpuShare };
  throw new Error(`${String(claimedMs.length)} firings, not ${String(expected)}`);
}

/** Fires at this second of every period. */
function everyPeriod(second: number): string {
  const seconds = Array.from(
    { length: 60 / PERIOD_SECONDS },
    (_, index) => second + index * PERIOD_SECONDS,
  );
  return `${seconds.join(',')} * * * * *`;
}
