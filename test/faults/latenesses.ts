/** How late what was, in arrays of numbers: a long run has millions. */

/** One occurrence that was decided. */
export interface Sample {
  readonly partition: string;
  readonly dueAt: number;
  /** When it was decided, by the store's clock. */
  readonly at: number;
  /** Recorded as missed, and not acted on. */
  readonly isMissed: boolean;
}

export class Latenesses {
  readonly #partition: string[] = [];
  readonly #dueAt: number[] = [];
  readonly #at: number[] = [];
  readonly #isMissed: boolean[] = [];

  add({ partition, dueAt, at, isMissed }: Sample): void {
    this.#partition.push(partition);
    this.#dueAt.push(dueAt);
    this.#at.push(at);
    this.#isMissed.push(isMissed);
  }

  get count(): number {
    return this.#dueAt.length;
  }

  /** All of them by when they were due, the earliest first. */
  sorted(): readonly Sample[] {
    return this.#dueAt
      .map((dueAt, index) => ({
        ...{ partition: this.#partition[index] ?? '', dueAt, at: this.#at[index] ?? dueAt },
        isMissed: this.#isMissed[index] ?? false,
      }))
      .sort((a, b) => a.dueAt - b.dueAt);
  }
}
