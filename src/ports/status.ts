import type { EpochMs } from '../base/clock.ts';
import type { FencingToken, NodeId, PartitionId } from '../domain/ids.ts';
import type { PartitionLayout } from '../domain/partition/partition-of.ts';
import type { Member } from './coordination.ts';

/** How one store is doing, as a node sees it. */
export interface StoreStatus {
  /** The regions whose partitions are in it. */
  readonly regions: readonly string[];
  readonly kind: string;
  readonly identity: string;
  /** One sentence: what an acknowledged write survives. */
  readonly durability: string;
  /** What should be changed about its server, each a sentence. */
  readonly problems: readonly string[];
  readonly isReachable: boolean;
}

/** How a node is doing, for operators. */
export interface NodeStatus {
  readonly node: string;
  readonly version: string;
  readonly mode: 'embedded' | 'cluster';
  readonly region: string;
  readonly startedAt: EpochMs;
  /** Renewals of its session go unanswered: it may have ended, or not. Work goes on. */
  readonly isDoubtful: boolean;
  /** On its way out: it gives away what it owns and takes no more. */
  readonly isDraining: boolean;
  /** Regions whose partitions it cannot work on. */
  readonly unfitFor: readonly string[];
  readonly stores: readonly StoreStatus[];
  /** Every partition of the layout; both fields are there while this node owns it. */
  readonly partitions: readonly {
    readonly partition: PartitionId;
    readonly token: FencingToken | undefined;
    /** When its term began, by the node's clock. */
    readonly since: EpochMs | undefined;
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

/** A cluster as the coordination has it at one moment, for operators. */
export interface ClusterStatus {
  readonly name: string;
  readonly identity: string;
  /** The first number of tokens that are won now. */
  readonly epoch: number;
  readonly layout: PartitionLayout;
  readonly members: readonly Member[];
  /** Every partition of the layout; both further fields are there where it has an owner. */
  readonly partitions: readonly {
    readonly partition: PartitionId;
    readonly node: NodeId | undefined;
    readonly token: FencingToken | undefined;
  }[];
  /** Regions without nodes for longer than the grace: others work on their partitions. */
  readonly vacantRegions: readonly string[];
  /** Nodes that were asked to drain. */
  readonly drains: readonly NodeId[];
}

/** Whether a node can do its work now, for whoever decides to restart it or to send it requests. */
export interface Readiness {
  readonly isReady: boolean;
  /** Why it is not, each a sentence; empty where it is. */
  readonly reasons: readonly string[];
  /** As in its status; on its own no reason: see `judgeReadiness`. */
  readonly isDoubtful: boolean;
}
