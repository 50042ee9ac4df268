import { abortWith } from './abort-with.ts';
import type { Clock } from './clock.ts';

/** Nobody reads it; without a reason of ours an error is made, with its stack, for every call. */
const FINISHED = 'finished';

/**
 * Runs `work` with a signal that aborts when `parent` does or after `ms` of monotonic time.
 * `work` must heed the signal; what it answers or rejects with is passed on.
 */
export async function withDeadline<Result>(
  limit: { readonly clock: Clock; readonly ms: number; readonly parent: AbortSignal },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { controller: deadline, release } = abortWith(limit.parent);
  const finished = new AbortController();
  const timer = abortAfter(limit.clock, limit.ms, { finished: finished.signal, deadline });
  try {
    return await work(deadline.signal);
  } finally {
    release();
    finished.abort(FINISHED);
    await timer;
  }
}

/** Sleeps in parts, since a single sleep is cut to 30 s. */
async function abortAfter(
  clock: Clock,
  ms: number,
  ends: { readonly finished: AbortSignal; readonly deadline: AbortController },
): Promise<void> {
  const endsAtMs = clock.monotonicMs() + ms;
  for (let leftMs = ms; leftMs > 0; leftMs = endsAtMs - clock.monotonicMs()) {
    await clock.sleep(leftMs, ends.finished);
    if (ends.finished.aborted) return;
  }
  ends.deadline.abort(new Error(`no answer within ${String(ms)} ms`));
}
