import type { BenchContext } from '../bench.ts';
import type { Grain } from './rules.ts';

/** So many rules due at one instant, so many times. */
export interface BurstPlan {
  readonly count: number;
  /** By grain: where that is a minute, every turn begins with waiting for the next one. */
  readonly rounds: Readonly<Record<Grain, number>>;
}

/** How much of everything is measured. */
export interface Extent {
  readonly bursts: readonly BurstPlan[];
  /** Who has not fired all of a burst by then is stopped, and its rate up to there counts. */
  readonly burstLimitMs: number;
  readonly steadyRules: number;
  readonly steadySeconds: number;
  /** Numbers of rules that are stored, and not due. */
  readonly idle: readonly number[];
  readonly idleSeconds: number;
  readonly killLimitMs: number;
}

const ALL: Extent = {
  bursts: [
    { count: 1_000, rounds: { second: 1, minute: 0 } },
    { count: 10_000, rounds: { second: 2, minute: 2 } },
  ],
  burstLimitMs: 20_000,
  steadyRules: 1_000,
  steadySeconds: 8,
  idle: [1_000, 10_000],
  idleSeconds: 30,
  killLimitMs: 80_000,
};
/** An hour or two. */
const FULL: Partial<Extent> = {
  bursts: [
    { count: 1_000, rounds: { second: 5, minute: 3 } },
    { count: 10_000, rounds: { second: 5, minute: 5 } },
    { count: 100_000, rounds: { second: 2, minute: 2 } },
  ],
  burstLimitMs: 300_000,
  steadySeconds: 60,
  idle: [1_000, 10_000, 100_000],
  idleSeconds: 120,
  killLimitMs: 180_000,
};
/** Shows that it works, not how fast it is. */
const QUICK: Partial<Extent> = {
  bursts: [
    { count: 1_000, rounds: { second: 1, minute: 0 } },
    { count: 10_000, rounds: { second: 1, minute: 1 } },
  ],
  burstLimitMs: 10_000,
  steadyRules: 200,
  steadySeconds: 5,
  idle: [100, 1_000],
  idleSeconds: 5,
  killLimitMs: 20_000,
};

/** The extent that was asked for. */
export function extentOf({ isQuick, isFull }: Pick<BenchContext, 'isQuick' | 'isFull'>): Extent {
  return { ...ALL, ...(isQuick ? QUICK : {}), ...(isFull ? FULL : {}) };
}
