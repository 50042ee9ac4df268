/** The scheduler loops of all partitions in this process, as a node that owns everything runs them. */
import { setMaxListeners } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import { Gate } from '../../../src/base/gate.ts';
import type { FencingToken } from '../../../src/domain/ids.ts';
import { allPartitions } from '../../../src/domain/partition/partition-of.ts';
import { createScheduleCompiler } from '../../../src/domain/schedule/occurrences.ts';
import type { LutraEvent, Observe } from '../../../src/ports/observe.ts';
import type { Store } from '../../../src/ports/store.ts';
import { runScheduler } from '../../../src/scheduler/run.ts';
import { LAYOUT } from './groups.ts';

/** A node's own, by default. */
const SCHEDULER_SETTINGS = { batchMax: 200, pollMs: 1_000 };
const SCHEDULES_MAX = 10_000;
/** The finest that the sampler of the event loop can be; its own wait is part of what it sees. */
const DELAY_RESOLUTION_MS = 1;
const LOOKOUT_MS = 500;

/** One claim, as it was reported. */
type Firing = Extract<LutraEvent, { readonly event: 'policy.fired' }>;

export interface DrainPlan {
  readonly store: Store;
  /** Must be the fence of every partition. */
  readonly token: FencingToken;
  /** What a node makes of events: log, metrics, figures. */
  readonly reporting: Observe;
  /** When the first of them is due. */
  readonly instant: EpochMs;
  /** How many occurrences there are to claim. */
  readonly count: number;
}

export interface Drain {
  /** From the instant, or from the start of the loops where that is later, to the report of the last claim. */
  readonly durationMs: number;
  /** In the order of the claims. */
  readonly firings: readonly Pick<Firing, 'partition' | 'plannedAt' | 'latenessMs'>[];
  /** The longest time for which the event loop did nothing else. */
  readonly loopDelayMaxMs: number;
  /** Passes that the store did not answer in time; what they were to claim was claimed later. */
  readonly failedPassCount: number;
}

/** Claims so many occurrences. Rejects where anything comes of it but firings that scale, and passes that are tried again. */
export async function drain(plan: DrainPlan): Promise<Drain> {
  const over = new AbortController();
  setMaxListeners(Number.POSITIVE_INFINITY, over.signal);
  const firings: Firing[] = [];
  const surprises: LutraEvent[] = [];
  let endsAtMs = 0;
  let failedPassCount = 0;
  const observe: Observe = (event) => {
    plan.reporting(event);
    if (event.event === 'loop.failed') failedPassCount += 1;
    else if (event.event !== 'policy.fired' || event.outcome !== 'scaled') {
      surprises.push(event);
      over.abort();
    } else if (firings.push(event) === plan.count) {
      endsAtMs = performance.now();
      over.abort();
    }
  };
  const deps = {
    ...{ store: plan.store, clock: systemClock, random: systemRandom, observe },
    ...{
      occurrencesOf: createScheduleCompiler(SCHEDULES_MAX),
      holdMs: () => 0,
      backlog: new Gate(4),
    },
  };
  // The answer to a claim may be lost, and nobody tells of it then: what is left says when it is over.
  const lookout = setInterval(() => {
    if (failedPassCount === 0 || over.signal.aborted) return;
    void isAnyDue(plan.store).then((isAny) => {
      if (isAny || over.signal.aborted) return;
      endsAtMs = performance.now();
      over.abort();
    });
  }, LOOKOUT_MS);
  const startsAtMs = performance.now() + Math.max(plan.instant - systemClock.now(), 0);
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delays.enable();
  const ends = await Promise.all(
    allPartitions(LAYOUT).map((partition) => {
      const term = { partition, token: plan.token, signal: over.signal };
      return runScheduler(term, deps, SCHEDULER_SETTINGS);
    }),
  );
  delays.disable();
  clearInterval(lookout);
  const unexpected = surprises[0] ?? ends.find(({ kind }) => kind !== 'stopped');
  if (unexpected !== undefined) throw new Error(`unexpected: ${JSON.stringify(unexpected)}`);
  return {
    durationMs: endsAtMs - startsAtMs,
    ...{ firings, failedPassCount },
    loopDelayMaxMs: Math.max(delays.max / 1e6 - DELAY_RESOLUTION_MS, 0),
  };
}

async function isAnyDue(store: Store): Promise<boolean> {
  try {
    const lists = await Promise.all(
      allPartitions(LAYOUT).map((partition) => store.due(partition, 1)),
    );
    return lists.some(({ policyCount }) => policyCount > 0);
  } catch {
    return true; // nobody knows; it is asked again
  }
}
