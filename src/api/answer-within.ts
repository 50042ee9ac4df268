import type { Clock } from '../base/clock.ts';

/**
 * Answers as `work` does, or rejects with `late()` after `ms` (at most 30 s), whichever comes first. What the
 * work does after that is lost: the signal of its deadline aborts then, with the same error as its reason, so that it
 * ends soon if it can. Unlike `withDeadline`, this does not count on the work to heed it.
 */
export async function answerWithin<Result>(
  limit: { readonly clock: Clock; readonly ms: number; readonly late: () => Error },
  work: (deadline: { readonly signal: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  const deadline = new Deadline();
  let cancel: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = limit.clock.timer(limit.ms, () => {
      const error = limit.late();
      deadline.pass(error);
      reject(error);
    });
  });
  try {
    // Awaited here: work that throws at once must end the wait as well, or its end is nobody's to hear.
    return await Promise.race([work(deadline), late]);
  } finally {
    cancel();
  }
}

/** Makes its signal when somebody looks at it: making one takes as long as reading a group, and reads do not wait. */
class Deadline {
  #controller: AbortController | undefined;
  #error: Error | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#error !== undefined) this.#controller.abort(this.#error);
    }
    return this.#controller.signal;
  }

  pass(error: Error): void {
    this.#error = error;
    this.#controller?.abort(error);
  }
}
