import { epochMs } from '../../../src/base/clock.ts';
import type { Clock } from '../../../src/base/clock.ts';
import type { VirtualTime } from './time.ts';

/** The clocks of one machine. They outlive its processes. */
export class MachineClock {
  readonly #time: VirtualTime;
  #baseTrueMs: number;
  #wallMs: number;
  #monotonicMs = 0;
  #rate = 1;
  #isSuspended = false;

  constructor(time: VirtualTime, skewMs: number) {
    this.#time = time;
    this.#baseTrueMs = time.nowMs;
    this.#wallMs = time.nowMs + skewMs;
  }

  /** What the wall clock shows, in whole ms since 1970. */
  wallMs(): number {
    return Math.floor(this.#wallMs + (this.#time.nowMs - this.#baseTrueMs) * this.#rate);
  }

  monotonicMs(): number {
    if (this.#isSuspended) return this.#monotonicMs;
    return this.#monotonicMs + (this.#time.nowMs - this.#baseTrueMs) * this.#rate;
  }

  /** Sets the wall clock forward, or back where `ms` is negative. */
  step(ms: number): void {
    this.#rebase();
    this.#wallMs += ms;
  }

  /** Both clocks run faster from now on by this share of the true speed, or slower where it is negative. */
  drift(byRate: number): void {
    this.#rebase();
    // Rounded, so that it is the true speed again when all that was added is taken away.
    this.#rate = Math.round((this.#rate + byRate) * 1e12) / 1e12;
  }

  /** Monotonic time stands still until `resume`; the wall clock goes on. */
  suspend(): void {
    this.#rebase();
    this.#isSuspended = true;
  }

  resume(): void {
    this.#rebase();
    this.#isSuspended = false;
  }

  /** True milliseconds until `ms` of monotonic time have passed, if nothing changes. */
  trueMsFor(ms: number): number {
    return ms / this.#rate;
  }

  #rebase(): void {
    const passedMs = (this.#time.nowMs - this.#baseTrueMs) * this.#rate;
    this.#wallMs += passedMs;
    if (!this.#isSuspended) this.#monotonicMs += passedMs;
    this.#baseTrueMs = this.#time.nowMs;
  }
}

/**
 * One process on a machine. It can die, after which nothing of it happens any more, and stand still, after
 * which its timers run first and then what came in meanwhile.
 */
export class SimProcess implements Clock {
  readonly name: string;
  readonly #time: VirtualTime;
  readonly #machine: MachineClock;
  readonly #sleepMaxMs: number;
  #isAlive = true;
  #isFrozen = false;
  #timersDue: (() => void)[] = [];
  #received: (() => void)[] = [];

  constructor(
    name: string,
    world: {
      readonly time: VirtualTime;
      readonly machine: MachineClock;
      readonly sleepMaxMs: number;
    },
  ) {
    this.name = name;
    this.#time = world.time;
    this.#machine = world.machine;
    this.#sleepMaxMs = world.sleepMaxMs;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  now(): ReturnType<Clock['now']> {
    return epochMs(this.#machine.wallMs());
  }

  monotonicMs(): number {
    return this.#machine.monotonicMs();
  }

  uptimeMs(): number {
    return this.#machine.monotonicMs();
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = this.timer(ms, wake);
      signal.addEventListener('abort', wake);
    });
  }

  /** Runs `run` after `ms` of monotonic time, unless it is called off or the process dies. Returns how to call it off. */
  timer(ms: number, run: () => void): () => void {
    const lastsMs = Math.ceil(Math.min(Math.max(ms, 0), this.#sleepMaxMs));
    const endsAtMs = this.#machine.monotonicMs() + lastsMs;
    let isCancelled = false;
    const ring = (): void => {
      if (isCancelled || !this.#isAlive) return;
      const leftMs = endsAtMs - this.#machine.monotonicMs();
      // Less than this is what is left of it by rounding.
      if (leftMs > 0.001) plan(leftMs);
      else run();
    };
    let planned = { cancel: (): void => undefined };
    const plan = (leftMs: number): void => {
      planned = this.#time.after(this.#machine.trueMsFor(leftMs), () => {
        if (this.#isFrozen) this.#timersDue.push(ring);
        else ring();
      });
    };
    plan(lastsMs);
    return () => {
      isCancelled = true;
      planned.cancel();
    };
  }

  /** Something arrives on one of the process's sockets. */
  receive(run: () => void): void {
    if (this.#isFrozen) this.#received.push(run);
    else if (this.#isAlive) run();
  }

  kill(): void {
    this.#isAlive = false;
    this.#timersDue = [];
    this.#received = [];
  }

  freeze(): void {
    this.#isFrozen = true;
  }

  /** One thing after the other, each with all that follows from it at once, as an event loop would. */
  wake(): void {
    const waiting = [...this.#timersDue, ...this.#received];
    this.#timersDue = [];
    this.#received = [];
    this.#isFrozen = false;
    for (const run of waiting) {
      this.#time.after(0, () => {
        if (this.#isFrozen) this.#received.push(run);
        else if (this.#isAlive) run();
      });
    }
  }
}
