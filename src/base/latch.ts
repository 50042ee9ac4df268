import type { Clock } from './clock.ts';

/** Nobody reads it; without a reason of ours an error is made, with its stack, for every wake. */
const WOKEN = 'woken';

/**
 * A wake-up that is remembered. A loop waits on it; a wake that comes while the loop is busy makes the
 * next wait return at once, so nothing is lost between reading and sleeping.
 */
export class Latch {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #isSet = false;
  #sleep: AbortController | undefined;

  /** When `signal` aborts, the latch stays set for good. */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    // One listener for the life of the loop: one per wait would pile up on a long-lived signal.
    signal.addEventListener('abort', () => {
      this.set();
    });
  }

  /** Ends the present wait, or the next one. */
  set(): void {
    this.#isSet = true;
    this.#sleep?.abort(WOKEN);
  }

  /** Resolves when the latch is set (and clears it) or after about `ms`; at once where the signal has aborted. */
  async wait(ms: number): Promise<void> {
    if (!this.#isSet && !this.#signal.aborted) {
      this.#sleep = new AbortController();
      await this.#clock.sleep(ms, this.#sleep.signal);
      this.#sleep = undefined;
    }
    this.#isSet = false;
  }
}
