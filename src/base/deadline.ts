import { abortWith } from './abort-with.ts';
import type { Clock } from './clock.ts';

/**
 * Runs `work` with a signal that aborts when `parent` does or after `ms` of monotonic time.
 * `work` must heed the signal; what it answers or rejects with is passed on.
 */
export async function withDeadline<Result>(
  limit: { readonly clock: Clock; readonly ms: number; readonly parent: AbortSignal },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { controller: deadline, release } = abortWith(limit.parent);
  const cancel = after(limit.clock, limit.ms, () => {
    deadline.abort(new Error(`no answer within ${String(limit.ms)} ms`));
  });
  try {
    return await work(deadline.signal);
  } finally {
    cancel();
    release();
  }
}

/** Calls `run` after `ms`, in parts, since a single timer is cut to 30 s. Returns how to call it off. */
function after(clock: Clock, ms: number, run: () => void): () => void {
  const endsAtMs = clock.monotonicMs() + ms;
  let cancel: () => void;
  const wait = (leftMs: number): void => {
    cancel = clock.timer(leftMs, () => {
      const nextMs = endsAtMs - clock.monotonicMs();
      if (nextMs > 0) wait(nextMs);
      else run();
    });
  };
  wait(ms);
  return () => {
    cancel();
  };
}
