import type { Clock } from './clock.ts';

/**
 * A wake-up that is remembered. A loop waits on it; a wake that comes while the loop is busy makes the
 * next wait return at once, so nothing is lost between reading and sleeping.
 */
export class Latch {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #isSet = false;
  /** Ends the present wait. */
  #wake: (() => void) | undefined;

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
    this.#wake?.();
  }

  /** Resolves when the latch is set (and clears it) or after about `ms`; at once where the signal has aborted. */
  async wait(ms: number): Promise<void> {
    if (!this.#isSet && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.timer(ms, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
      this.#wake = undefined;
    }
    this.#isSet = false;
  }
}
