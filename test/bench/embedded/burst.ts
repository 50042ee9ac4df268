/** The burst: every policy of a store is due at one and the same instant. */
import { plusMs } from '../../../src/base/clock.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import type { Section } from '../report.ts';
import { median, percentilesOf, rounded, spread } from '../statistics.ts';
import {
  asStore,
  copyStore,
  openFile,
  openStore,
  PARTITION,
  removeStore,
  storePath,
  tokenOf,
} from './bench-store.ts';
import { assertSameContent, rowCountsOf } from './content.ts';
import type { EmbeddedContext } from './context.ts';
import { drain } from './drain.ts';
import type { Drain } from './drain.ts';
import { seedStore } from './seed.ts';
import { FIRST_DAY } from './shifted-clock.ts';
import { WriteRecorder } from './write-trace.ts';
import type { Writes } from './write-trace.ts';

interface Shape {
  readonly policyCount: number;
  readonly policiesPerGroup: number;
  readonly rounds: number;
}

const SHAPES: readonly Shape[] = [
  { policyCount: 1_000, policiesPerGroup: 1, rounds: 9 },
  { policyCount: 10_000, policiesPerGroup: 1, rounds: 5 },
  { policyCount: 100_000, policiesPerGroup: 1, rounds: 3 },
  { policyCount: 10_000, policiesPerGroup: 100, rounds: 5 },
];
/** Measured first and not counted, so that the first that counts finds compiled code, as on a node that has run for a while. */
const WARM_UP: Shape = { policyCount: 4_000, policiesPerGroup: 1, rounds: 2 };
const QUICK_SHAPES: readonly Shape[] = [
  { policyCount: 1_000, policiesPerGroup: 1, rounds: 3 },
  { policyCount: 4_000, policiesPerGroup: 1, rounds: 3 },
];

/** The full hour: noon of the first day. */
const INSTANT: EpochMs = plusMs(FIRST_DAY, 12 * 3_600_000);
const CRON = '0 * * * *';
const RATIO_MIN = 0.4;
const TOKEN = tokenOf(2);

/** Claims of a burst, against the same writes made by a bare loop. */
export async function measureBursts(context: EmbeddedContext): Promise<Section> {
  await measureBurst(WARM_UP, { ...context, progress: () => undefined });
  const bursts: Burst[] = [];
  for (const shape of context.isQuick ? QUICK_SHAPES : SHAPES) {
    bursts.push(await measureBurst(shape, context));
  }
  const onePerGroup = bursts.filter(({ shape }) => shape.policiesPerGroup === 1);
  const ratios = onePerGroup.map(({ ratio }) => ratio);
  return {
    name: 'burst',
    title: 'Burst: all policies due at one instant',
    method: [
      'Claims: from the planned instant to the report of the last claim, by the scheduler loop on a node’s own',
      'settings, log, metrics and figures included. Raw: the very same statements with the same values, recorded',
      'from such a run, in the same transactions of 200 policies, by a bare loop on a copy of the same file; its',
      'rows were compared with those of the run. Both sync every commit. Turns A B A B, each on a',
      'fresh copy; medians, ± half the range. Lateness: claim by the store’s clock − dueAt.',
    ],
    columns: [
      { key: 'policies', title: 'policies due' },
      { key: 'policiesPerGroup', title: 'per group' },
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
    ],
    rows: bursts.map(({ row }) => row),
    verdicts: [
      {
        promise: `claims are at least ${String(RATIO_MIN)} of the raw rate, one policy per group`,
        found: ratios.map((ratio) => rounded(ratio, 2)).join(', '),
        isKept: ratios.every((ratio) => ratio >= RATIO_MIN),
      },
    ],
  };
}

interface Burst {
  readonly shape: Shape;
  readonly ratio: number;
  readonly row: Section['rows'][number];
}

async function measureBurst(shape: Shape, context: EmbeddedContext): Promise<Burst> {
  const { policyCount, policiesPerGroup } = shape;
  const name = `${String(policyCount)} in groups of ${String(policiesPerGroup)}`;
  context.progress(`burst of ${name}: storing`);
  const master = storePath(context.folder, 'burst');
  await seedStore(master, {
    groupCount: policyCount / policiesPerGroup,
    policiesPerGroup,
    timingOf: () => ({ cron: CRON, plannedAt: INSTANT }),
    at: FIRST_DAY,
  });
  context.progress(`burst of ${name}: recording its writes`);
  const recording = await record(master, shape, context);
  const claims: number[] = [];
  const raws: number[] = [];
  const drains: Drain[] = [];
  for (let round = 1; round <= shape.rounds; round += 1) {
    context.progress(`burst of ${name}: round ${String(round)} of ${String(shape.rounds)}`);
    const drained = await drainCopy(master, { shape, recording, context });
    drains.push(drained);
    claims.push((policyCount / drained.durationMs) * 1000);
    raws.push((policyCount / (await replayOnCopy(master, recording))) * 1000);
  }
  await removeStore(master);
  const ratio = median(claims.map((rate, index) => rate / (raws[index] ?? Number.NaN)));
  return { shape, ratio, row: rowOf(shape, { claims, raws, drains, ratio }) };
}

function rowOf(
  shape: Shape,
  measured: {
    readonly claims: readonly number[];
    readonly raws: readonly number[];
    readonly drains: readonly Drain[];
    readonly ratio: number;
  },
): Section['rows'][number] {
  const { claims, raws, drains, ratio } = measured;
  const lateness = percentilesOf(drains.flatMap(({ latenessesMs }) => latenessesMs));
  return {
    policies: shape.policyCount,
    policiesPerGroup: shape.policiesPerGroup,
    rounds: shape.rounds,
    claimsPerSecond: rounded(median(claims)),
    claimsSpreadPercent: rounded(spread(claims) * 100),
    rawPerSecond: rounded(median(raws)),
    rawSpreadPercent: rounded(spread(raws) * 100),
    ratio: rounded(ratio, 2),
    latenessP50Ms: lateness.p50,
    latenessP99Ms: lateness.p99,
    latenessMaxMs: lateness.max,
    loopDelayMaxMs: rounded(Math.max(...drains.map(({ loopDelayMaxMs }) => loopDelayMaxMs)), 1),
  };
}

/** The writes of one drain, how to make them again, and what came of them. */
interface Recording {
  readonly writes: Writes;
  readonly recorder: WriteRecorder;
  readonly rowCounts: string;
}

/** Records one drain, and proves on another copy that the recorded writes give the same rows. */
async function record(master: string, shape: Shape, context: EmbeddedContext): Promise<Recording> {
  const path = await copyStore(master, `${master}.recorded`);
  const recorder = new WriteRecorder(await openFile(path));
  const bench = asStore(path, recorder.file);
  await bench.store.acquire(PARTITION, TOKEN);
  recorder.take();
  await drain(bench, planOf(shape, context));
  const writes = recorder.take();
  const rowCounts = rowCountsOf(bench.file.db);
  await bench.store.close();
  const recording = { writes, recorder, rowCounts };
  await replayOnCopy(master, recording, path);
  await removeStore(path);
  return recording;
}

function planOf(shape: Shape, { reporting }: EmbeddedContext): Parameters<typeof drain>[1] {
  return { instant: INSTANT, count: shape.policyCount, token: TOKEN, reporting };
}

async function drainCopy(
  master: string,
  run: {
    readonly shape: Shape;
    readonly recording: Recording;
    readonly context: EmbeddedContext;
  },
): Promise<Drain> {
  const bench = await openStore(await copyStore(master, `${master}.claims`));
  await bench.store.acquire(PARTITION, TOKEN);
  const drained = await drain(bench, planOf(run.shape, run.context));
  const rowCounts = rowCountsOf(bench.file.db);
  await bench.store.close();
  await removeStore(bench.path);
  if (rowCounts === run.recording.rowCounts) return drained;
  throw new Error(`a drain left ${rowCounts}, another ${run.recording.rowCounts}`);
}

/** Makes the recorded writes on a copy; answers how long it took, in ms. */
async function replayOnCopy(
  master: string,
  { writes, recorder }: Pick<Recording, 'writes' | 'recorder'>,
  comparedWith?: string,
): Promise<number> {
  const path = await copyStore(master, `${master}.raw`);
  const { db } = await openFile(path);
  db.exec('pragma synchronous = full'); // the store syncs the log itself, and nobody does that here
  const replay = recorder.replayerOn(db);
  const startedAtMs = performance.now();
  replay(writes);
  const durationMs = performance.now() - startedAtMs;
  if (comparedWith !== undefined) assertSameContent(db, comparedWith);
  db.close();
  await removeStore(path);
  return durationMs;
}
