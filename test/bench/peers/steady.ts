/** The steady state: the same number of recurring rules due at every second. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Section } from '../report.ts';
import { percentilesOf, rounded } from '../statistics.ts';
import type { PeersContext } from './context.ts';
import { shownRatio } from './ratio.ts';
import { everySecond } from './rules.ts';
import { rivalOf } from './subject.ts';
import type { Subject, SubjectId } from './subject.ts';

const PERIOD_SECONDS = 10;
/** Not counted: code is compiled, and whoever looks ahead has done so. */
const SETTLE_MS = 3_000;

/** What one subject did. */
interface Observed {
  readonly fired: number;
  readonly latenessesMs: readonly number[];
  /** For one firing, in µs. Of its server undefined where nobody tells. */
  readonly workerMicros: number;
  readonly serverMicros: number | undefined;
}

/** Lateness and processor time of those whose grain is a second. */
export async function measureSteadyState(context: PeersContext): Promise<Section> {
  const { steadyRules, steadySeconds } = context.extent;
  const dueEach = steadyRules / PERIOD_SECONDS;
  const observed = new Map<SubjectId, Observed>();
  const subjects = context.lab.subjects.filter(
    ({ grain, fsync }) => grain === 'second' && fsync === undefined,
  );
  for (const { id } of subjects) {
    context.progress(`steady state: ${id}`);
    observed.set(id, await observe(id, context));
  }
  return {
    name: 'steady-state',
    title: `Steady state: ${String(dueEach)} due at every second`,
    method: [
      `${String(steadyRules)} rules that fire every ${String(PERIOD_SECONDS)} s, seen for ${String(steadySeconds)} s by one worker each, in turns; the first ${String(SETTLE_MS / 1_000)} s are not counted.`,
      'pg-boss and graphile-worker have no seconds: at a full minute they meet a burst. CPU: user and system time of the',
      'worker and of its server for one firing. Ratio: its p99 and its CPU, both processes taken together, to Lutra’s.',
    ],
    columns: [
      { key: 'subject', title: 'who' },
      { key: 'p99Ratio', title: 'p99, it : Lutra' },
      { key: 'cpuRatio', title: 'CPU, it : Lutra' },
      { key: 'fired', title: 'fired' },
      { key: 'p50Ms', title: 'late p50 ms' },
      { key: 'p99Ms', title: 'p99' },
      { key: 'maxMs', title: 'max' },
      { key: 'workerMicros', title: 'CPU µs' },
      { key: 'serverMicros', title: 'server CPU µs' },
    ],
    rows: subjects.map((subject) => rowOf(subject, observed)),
    verdicts: [],
  };
}

async function observe(id: SubjectId, { lab, extent }: PeersContext): Promise<Observed> {
  const server = await lab.serverOf(id);
  const worker = await lab.startWorker(id);
  try {
    const rules = everySecond(extent.steadyRules, PERIOD_SECONDS);
    await worker.call('store', rules);
    await worker.call('begin', rules);
    await sleep(SETTLE_MS);
    const before = await worker.call('usage', undefined);
    const serverBefore = await server.cpuMs();
    await worker.call('take', undefined);
    await sleep(extent.steadySeconds * 1_000);
    const { count, latenessesMs } = await worker.call('take', undefined);
    const after = await worker.call('usage', undefined);
    const serverAfter = await server.cpuMs();
    const microsOf = (ms: number): number => (ms * 1_000) / Math.max(count, 1);
    return {
      ...{ fired: count, latenessesMs, workerMicros: microsOf(after.cpuMs - before.cpuMs) },
      serverMicros:
        serverBefore === undefined || serverAfter === undefined
          ? undefined
          : microsOf(serverAfter - serverBefore),
    };
  } finally {
    await worker.kill();
  }
}

function rowOf(
  subject: Subject,
  observed: ReadonlyMap<SubjectId, Observed>,
): Section['rows'][number] {
  const rival = rivalOf(subject);
  const its = observed.get(subject.id);
  const ours = rival === subject.id ? undefined : observed.get(rival);
  if (its === undefined || its.latenessesMs.length === 0) return { subject: subject.id, fired: 0 };
  const { p50, p99, max } = percentilesOf(its.latenessesMs);
  return {
    subject: subject.id,
    p99Ratio:
      ours === undefined
        ? undefined
        : shownRatio(Math.max(p99, 1) / Math.max(percentilesOf(ours.latenessesMs).p99, 1)),
    cpuRatio: ours === undefined ? undefined : shownRatio(microsOf(its) / microsOf(ours)),
    ...{ fired: its.fired, p50Ms: p50, p99Ms: p99, maxMs: max },
    workerMicros: rounded(its.workerMicros),
    serverMicros: its.serverMicros === undefined ? undefined : rounded(its.serverMicros),
  };
}

function microsOf({ workerMicros, serverMicros }: Observed): number {
  return workerMicros + (serverMicros ?? 0);
}
