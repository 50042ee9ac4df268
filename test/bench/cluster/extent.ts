import type { BenchContext } from '../bench.ts';

/** How much of everything is measured. */
export interface Extent {
  /** Policies due at one instant. */
  readonly burst: number;
  readonly burstRounds: number;
  /** The least and the most that are stored. */
  readonly storedLeast: number;
  readonly storedMost: number;
  /** Instants at which claims are compared, and take-overs. */
  readonly comparisons: number;
  /** Policies that are stored to see how much memory one takes. */
  readonly weighed: number;
  /** Of the schedules that fire all the time. */
  readonly firingPolicies: number;
  readonly steadySeconds: number;
  readonly kills: number;
  readonly restarts: number;
  readonly restartEverySeconds: number;
}

const ALL: Extent = {
  burst: 100_000,
  burstRounds: 2,
  storedLeast: 1_000,
  storedMost: 1_000_000,
  comparisons: 10,
  weighed: 50_000,
  firingPolicies: 2_000,
  steadySeconds: 10,
  kills: 10,
  restarts: 6,
  restartEverySeconds: 20,
};
/** What is promised: half an hour. */
const FULL: Partial<Extent> = {
  burstRounds: 7,
  comparisons: 50,
  steadySeconds: 120,
  kills: 50,
  restarts: 30,
};
/** Shows that it works, not how fast it is. */
const QUICK: Partial<Extent> = {
  burst: 4_000,
  burstRounds: 1,
  storedMost: 20_000,
  comparisons: 3,
  weighed: 4_000,
  firingPolicies: 300,
  steadySeconds: 5,
  kills: 1,
  restarts: 1,
};

/** The extent that was asked for. */
export function extentOf({ isQuick, isFull }: Pick<BenchContext, 'isQuick' | 'isFull'>): Extent {
  return { ...ALL, ...(isQuick ? QUICK : {}), ...(isFull ? FULL : {}) };
}
