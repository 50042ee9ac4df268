/** What every benchmark is given. */
export interface BenchContext {
  /** An empty folder of its own, which is removed afterwards. */
  readonly folder: string;
  /** Small sizes: shows that it works, not how fast it is. */
  readonly isQuick: boolean;
  /** Tells what is being done. */
  readonly progress: (text: string) => void;
}
