/** What rules cost that are not due: processor time and memory, as their number grows. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Section } from '../report.ts';
import { rounded } from '../statistics.ts';
import type { PeersContext } from './context.ts';
import { shownRatio } from './ratio.ts';
import { dueAt, HOUR_MS, instantFor } from './rules.ts';
import { rivalOf } from './subject.ts';
import type { Subject, SubjectId } from './subject.ts';
import type { WorkerProcess } from './worker-process.ts';

/** Not counted: connecting, and what is done once after a start. */
const SETTLE_MS = 5_000;
const MB = 2 ** 20;
const PER = 100_000;

/** One subject with so many rules. */
interface Reading {
  readonly count: number;
  /** Of a second, in ms. */
  readonly workerMs: number;
  readonly serverMs: number | undefined;
  readonly heldBytes: number;
  readonly residentBytes: number;
  readonly storedBytes: number;
}

/** Idle cost and memory. */
export async function measureIdle(context: PeersContext): Promise<Section> {
  const { idle, idleSeconds } = context.extent;
  const subjects = context.lab.subjects.filter(({ fsync }) => fsync === undefined);
  const readings = new Map<SubjectId, Reading[]>();
  for (const count of idle) {
    context.progress(`idle: storing ${count.toLocaleString('en-US')} rules for each`);
    for (const [id, reading] of await readAll(subjects, count, context)) {
      readings.set(id, [...(readings.get(id) ?? []), reading]);
    }
  }
  const counts = idle.map((count) => count.toLocaleString('en-US'));
  return {
    name: 'idle',
    title: 'Rules that are not due: processor time and memory',
    method: [
      `Rules due half an hour later. All at the same time, each with a worker and a server of its own: processor time of`,
      `each process is counted for ${String(idleSeconds)} s, and is not disturbed by the others as rates would be.`,
      `CPU: worker and server, ms of each second. Memory for 100,000 rules: growth from ${counts[0] ?? ''} to ${counts.at(-1) ?? ''} rules, of the worker’s heap`,
      'after garbage was collected (0: less than its noise), and of what is stored (Redis: dataset; PostgreSQL: database;',
      'SQLite: file).',
      'pg-boss looks at all its rules every 30 s, and graphile-worker once a minute, which may not be seen.',
      'Ratios: its CPU and its memory, both places together, to Lutra’s, with the most rules.',
    ],
    columns: [
      { key: 'subject', title: 'who' },
      { key: 'cpuRatio', title: 'CPU, it : Lutra' },
      { key: 'memoryRatio', title: 'memory, it : Lutra' },
      ...counts.map((count, at) => ({ key: `cpu${String(at)}`, title: `CPU ms/s, ${count}` })),
      { key: 'heldMb', title: 'heap MB / 100k' },
      { key: 'storedMb', title: 'stored MB / 100k' },
      { key: 'residentMb', title: `resident MB, ${counts.at(-1) ?? ''}` },
    ],
    rows: subjects.map((subject) => rowOf(subject, readings)),
    verdicts: [],
  };
}

async function readAll(
  subjects: readonly Subject[],
  count: number,
  { lab, extent, progress }: PeersContext,
): Promise<ReadonlyMap<SubjectId, Reading>> {
  const workers = new Map<SubjectId, WorkerProcess>();
  try {
    const rules = dueAt(instantFor('minute', Date.now() + HOUR_MS / 2), count);
    await Promise.all(
      subjects.map(async ({ id }) => {
        const worker = await lab.startWorker(id, { isAtRest: true });
        workers.set(id, worker);
        await worker.call('store', rules);
        await worker.call('begin', rules);
      }),
    );
    const windowMs = extent.idleSeconds * 1_000;
    await sleep(SETTLE_MS);
    progress(`idle: ${String(extent.idleSeconds)} s with ${count.toLocaleString('en-US')} rules`);
    const cpuNow = async (id: SubjectId): Promise<Cpu> => ({
      worker: (await called(workers, id).call('usage', undefined)).cpuMs,
      server: await (await lab.serverOf(id)).cpuMs(),
    });
    const before = new Map(await pairs(subjects, cpuNow));
    await sleep(windowMs);
    const after = new Map(await pairs(subjects, cpuNow));
    return new Map(
      await pairs(subjects, async (id) => {
        const worker = called(workers, id);
        const { residentBytes } = await worker.call('usage', undefined);
        return {
          ...cpuOfASecond(before.get(id), after.get(id), extent.idleSeconds),
          ...{ count, residentBytes, heldBytes: await worker.call('heldBytes', undefined) },
          storedBytes: await (await lab.serverOf(id)).storedBytes(),
        };
      }),
    );
  } finally {
    await Promise.all([...workers.values()].map((worker) => worker.kill()));
  }
}

/** Processor time used so far, in ms. */
interface Cpu {
  readonly worker: number;
  readonly server: number | undefined;
}

function cpuOfASecond(
  before: Cpu | undefined,
  after: Cpu | undefined,
  seconds: number,
): Pick<Reading, 'workerMs' | 'serverMs'> {
  if (before === undefined || after === undefined) throw new Error('it was not read');
  const serverMs =
    before.server === undefined || after.server === undefined
      ? undefined
      : (after.server - before.server) / seconds;
  return { workerMs: (after.worker - before.worker) / seconds, serverMs };
}

function pairs<Value>(
  subjects: readonly Subject[],
  of: (id: SubjectId) => Promise<Value>,
): Promise<readonly (readonly [SubjectId, Value])[]> {
  return Promise.all(subjects.map(async ({ id }) => [id, await of(id)] as const));
}

function called(workers: ReadonlyMap<SubjectId, WorkerProcess>, id: SubjectId): WorkerProcess {
  const worker = workers.get(id);
  if (worker === undefined) throw new Error(`${id} has no worker`);
  return worker;
}

function rowOf(
  subject: Subject,
  readings: ReadonlyMap<SubjectId, readonly Reading[]>,
): Section['rows'][number] {
  const rival = rivalOf(subject);
  const its = readings.get(subject.id) ?? [];
  const ours = rival === subject.id ? undefined : readings.get(rival);
  const growth = growthOf(its);
  return {
    subject: subject.id,
    cpuRatio: ours === undefined ? undefined : shownRatio(lastCpu(its) / lastCpu(ours)),
    memoryRatio: ours === undefined ? undefined : shownRatio(sumOf(growth) / sumOf(growthOf(ours))),
    ...Object.fromEntries(
      its.map((reading, at) => [`cpu${String(at)}`, rounded(cpuOf(reading), 2)]),
    ),
    heldMb: rounded(growth.heldBytes / MB, 1),
    storedMb: rounded(growth.storedBytes / MB, 1),
    residentMb: rounded((its.at(-1)?.residentBytes ?? 0) / MB),
  };
}

function cpuOf({ workerMs, serverMs }: Reading): number {
  return workerMs + (serverMs ?? 0);
}

function lastCpu(readings: readonly Reading[]): number {
  const last = readings.at(-1);
  return last === undefined ? Number.NaN : cpuOf(last);
}

type Growth = Pick<Reading, 'heldBytes' | 'storedBytes'>;

/** For 100,000 rules, from the fewest to the most. */
function growthOf(readings: readonly Reading[]): Growth {
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined) return { heldBytes: 0, storedBytes: 0 };
  const scale = PER / Math.max(last.count - first.count, 1);
  return {
    heldBytes: Math.max((last.heldBytes - first.heldBytes) * scale, 0),
    storedBytes: Math.max((last.storedBytes - first.storedBytes) * scale, 0),
  };
}

function sumOf({ heldBytes, storedBytes }: Growth): number {
  return heldBytes + storedBytes;
}
