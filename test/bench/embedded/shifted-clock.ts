import { epochMs, plusMs } from '../../../src/base/clock.ts';
import type { Clock, EpochMs } from '../../../src/base/clock.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';

/**
 * The machine's clock, set to another date. It runs at the machine's pace and its timers are the real
 * ones; only where it stands is chosen, so that a planned instant comes when the measurement is ready.
 */
export class ShiftedClock implements Clock {
  #shiftMs = 0;

  /** Sets the clock to an instant. Answers the reading of `performance.now()` at that instant. */
  leapTo(at: EpochMs): number {
    this.#shiftMs = at - systemClock.now();
    return performance.now();
  }

  now(): EpochMs {
    return plusMs(systemClock.now(), this.#shiftMs);
  }

  monotonicMs(): number {
    return systemClock.monotonicMs();
  }

  uptimeMs(): number {
    return systemClock.uptimeMs();
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }

  timer(ms: number, run: () => void): () => void {
    return systemClock.timer(ms, run);
  }
}

/** The day on which every benchmark begins: midnight, 2026-01-01, UTC. */
export const FIRST_DAY: EpochMs = epochMs(Date.UTC(2026, 0, 1));
