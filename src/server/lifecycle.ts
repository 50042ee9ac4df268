import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Observe } from '../ports/observe.ts';

/** A part of a node that runs, and how to end it. */
interface Part {
  readonly name: string;
  readonly stop: () => Promise<void>;
}

/** What one part may take to stop. Longer than a pass that waits for a provider's last answer. */
const STOP_MAX_MS = 45_000;

/** Ends the parts of a node in the reverse of the order in which they were added. */
export class Lifecycle {
  readonly #clock: Clock;
  readonly #observe: Observe;
  readonly #parts: Part[] = [];
  #stopping: Promise<void> | undefined;

  constructor(clock: Clock, observe: Observe) {
    this.#clock = clock;
    this.#observe = observe;
  }

  /** Says how to end a part that has just been started. */
  add(name: string, stop: () => Promise<void>): void {
    this.#parts.push({ name, stop });
  }

  /** Ends all parts, once, however often it is called. A part that hangs or fails is told and left behind. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (const part of this.#parts.reverse()) {
      const stopped = new AbortController();
      const work = part
        .stop()
        .catch((error: unknown) => {
          this.#tell(part, messageOf(error));
        })
        .finally(() => {
          stopped.abort();
        });
      await Promise.race([work, this.#limit(part, stopped.signal)]);
    }
  }

  async #limit(part: Part, stopped: AbortSignal): Promise<void> {
    const endsAtMs = this.#clock.monotonicMs() + STOP_MAX_MS;
    while (!stopped.aborted && this.#clock.monotonicMs() < endsAtMs) {
      await this.#clock.sleep(endsAtMs - this.#clock.monotonicMs(), stopped);
    }
    if (!stopped.aborted) this.#tell(part, `it did not end within ${String(STOP_MAX_MS)} ms`);
  }

  #tell(part: Part, what: string): void {
    this.#observe({ event: 'loop.failed', loop: `stop ${part.name}`, err: what, retryInMs: 0 });
  }
}
