/**
 * Runs work one at a time per key, in the order of asking; works of different keys do not wait for each
 * other. It holds a key only while somebody works or waits under it.
 */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` after all earlier work of `key` is over, and answers or rejects as it does. */
  run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const earlier = this.#tails.get(key);
    const result = earlier === undefined ? work() : earlier.then(work);
    const tail = result.then(nothing, nothing).then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    this.#tails.set(key, tail);
    return result;
  }
}

/** How the work ended is its caller's affair; the next in line only needs to know that it ended. */
function nothing(): void {
  // nothing to do
}
