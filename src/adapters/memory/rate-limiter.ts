import type { Clock } from '../../base/clock.ts';
import type { Rate, RateLimiter, RateVerdict } from '../../ports/rate-limiter.ts';

/** A key's requests since the first of them. */
interface Window {
  readonly endsAtMs: number;
  count: number;
}

/** Keys that are remembered at a time; about 15 MB. */
const KEYS_MAX = 50_000;

/**
 * Counts in this process alone. Of more keys than there is room for the one that has been counted for longest is
 * forgotten, and begins anew: whoever makes up keys cannot fill the memory.
 */
export class MemoryRateLimiter implements RateLimiter {
  readonly rate: Rate;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #keysMax: number;
  /** In the order in which they began, which is that in which they end. */
  readonly #windows = new Map<string, Window>();

  constructor(rate: Rate, clock: Pick<Clock, 'monotonicMs'>, { keysMax = KEYS_MAX } = {}) {
    this.rate = rate;
    this.#clock = clock;
    this.#keysMax = keysMax;
  }

  take(key: string): Promise<RateVerdict> {
    const nowMs = this.#clock.monotonicMs();
    const { count, endsAtMs } = this.#count(key, nowMs);
    return Promise.resolve(
      count <= this.rate.requests
        ? { kind: 'within' }
        : { kind: 'over', retryInMs: endsAtMs - nowMs },
    );
  }

  look(key: string): RateVerdict {
    const nowMs = this.#clock.monotonicMs();
    const { count, endsAtMs } = this.#windows.get(key) ?? { count: 0, endsAtMs: nowMs };
    return count >= this.rate.requests && endsAtMs > nowMs
      ? { kind: 'over', retryInMs: endsAtMs - nowMs }
      : { kind: 'within' };
  }

  #count(key: string, nowMs: number): Window {
    this.#forgetEnded(nowMs);
    const known = this.#windows.get(key);
    if (known !== undefined) {
      known.count += 1;
      return known;
    }
    const begun = { endsAtMs: nowMs + this.rate.perSeconds * 1_000, count: 1 };
    this.#windows.set(key, begun);
    this.#makeRoom();
    return begun;
  }

  #forgetEnded(nowMs: number): void {
    for (const [key, { endsAtMs }] of this.#windows) {
      if (endsAtMs > nowMs) return;
      this.#windows.delete(key);
    }
  }

  #makeRoom(): void {
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > this.#keysMax && oldest !== undefined) this.#windows.delete(oldest);
  }
}
