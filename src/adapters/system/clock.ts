import { uptime } from 'node:os';
import { epochMs } from '../../base/clock.ts';
import type { Clock, EpochMs } from '../../base/clock.ts';

/** Timers break on suspend and above 2^31 ms, so no single wait is longer than this. */
const SLEEP_MAX_MS = 30_000;

/** The clocks and timers of this machine. */
export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
  monotonicMs: () => performance.now(),
  uptimeMs: () => uptime() * 1000,
  sleep: (ms, signal) => {
    if (signal.aborted) return Promise.resolve();
    // Others get their turn, and no millisecond passes, which the shortest timer takes.
    if (ms <= 0) return new Promise((resolve) => void setImmediate(resolve));
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        // A signal may live as long as the process: a listener left behind per sleep would pile up.
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(ms, SLEEP_MAX_MS));
      signal.addEventListener('abort', wake);
    });
  },
  timer: (ms, run) => {
    const timer = setTimeout(run, Math.min(ms, SLEEP_MAX_MS));
    return () => {
      clearTimeout(timer);
    };
  },
};

/** An instant in the form that some packages take. */
export function dateAt(at: EpochMs): Date {
  return new Date(at);
}
