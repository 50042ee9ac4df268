/** What comes of one seed: its world is run and its trace is checked. */
import { createHash } from 'node:crypto';
import { checkTrace } from './checker/check.ts';
import { countStrikes } from './checker/coverage.ts';
import type { Strikes } from './checker/coverage.ts';
import type { EntryOf, Violation } from './checker/entries.ts';
import { countPlanned } from './checker/planned.ts';
import type { PlannedCounts } from './checker/planned.ts';
import type { TraceEntry } from './trace.ts';
import type { PlannedFault } from './world/plan.ts';
import { drawWorld, runWorld } from './world/world.ts';
import type { DrawnWorld } from './world/world.ts';

/** What a run over many seeds keeps of each. */
export interface SeedResult {
  readonly seed: number;
  /** Of the whole trace: equal for equal seeds, on every run. */
  readonly hash: string;
  readonly violations: readonly Violation[];
  readonly strikes: Strikes;
  readonly planned: PlannedCounts;
  readonly firedCount: number;
  /** Runs of occurrences that an outage kept from being claimed, until a later one was due as well. */
  readonly missedRunCount: number;
  /** What people asked for with what they were answered, each once: `pause paused`. */
  readonly answers: readonly string[];
  readonly faultCount: number;
  readonly nodeCount: number;
  readonly policyCount: number;
  readonly simulatedMs: number;
}

export interface Judged extends SeedResult {
  readonly world: DrawnWorld;
  readonly trace: readonly TraceEntry[];
}

/** Runs the world of a seed; with other faults than it drew where some are given. */
export async function judgeSeed(seed: number, plan?: readonly PlannedFault[]): Promise<Judged> {
  const drawn = drawWorld(seed);
  const world = plan === undefined ? drawn : { ...drawn, plan };
  const trace = await runWorld(world);
  const [first] = trace;
  const last = trace.at(-1);
  const units = trace.filter((entry) => entry.kind === 'store.applied');
  const events = units.flatMap((unit) => unit.events);
  const countOf = (name: string): number => events.filter(({ event }) => event === name).length;
  return {
    ...{ seed, world, trace },
    hash: createHash('sha256').update(JSON.stringify(trace)).digest('hex').slice(0, 16),
    violations: checkTrace(trace),
    strikes: countStrikes(trace),
    planned: countPlanned(trace),
    firedCount: countOf('policy.fired'),
    missedRunCount: units.reduce((sum, unit) => sum + missedRunsIn(unit), 0),
    answers: answersIn(trace),
    policyCount: countOf('policy.created'),
    faultCount: trace.filter(({ kind }) => kind === 'fault.began').length,
    nodeCount: world.settings.nodes.length,
    simulatedMs: (last?.t ?? 0) - (first?.t ?? 0),
  };
}

/** Those that a claim found; what is recorded when a policy is written anew is none. */
function missedRunsIn({ events, token }: EntryOf<'store.applied'>): number {
  return token === undefined ? 0 : events.filter(({ event }) => event === 'policy.missed').length;
}

function answersIn(trace: readonly TraceEntry[]): readonly string[] {
  const wishes = new Map<number, string>();
  const answers = new Set<string>();
  for (const entry of trace) {
    if (entry.kind === 'user.asked') wishes.set(entry.request, entry.what);
    if (entry.kind === 'drain.answered') answers.add(`drain ${entry.answer}`);
    if (entry.kind !== 'user.answered') continue;
    answers.add(`${wishes.get(entry.request) ?? ''} ${entry.answer}`);
  }
  return [...answers];
}

/** The same without what only a reader of this very seed wants to see. */
export function resultOf(judged: Judged): SeedResult {
  const { seed, hash, violations, strikes, planned } = judged;
  const { firedCount, missedRunCount, answers, faultCount, nodeCount } = judged;
  const { policyCount, simulatedMs } = judged;
  return {
    ...{ seed, hash, violations, strikes, planned },
    ...{ firedCount, missedRunCount, answers, faultCount, nodeCount, policyCount, simulatedMs },
  };
}
