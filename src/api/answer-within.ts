import type { Clock } from '../base/clock.ts';

/** Nobody reads it; without a reason of ours an error is made, with its stack, for every request. */
const FINISHED = 'finished';

/**
 * Answers as `work` does, or rejects with `late()` after `ms` (at most 30 s), whichever comes first. What the
 * work does after that is lost: it gets a signal that aborts then, with the same error as its reason, and
 * ends soon if it can. Unlike `withDeadline`, this does not count on the work to heed it.
 */
export async function answerWithin<Result>(
  limit: { readonly clock: Clock; readonly ms: number; readonly late: () => Error },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = new AbortController();
  const finished = new AbortController();
  const late = new Promise<never>((_, reject) => {
    void limit.clock.sleep(limit.ms, finished.signal).then(() => {
      if (finished.signal.aborted) return;
      const error = limit.late();
      deadline.abort(error);
      reject(error);
    });
  });
  try {
    // Awaited here: work that throws at once must end the wait as well, or its end is nobody's to hear.
    return await Promise.race([work(deadline.signal), late]);
  } finally {
    finished.abort(FINISHED);
  }
}
