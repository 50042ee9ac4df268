/**
 * Lets work on the same thing happen one after another, in the order in which it was asked for, while work
 * on different things goes on side by side.
 */
export class Turns {
  /** By key: settles when everybody who asked so far has finished. */
  readonly #tails = new Map<string, Promise<void>>();

  /** Whether nobody works on `key`: whoever asks now is next. */
  isFree(key: string): boolean {
    return !this.#tails.has(key);
  }

  /**
   * Runs `work` when all earlier work on `key` has ended, however it ended. Where `signal` aborts before
   * that, rejects at once with its reason, and `work` never starts.
   */
  async take<Result>(
    key: string,
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result> {
    signal.throwIfAborted();
    const before = this.#tails.get(key);
    const turn = gate();
    const tail = before === undefined ? turn.passed : before.then(() => turn.passed);
    this.#tails.set(key, tail);
    // Dropped by the last in line, so that memory follows the work that runs and not the keys ever seen.
    // Not before `tail` settles: a waiter that gives up is last in line while others still work.
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    try {
      if (before !== undefined) await untilAborted(before, signal);
      return await work();
    } finally {
      turn.pass();
    }
  }
}

function gate(): { readonly passed: Promise<void>; readonly pass: () => void } {
  let pass = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    pass = resolve;
  });
  return { passed, pass };
}

/** `promise`, or a rejection with the reason of `signal` where that comes first. */
async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
  });
  signal.addEventListener('abort', onAbort);
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  signal.throwIfAborted();
}
