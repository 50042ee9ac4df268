import type { Brand } from './brand.ts';

/** An instant: whole milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = Brand<number, 'EpochMs'>;

/** The only source of time. Wall time says what time it is; monotonic time says how long something took. */
export interface Clock {
  /** The wall clock, which may step in either direction. */
  now(): EpochMs;
  /** Milliseconds that never run backward; their zero means nothing. Stands still while the machine sleeps. */
  monotonicMs(): number;
  /** Milliseconds since the machine started, sleep included. */
  uptimeMs(): number;
  /**
   * Resolves after `ms` of monotonic time, or at once when `signal` aborts; never rejects.
   * Waits longer than 30 s are cut to 30 s: timers break on suspend, so callers look again.
   */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /**
   * Calls `run` once, after `ms` of monotonic time and never at once; returns how to call that off.
   * Longer than 30 s is cut to 30 s, as for `sleep`. Costs less than a sleep, which takes a signal to end.
   */
  timer(ms: number, run: () => void): () => void;
}

/** Names an instant; the cast lives here so that it lives nowhere else. */
export function epochMs(ms: number): EpochMs {
  return ms as EpochMs;
}

/** The instant `ms` after `at` (before it, where `ms` is negative). */
export function plusMs(at: EpochMs, ms: number): EpochMs {
  return (at + ms) as EpochMs;
}
