import type { Clock } from '../base/clock.ts';
import type { Observe } from '../ports/observe.ts';

/** A step of the wall clock that is larger than this, against the machine's uptime, is not trusted at once. */
const STEP_MAX_MS = 30_000;
/** How long claims wait after such a step, so that a clock that is put right again does no harm. */
const HOLD_MS = 10_000;

/**
 * Watches the wall clock of an embedded node, whose store has no other clock: nothing may fire on a mad
 * one. A step holds claims for 10 s; after that the new time is believed.
 */
export class ClockGuard {
  readonly #clock: Clock;
  readonly #observe: Observe;
  /** Wall time minus uptime: constant, unless somebody sets the clock. */
  #offsetMs: number;
  #holdUntilUptimeMs = 0;

  constructor(clock: Clock, observe: Observe) {
    this.#clock = clock;
    this.#observe = observe;
    this.#offsetMs = clock.now() - clock.uptimeMs();
  }

  /** Milliseconds for which claims have to wait; 0 where the clock can be trusted. */
  holdMs(): number {
    const uptimeMs = this.#clock.uptimeMs();
    const offsetMs = this.#clock.now() - uptimeMs;
    const stepMs = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (Math.abs(stepMs) > STEP_MAX_MS) {
      this.#holdUntilUptimeMs = uptimeMs + HOLD_MS;
      this.#observe({ event: 'clock.stepped', stepMs, holdMs: HOLD_MS });
    }
    return Math.max(0, this.#holdUntilUptimeMs - uptimeMs);
  }
}
