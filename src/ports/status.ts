import type { EpochMs } from '../base/clock.ts';
import type { FencingToken, PartitionId } from '../domain/ids.ts';

/** How a node is doing, for operators. */
export interface NodeStatus {
  readonly node: string;
  readonly version: string;
  readonly startedAt: EpochMs;
  readonly store: {
    readonly kind: string;
    readonly identity: string;
    /** One sentence: what an acknowledged write survives. */
    readonly durability: string;
  };
  /** Every partition of the layout; the token is there while this node owns it. */
  readonly partitions: readonly {
    readonly partition: PartitionId;
    readonly token: FencingToken | undefined;
  }[];
  /** Since the node started. */
  readonly firings: {
    readonly scaled: number;
    readonly refused: number;
    readonly skipped: number;
    /** Runs of missed occurrences, not occurrences. */
    readonly missedRuns: number;
    readonly parked: number;
  };
  /** Claim by the store's clock minus dueAt, over the last 10,000 firings; undefined before the first. */
  readonly lateness:
    | {
        readonly count: number;
        readonly p50Ms: number;
        readonly p99Ms: number;
        readonly maxMs: number;
      }
    | undefined;
}
