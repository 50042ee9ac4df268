import type { NodeId, PartitionId } from '../domain/ids.ts';
import type { Membership } from '../ownership/membership.ts';
import type { OwnershipSettings } from '../ownership/run.ts';
import type { CalendarRegistry } from '../ports/calendar-registry.ts';
import type { Coordination } from '../ports/coordination.ts';
import type { Observe } from '../ports/observe.ts';
import type { RateLimiters } from '../ports/rate-limiter.ts';
import type { StoreStatus } from '../ports/status.ts';
import type { Store, StoredGroup } from '../ports/store.ts';
import type { TokenRegistry } from '../ports/token-registry.ts';

/** What a node stands on. Embedded and in a cluster, all else about it is the same. */
export interface Foundation {
  readonly mode: 'embedded' | 'cluster';
  /** How the cluster is called. */
  readonly cluster: string;
  /** The region of this node. */
  readonly region: string;
  readonly store: Store;
  readonly coordination: Coordination;
  readonly tokens: TokenRegistry;
  readonly calendars: CalendarRegistry;
  readonly rateLimiters: RateLimiters;
  readonly ownership: Pick<OwnershipSettings, 'whenSessionEnds' | 'handOverMax'>;
  /** How each store is doing, for operators. */
  readonly stores: () => readonly StoreStatus[];
  /** For how long claims of the region have to wait because clocks are not to be trusted, in ms. */
  readonly holdMs: (region: string) => number;
  /** From the start of a term to its first sweep, in ms. */
  readonly sweepDelayMs: number;
  /** Mends what is kept about tenants beside these groups, all of one partition. */
  readonly mendLists: (partition: PartitionId, groups: readonly StoredGroup[]) => Promise<void>;
  /** Runs beside the membership until the signal aborts. Never rejects. */
  readonly accompany: (membership: Membership, signal: AbortSignal) => Promise<void>;
  /** Called last of all. */
  readonly close: () => Promise<void>;
}

/** What foundations are made with. */
export interface FoundationDeps {
  readonly node: NodeId;
  readonly observe: Observe;
}
