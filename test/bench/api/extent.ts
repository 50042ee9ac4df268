import type { BenchContext } from '../bench.ts';

/** How much is measured. */
export interface Extent {
  /** Of each operation: a turn of the node and one of the bare server. */
  readonly rounds: number;
  readonly turnMs: number;
  /** For each server and operation, not counted. */
  readonly warmUpMs: number;
  /**
   * Requests that are made beforehand at least: code is compiled for speed only after it ran some thousand times,
   * and a server with more of it, or on a slow machine, would be measured while it is not.
   */
  readonly warmUpRequests: number;
}

const ALL: Extent = { rounds: 5, turnMs: 2_000, warmUpMs: 2_000, warmUpRequests: 3_000 };
/** Seven minutes, and what is waited for between turns. */
const FULL: Extent = { rounds: 9, turnMs: 4_000, warmUpMs: 4_000, warmUpRequests: 3_000 };
/** Shows that it works, not how fast it is. */
const QUICK: Extent = { rounds: 2, turnMs: 250, warmUpMs: 250, warmUpRequests: 0 };

/** The extent that was asked for. */
export function extentOf({ isQuick, isFull }: Pick<BenchContext, 'isQuick' | 'isFull'>): Extent {
  if (isQuick) return QUICK;
  return isFull ? FULL : ALL;
}
