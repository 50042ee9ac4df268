import { assert } from '../../src/base/assert.ts';
import { epochMs } from '../../src/base/clock.ts';
import type { Clock, EpochMs } from '../../src/base/clock.ts';

/** What longer waits are cut to. */
const SLEEP_MAX_MS = 30_000;
/** More wakes than this without time going on is a loop that never waits. */
const WAKES_AT_ONE_INSTANT_MAX = 10_000;

interface Sleeper {
  readonly wakesAtMs: number;
  readonly wake: () => void;
}

/** A clock that moves when a test says so, and in no other way. */
export class FakeClock implements Clock {
  /** In order of going to sleep: of two that wake at one instant, the first to sleep wakes first. */
  readonly #sleepers = new Set<Sleeper>();
  #wallMs: number;
  #monotonicMs = 0;
  #suspendedMs = 0;
  #isAdvancing = false;

  constructor(startMs: number) {
    this.#wallMs = startMs;
  }

  now(): EpochMs {
    return epochMs(this.#wallMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  uptimeMs(): number {
    return this.#monotonicMs + this.#suspendedMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        wakesAtMs: this.#monotonicMs + Math.ceil(Math.min(Math.max(ms, 0), SLEEP_MAX_MS)),
        wake: () => {
          signal.removeEventListener('abort', sleeper.wake);
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      signal.addEventListener('abort', sleeper.wake);
      this.#sleepers.add(sleeper);
    });
  }

  timer(ms: number, run: () => void): () => void {
    const sleeper = {
      wakesAtMs: this.#monotonicMs + Math.ceil(Math.min(Math.max(ms, 0), SLEEP_MAX_MS)),
      wake: () => {
        this.#sleepers.delete(sleeper);
        run();
      },
    };
    this.#sleepers.add(sleeper);
    return () => {
      this.#sleepers.delete(sleeper);
    };
  }

  /**
   * Lets `ms` pass: wakes sleepers in order of time, and after each lets everything run that can run
   * without further time. Resolves when nothing is left to run. `advance(0)` only lets things run.
   */
  async advance(ms: number): Promise<void> {
    assert(!this.#isAdvancing, 'time is advanced from one place');
    this.#isAdvancing = true;
    try {
      await this.#advanceTo(this.#monotonicMs + ms);
    } finally {
      this.#isAdvancing = false;
    }
  }

  /** Sets the wall clock forward (back, where negative) while no time passes. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }

  /** The machine sleeps for `ms`: wall clock and uptime go on, monotonic time and all timers stand still. */
  suspend(ms: number): void {
    this.#wallMs += ms;
    this.#suspendedMs += ms;
  }

  async #advanceTo(endMs: number): Promise<void> {
    let wakesAtThisInstant = 0;
    await settle();
    for (
      let next = this.#earliest();
      next !== undefined && next.wakesAtMs <= endMs;
      next = this.#earliest()
    ) {
      wakesAtThisInstant = next.wakesAtMs > this.#monotonicMs ? 0 : wakesAtThisInstant + 1;
      assert(wakesAtThisInstant <= WAKES_AT_ONE_INSTANT_MAX, 'every loop waits now and then');
      this.#passUntil(next.wakesAtMs);
      next.wake();
      await settle();
    }
    this.#passUntil(endMs);
  }

  #earliest(): Sleeper | undefined {
    let earliest: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (earliest === undefined || sleeper.wakesAtMs < earliest.wakesAtMs) earliest = sleeper;
    }
    return earliest;
  }

  #passUntil(monotonicMs: number): void {
    const passedMs = Math.max(monotonicMs - this.#monotonicMs, 0);
    this.#monotonicMs += passedMs;
    this.#wallMs += passedMs;
  }
}

/** Lets every microtask run that is there, or comes from one that is: the event loop drains them all before an immediate. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
