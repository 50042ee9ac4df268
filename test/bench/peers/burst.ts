/** The burst: recurring rules, all due at one and the same instant. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Section } from '../report.ts';
import { median, percentilesOf, rounded } from '../statistics.ts';
import type { PeersContext } from './context.ts';
import type { BurstPlan } from './extent.ts';
import { ratioOf, rangeOf, shownRatio } from './ratio.ts';
import { dueAt, instantFor } from './rules.ts';
import { rivalOf, subjectOf } from './subject.ts';
import type { Subject, SubjectId } from './subject.ts';
import type { Fired } from './tally.ts';

/** One subject in one round. */
interface Turn {
  readonly fired: number;
  readonly isStopped: boolean;
  /** From the instant to the last of them, or to the limit. */
  readonly drainMs: number;
  readonly perSecond: number;
  readonly latenessesMs: readonly number[];
  readonly firstMs: number;
  readonly doubledCount: number;
}

/** From the end of storing to the instant, at least. */
const MARGIN_MS = 2_500;
/** Storing may take this much longer than the last time. */
const SLACK = 1.4;

/** What is promised for 10,000 rules: how many times the peer's rate. */
const PROMISED: Partial<Record<SubjectId, number>> = {
  bullmq: 50,
  'bullmq-always': 50,
  'graphile-worker': 50,
  'pg-boss': 10,
};
const PROMISED_COUNT = 10_000;

/** Drains bursts of each size, in turns. */
export async function measureBursts(context: PeersContext): Promise<Section> {
  const storingMs = new Map<SubjectId, number>();
  const rows: Section['rows'][number][] = [];
  const verdicts: Section['verdicts'][number][] = [];
  for (const plan of context.extent.bursts) {
    const turns = await measureRounds(plan, storingMs, context);
    rows.push(...rowsOf(plan, turns, context));
    if (plan.count === PROMISED_COUNT) verdicts.push(...verdictsOf(turns));
  }
  return {
    name: 'burst',
    title: 'Recurring rules, all due at one instant',
    method: [
      'In turns, each in a process of its own with nothing else running: rules are stored, the worker starts and waits',
      'for the instant, which is a whole second, or the next full minute for those whose grain that is. Jobs do nothing',
      'but count; what Lutra counts is on the disk: cursor, group, mark and history event in one commit. Drain: from',
      `the instant to the last firing; who has not ended after ${String(context.extent.burstLimitMs / 1_000)} s is stopped there (*), and its rate so far`,
      'counts. Lateness: firing by the clock of the machine − instant; of a peer that was stopped, only of what it fired.',
      'Ratio: Lutra’s rate to the peer’s, median of the rounds; on a server against a server, in process against in process.',
    ],
    columns: [
      { key: 'rules', title: 'rules' },
      { key: 'subject', title: 'who' },
      { key: 'ratio', title: 'Lutra : it' },
      { key: 'perSecond', title: 'fired/s' },
      { key: 'range', title: 'range' },
      { key: 'drain', title: 'drain s' },
      { key: 'firstMs', title: 'first ms' },
      { key: 'p50Ms', title: 'late p50 ms' },
      { key: 'p99Ms', title: 'p99' },
      { key: 'doubled', title: 'doubled' },
      { key: 'rounds', title: 'rounds' },
    ],
    ...{ rows, verdicts },
  };
}

/** Both ways to sync are for those who have the time. */
function subjectsOf({ lab, isQuick }: PeersContext): readonly Subject[] {
  return lab.subjects.filter(({ fsync }) => fsync === undefined || !isQuick);
}

type Turns = ReadonlyMap<SubjectId, readonly (Turn | undefined)[]>;

async function measureRounds(
  { count, rounds }: BurstPlan,
  storingMs: Map<SubjectId, number>,
  context: PeersContext,
): Promise<Turns> {
  const turns = new Map<SubjectId, (Turn | undefined)[]>();
  for (let round = 1; round <= Math.max(rounds.second, rounds.minute); round += 1) {
    for (const subject of subjectsOf(context)) {
      const isWanted = round <= rounds[subject.grain];
      const name = `${String(count)} rules, round ${String(round)}: ${subject.id}`;
      const turn = isWanted
        ? await measureTurn(subject, { count, storingMs, context, name })
        : undefined;
      turns.set(subject.id, [...(turns.get(subject.id) ?? []), turn]);
    }
  }
  return turns;
}

interface TurnPlan {
  readonly count: number;
  /** What storing one rule took the last time, in ms. */
  readonly storingMs: Map<SubjectId, number>;
  readonly context: PeersContext;
  readonly name: string;
}

async function measureTurn(subject: Subject, plan: TurnPlan): Promise<Turn> {
  // How long storing takes is a guess at first, and known afterwards.
  const turn = (await tryTurn(subject, plan)) ?? (await tryTurn(subject, plan));
  if (turn === undefined) throw new Error(`${subject.id} stores its rules ever more slowly`);
  const { context, name } = plan;
  context.progress(
    `${name}: ${turn.fired.toLocaleString('en-US')} in ${(turn.drainMs / 1_000).toFixed(2)} s${turn.isStopped ? ', stopped' : ''}`,
  );
  return turn;
}

/** Undefined where the rules were not stored in time for their instant. */
async function tryTurn(
  { id, grain, storingMs: usualMs }: Subject,
  { count, context, storingMs }: TurnPlan,
): Promise<Turn | undefined> {
  const { burstLimitMs } = context.extent;
  const worker = await context.lab.startWorker(id);
  try {
    const startedAt = Date.now();
    const expectedMs = (storingMs.get(id) ?? usualMs) * count * SLACK;
    const instant = instantFor(grain, startedAt + expectedMs + MARGIN_MS);
    const rules = dueAt(instant, count);
    await worker.call('store', rules);
    storingMs.set(id, (Date.now() - startedAt) / count);
    await worker.call('begin', rules);
    if (Date.now() > instant - MARGIN_MS / 5) return undefined;
    const over = new AbortController();
    const isStopped = await Promise.race([
      worker.call('await', count).then(() => false),
      sleep(instant + burstLimitMs - Date.now(), true, { signal: over.signal }),
    ]);
    over.abort();
    const fired = await worker.call('take', undefined);
    return turnOf(fired, { instant, burstLimitMs, isStopped });
  } finally {
    await worker.kill();
  }
}

function turnOf(
  fired: Fired,
  plan: {
    readonly instant: number;
    readonly burstLimitMs: number;
    readonly isStopped: boolean;
  },
): Turn {
  const { count, latenessesMs } = fired;
  const { isStopped, instant } = plan;
  const drainMs = isStopped ? plan.burstLimitMs : Math.max(fired.lastAt - instant, 1);
  return {
    ...{ fired: count, isStopped, drainMs, latenessesMs, doubledCount: fired.doubledCount },
    perSecond: (count / drainMs) * 1_000,
    firstMs: latenessesMs.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY),
  };
}

function rowsOf(
  { count }: BurstPlan,
  turns: Turns,
  { lab }: PeersContext,
): readonly Section['rows'][number][] {
  return lab.subjects.flatMap((subject) => {
    const measured = (turns.get(subject.id) ?? []).filter((turn) => turn !== undefined);
    if (measured.length === 0) return [];
    const rates = measured.map(({ perSecond }) => perSecond);
    const latenessesMs = measured.flatMap((turn) => turn.latenessesMs);
    const isStopped = measured.some((turn) => turn.isStopped);
    const late = latenessesMs.length === 0 ? undefined : percentilesOf(latenessesMs);
    const drainSeconds = rounded(median(measured.map(({ drainMs }) => drainMs)) / 1_000, 3);
    return [
      {
        ...{ rules: count, subject: subject.id },
        ratio: rivalOf(subject) === subject.id ? undefined : shownRatio(rateRatio(turns, subject)),
        perSecond: shownRatio(median(rates)),
        range: rangeOf(rates),
        drain: isStopped ? `${String(drainSeconds)}*` : drainSeconds,
        firstMs: late === undefined ? undefined : median(measured.map(({ firstMs }) => firstMs)),
        ...{ p50Ms: late?.p50, p99Ms: late?.p99, rounds: measured.length },
        doubled: measured.reduce((sum, turn) => sum + turn.doubledCount, 0),
      },
    ];
  });
}

function rateRatio(turns: Turns, subject: Subject): number | undefined {
  const ratesOf = (id: SubjectId): readonly (number | undefined)[] =>
    (turns.get(id) ?? []).map((turn) => turn?.perSecond);
  return ratioOf(ratesOf(rivalOf(subject)), ratesOf(subject.id));
}

function verdictsOf(turns: Turns): readonly Section['verdicts'][number][] {
  return (Object.entries(PROMISED) as [SubjectId, number][]).flatMap(([id, least]) => {
    const ratio = rateRatio(turns, subjectOf(id));
    if (ratio === undefined) return [];
    return [
      {
        promise: `${PROMISED_COUNT.toLocaleString('en-US')} rules: at least ${String(least)} times the rate of ${id}`,
        found: String(shownRatio(ratio)),
        isKept: ratio >= least,
      },
    ];
  });
}
