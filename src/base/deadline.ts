import type { Clock } from './clock.ts';

/**
 * Runs `work` with a signal that aborts when `parent` does or after `ms` of monotonic time.
 * `work` must heed the signal; what it rejects with is passed on. Limits above 30 s are waited for in parts.
 */
export async function withDeadline<Result>(
  limit: { readonly clock: Clock; readonly ms: number; readonly parent: AbortSignal },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { clock, ms, parent } = limit;
  const deadline = new AbortController();
  const finished = new AbortController();
  const timer = abortAfter({ clock, ms, finished: finished.signal }, deadline);
  try {
    return await work(AbortSignal.any([parent, deadline.signal]));
  } finally {
    finished.abort();
    await timer;
  }
}

async function abortAfter(
  limit: { readonly clock: Clock; readonly ms: number; readonly finished: AbortSignal },
  deadline: AbortController,
): Promise<void> {
  const endsAtMs = limit.clock.monotonicMs() + limit.ms;
  let leftMs = limit.ms;
  while (leftMs > 0 && !limit.finished.aborted) {
    await limit.clock.sleep(leftMs, limit.finished);
    leftMs = endsAtMs - limit.clock.monotonicMs();
  }
  if (!limit.finished.aborted) {
    deadline.abort(new Error(`no answer within ${String(limit.ms)} ms`));
  }
}
