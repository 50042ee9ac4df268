/** Has the scheduler loop claim what is due at one instant, and takes the time. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { plusMs } from '../../../src/base/clock.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import type { BenchStore } from './bench-store.ts';
import { runLoop } from './loop.ts';
import type { LoopPlan } from './loop.ts';

/** How long before the instant the loop begins: it then waits for it, as it always does. */
const LEAD_MS = 50;
/** The finest that the sampler of the event loop can be; its own wait is part of what it sees. */
const DELAY_RESOLUTION_MS = 1;

/** `count` occurrences that are planned for `instant`. */
export interface DrainPlan extends Pick<LoopPlan, 'reporting' | 'token'> {
  readonly instant: EpochMs;
  readonly count: number;
}

/** How a drain went. */
export interface Drain {
  /** From the planned instant to the report of the last claim. */
  readonly durationMs: number;
  /** Claim by the store's clock minus dueAt, in the order of the claims. */
  readonly latenessesMs: readonly number[];
  /** The longest time for which the event loop did nothing else. */
  readonly loopDelayMaxMs: number;
}

/** Drains a burst. */
export async function drain(bench: BenchStore, plan: DrainPlan): Promise<Drain> {
  const { instant, count, reporting, token } = plan;
  const startsAtMs = bench.clock.leapTo(plusMs(instant, -LEAD_MS)) + LEAD_MS;
  const latenessesMs: number[] = [];
  let endsAtMs = startsAtMs;
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delays.enable();
  await runLoop(bench, {
    ...{ reporting, token },
    onFiring: ({ latenessMs }) => {
      if (latenessesMs.push(latenessMs) < count) return 'go-on';
      endsAtMs = performance.now();
      return 'stop';
    },
  });
  delays.disable();
  const loopDelayMaxMs = Math.max(delays.max / 1e6 - DELAY_RESOLUTION_MS, 0);
  return { durationMs: endsAtMs - startsAtMs, latenessesMs, loopDelayMaxMs };
}
