/** The scheduler loop as an embedded node runs it, on a store of the benchmark. */
import { systemRandom } from '../../../src/adapters/system/random.ts';
import { Gate } from '../../../src/base/gate.ts';
import type { FencingToken } from '../../../src/domain/ids.ts';
import { createScheduleCompiler } from '../../../src/domain/schedule/occurrences.ts';
import type { LutraEvent, Observe } from '../../../src/ports/observe.ts';
import { ClockGuard } from '../../../src/scheduler/clock-guard.ts';
import { runScheduler } from '../../../src/scheduler/run.ts';
import type { SchedulerDeps } from '../../../src/scheduler/run.ts';
import { PARTITION } from './bench-store.ts';
import type { BenchStore } from './bench-store.ts';

/** A node's own, by default. */
export const SCHEDULER_SETTINGS = { batchMax: 200, pollMs: 1_000 };
/** A node's own. */
const SCHEDULES_MAX = 10_000;

/** One claim, as it was reported. */
type Firing = Extract<LutraEvent, { readonly event: 'policy.fired' }>;

/** What a run of the loop is about. */
export interface LoopPlan {
  /** Must be the fence of the store. */
  readonly token: FencingToken;
  /** What a node makes of events: log, metrics, figures. */
  readonly reporting: Observe;
  /** Hears of each claim after it was reported; answers whether that was enough. */
  readonly onFiring: (firing: Firing) => 'go-on' | 'stop';
}

/** Runs the loop until it is stopped. Rejects where anything comes of it but firings that scale. */
export async function runLoop(bench: BenchStore, plan: LoopPlan): Promise<void> {
  const over = new AbortController();
  const surprises: LutraEvent[] = [];
  const observe: Observe = (event) => {
    plan.reporting(event);
    if (event.event === 'policy.fired' && event.outcome === 'scaled') {
      if (plan.onFiring(event) === 'stop') over.abort();
    } else if (surprises.push(event) === 1) over.abort();
  };
  const term = { partition: PARTITION, token: plan.token, signal: over.signal };
  const end = await runScheduler(term, schedulerDeps(bench, observe), SCHEDULER_SETTINGS);
  if (end.kind === 'fenced') throw new Error(`fenced by ${JSON.stringify(end.newest)}`);
  const [surprise] = surprises;
  if (surprise !== undefined) throw new Error(`unexpected: ${JSON.stringify(surprise)}`);
}

/** What the loop needs of a node. */
export function schedulerDeps({ store, clock }: BenchStore, observe: Observe): SchedulerDeps {
  const guard = new ClockGuard(clock, observe);
  return {
    ...{ store, clock, observe, random: systemRandom },
    occurrencesOf: createScheduleCompiler(SCHEDULES_MAX),
    holdMs: () => guard.holdMs(),
    backlog: new Gate(4),
  };
}
