/** Lets a few pieces of work go on at once, and others in the order in which they came. */
export class Gate {
  readonly #max: number;
  /** Told whether they are in, those that came first first. */
  readonly #waiting = new Set<(isIn: boolean) => void>();
  #insideCount = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Runs `work` as soon as fewer than `max` others run. Undefined where `signal` aborts before that, and
   * `work` never starts.
   */
  async pass<Result>(
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result | undefined> {
    if (!(await this.#enter(signal))) return undefined;
    try {
      return signal.aborted ? undefined : await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#insideCount < this.#max) {
      this.#insideCount += 1;
      return true;
    }
    let giveUp = (): void => undefined;
    const isIn = new Promise<boolean>((resolve) => {
      this.#waiting.add(resolve);
      giveUp = () => {
        this.#waiting.delete(resolve);
        resolve(false);
      };
    });
    signal.addEventListener('abort', giveUp);
    try {
      return await isIn;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** The place goes to the next one at once, so that nobody who comes meanwhile takes it. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#insideCount -= 1;
      return;
    }
    this.#waiting.delete(next);
    next(true);
  }
}
