/** Flat cost: the same number of policies due, among few and among a great many that are stored. */
import { stat } from 'node:fs/promises';
import { plusMs } from '../../../src/base/clock.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import type { Section } from '../report.ts';
import { median, rounded, spread } from '../statistics.ts';
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
import { rowCountsOf } from './content.ts';
import type { EmbeddedContext } from './context.ts';
import { drain } from './drain.ts';
import { measureMemory } from './memory.ts';
import type { Memory } from './memory.ts';
import { seedStore } from './seed.ts';
import type { Timing } from './seed.ts';
import { FIRST_DAY } from './shifted-clock.ts';
import { measureTakeOvers } from './take-over.ts';
import { WriteRecorder } from './write-trace.ts';
import type { Writes } from './write-trace.ts';

/** How much is measured. */
interface Extent {
  readonly sizes: readonly number[];
  /** Instants at which claims and raw writes are compared. */
  readonly comparisons: number;
  readonly takeOvers: number;
  /** Instants at which the process claims whose memory is measured. */
  readonly memoryInstants: number;
}

const FULL: Extent = {
  sizes: [1_000, 100_000, 1_000_000],
  comparisons: 20,
  takeOvers: 5,
  memoryInstants: 5,
};
const QUICK: Extent = {
  sizes: [1_000, 10_000, 40_000],
  comparisons: 5,
  takeOvers: 3,
  memoryInstants: 2,
};
const POLICIES_PER_GROUP = 10;
/** Policies due at one instant: whole groups, as far apart in the file as there are groups between them. */
const DUE = 1_000;
const SHARE_FACTOR_MAX = 1.2;
const MEMORY_MAX_MB = 200;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Minute of the day at which the first policies fire. */
const FIRST_MINUTE = 60;
const TOKEN = tokenOf(2);

/** Cost of a claim, take-over and memory by the number of policies stored. */
export async function measureStored(context: EmbeddedContext): Promise<Section> {
  const extent = context.isQuick ? QUICK : FULL;
  const found: Found[] = [];
  for (const size of extent.sizes) found.push(await measureSize(size, extent, context));
  const least = found.at(0)?.share ?? Number.NaN;
  const most = found.at(-1)?.share ?? Number.NaN;
  const peakMb = Math.max(...found.map(({ memory }) => memory.peakMb));
  return {
    name: 'stored',
    title: 'Flat cost: the same number due among more and more that are stored',
    method: methodOf(extent),
    columns: [
      { key: 'stored', title: 'policies stored' },
      { key: 'groups', title: 'groups' },
      { key: 'fileMb', title: 'file MB' },
      { key: 'storedPerSecond', title: 'stored/s' },
      { key: 'claimsPerSecond', title: 'claims/s' },
      { key: 'claimsSpreadPercent', title: '± %' },
      { key: 'rawPerSecond', title: 'raw/s' },
      { key: 'rawSpreadPercent', title: '± %' },
      { key: 'ratio', title: 'claims/raw' },
      { key: 'takeOverMs', title: 'take-over ms' },
      { key: 'residentMb', title: 'resident MB' },
      { key: 'residentPeakMb', title: 'peak MB' },
    ],
    rows: found.map(({ row }) => row),
    verdicts: [
      {
        promise: `share of the raw rate at most ${String(SHARE_FACTOR_MAX)} × smaller with the most stored than with the fewest`,
        found: `${String(rounded(least / most, 2))} ×`,
        isKept: least / most <= SHARE_FACTOR_MAX,
      },
      {
        promise: `resident memory below ${String(MEMORY_MAX_MB)} MB`,
        found: `${String(peakMb)} MB at the peak`,
        isKept: peakMb < MEMORY_MAX_MB,
      },
    ],
  };
}

function methodOf(extent: Extent): readonly string[] {
  const { comparisons, takeOvers, memoryInstants } = extent;
  return [
    `Groups of ${String(POLICIES_PER_GROUP)} policies; at each of ${String(comparisons)} instants ${DUE.toLocaleString('en-US')} are due, of other groups each time where there`,
    'are enough, spread evenly over the file. Claims and raw as for bursts, A B A B at every instant, on two copies',
    'that stay open; medians, ± half the range. Stored through the Store port, without syncing while it is filled.',
    `Take-over: from acquire, on a file just opened, to the first claim; median of ${String(takeOvers)}. Memory: resident size of`,
    `a process of its own that opens the file, runs all loops of a term (no provider) and claims at ${String(memoryInstants)} instants;`,
    'it includes the TypeScript loader.',
  ];
}

interface Found {
  readonly share: number;
  readonly memory: Memory;
  readonly row: Section['rows'][number];
}

async function measureSize(size: number, extent: Extent, context: EmbeddedContext): Promise<Found> {
  const { comparisons, takeOvers, memoryInstants } = extent;
  const name = `${size.toLocaleString('en-US')} stored`;
  const master = storePath(context.folder, 'stored');
  const seedMs = await seed(master, size, context);
  context.progress(`${name}: recording writes`);
  const instants = instantsOf(size, comparisons);
  const recording = await record(master, { instants, context });
  context.progress(`${name}: claiming`);
  const copy = await copyStore(master, `${master}.claims`);
  const { claims, raws } = await compare({ copy, master, instants, recording, context });
  await removeStore(master);
  context.progress(`${name}: taking over`);
  const later = instantsOf(size, takeOvers + memoryInstants, comparisons);
  const plan = { path: copy, due: DUE, reporting: context.reporting };
  const takeOverMs = await measureTakeOvers({
    ...plan,
    instants: later.slice(0, takeOvers),
    firstOwner: TOKEN.revision + 1,
  });
  context.progress(`${name}: memory`);
  const memory = await measureMemory({
    ...{ path: copy, due: DUE, instants: later.slice(takeOvers) },
    owner: TOKEN.revision + 1 + takeOvers,
  });
  const fileMb = (await stat(copy)).size / 2 ** 20;
  await removeStore(copy);
  const share = median(claims.map((rate, index) => rate / (raws[index] ?? Number.NaN)));
  return {
    share,
    memory,
    row: {
      stored: size,
      groups: size / POLICIES_PER_GROUP,
      fileMb: rounded(fileMb),
      storedPerSecond: rounded((size / seedMs) * 1000),
      claimsPerSecond: rounded(median(claims)),
      claimsSpreadPercent: rounded(spread(claims) * 100),
      rawPerSecond: rounded(median(raws)),
      rawSpreadPercent: rounded(spread(raws) * 100),
      ratio: rounded(share, 2),
      takeOverMs: rounded(median(takeOverMs), 1),
      residentMb: memory.residentMb,
      residentPeakMb: memory.peakMb,
    },
  };
}

/** Fills the file; answers how long that took, in ms. */
async function seed(path: string, size: number, context: EmbeddedContext): Promise<number> {
  const startedAtMs = performance.now();
  const tenth = size / 10;
  let told = 0;
  await seedStore(
    path,
    {
      groupCount: size / POLICIES_PER_GROUP,
      policiesPerGroup: POLICIES_PER_GROUP,
      timingOf: (index) => timingOf(index % slotCountOf(size)),
      at: FIRST_DAY,
    },
    (policyCount) => {
      if (policyCount < told + tenth) return;
      told = policyCount;
      context.progress(
        `${policyCount.toLocaleString('en-US')} of ${size.toLocaleString('en-US')} stored`,
      );
    },
  );
  return performance.now() - startedAtMs;
}

/** Groups fire by slots, a minute apart, every day. */
function slotCountOf(size: number): number {
  return size / DUE;
}

function timingOf(slot: number): Timing {
  const minute = FIRST_MINUTE + slot;
  const cron = `${String(minute % 60)} ${String(Math.floor(minute / 60))} * * *`;
  return { cron, plannedAt: plusMs(FIRST_DAY, minute * MINUTE_MS) };
}

/** The instants at which something is due, one slot after the other and day after day. */
function instantsOf(size: number, count: number, from = 0): readonly EpochMs[] {
  const slots = slotCountOf(size);
  return Array.from({ length: count }, (_, offset) => {
    const index = from + offset;
    return plusMs(timingOf(index % slots).plannedAt, Math.floor(index / slots) * DAY_MS);
  });
}

interface Recording {
  readonly recorder: WriteRecorder;
  /** By instant. */
  readonly writes: readonly Writes[];
}

async function record(
  master: string,
  run: { readonly instants: readonly EpochMs[]; readonly context: EmbeddedContext },
): Promise<Recording> {
  const path = await copyStore(master, `${master}.recorded`);
  const recorder = new WriteRecorder(await openFile(path));
  const bench = asStore(path, recorder.file);
  await bench.store.acquire(PARTITION, TOKEN);
  recorder.take();
  const writes: Writes[] = [];
  for (const instant of run.instants) {
    await drain(bench, planOf(instant, run.context));
    writes.push(recorder.take());
  }
  await bench.store.close();
  await removeStore(path);
  return { recorder, writes };
}

function planOf(instant: EpochMs, { reporting }: EmbeddedContext): Parameters<typeof drain>[1] {
  return { instant, count: DUE, token: TOKEN, reporting };
}

/** Claims on one copy and raw writes on the other, instant by instant. */
async function compare(run: {
  readonly copy: string;
  readonly master: string;
  readonly instants: readonly EpochMs[];
  readonly recording: Recording;
  readonly context: EmbeddedContext;
}): Promise<{ readonly claims: readonly number[]; readonly raws: readonly number[] }> {
  const bench = await openStore(run.copy);
  await bench.store.acquire(PARTITION, TOKEN);
  const { db } = await openFile(run.master);
  const replay = run.recording.recorder.replayerOn(db);
  const claims: number[] = [];
  const raws: number[] = [];
  for (const [index, instant] of run.instants.entries()) {
    const { durationMs } = await drain(bench, planOf(instant, run.context));
    claims.push((DUE / durationMs) * 1000);
    const startedAtMs = performance.now();
    replay(run.recording.writes[index] ?? []);
    raws.push((DUE / (performance.now() - startedAtMs)) * 1000);
  }
  const counts = { claims: rowCountsOf(bench.file.db), raw: rowCountsOf(db) };
  await bench.store.close();
  db.close();
  if (counts.claims === counts.raw) return { claims, raws };
  throw new Error(`claims left ${counts.claims}, raw writes ${counts.raw}`);
}
