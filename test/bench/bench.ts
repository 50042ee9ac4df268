/** What every benchmark is given. */
export interface BenchContext {
  /** An empty folder of its own, which is removed afterwards. */
  readonly folder: string;
  /** Small sizes: shows that it works, not how fast it is. */
  readonly isQuick: boolean;
  /** The promised counts, where they take longer than a few minutes. */
  readonly isFull: boolean;
  /** The names of the sections to measure, where not all are wanted. */
  readonly only: readonly string[] | undefined;
  /** Tells what is being done. */
  readonly progress: (text: string) => void;
}
