import type { EpochMs } from '../../base/clock.ts';
import { LutraError } from '../../base/errors.ts';
import { Listeners } from '../../base/listeners.ts';
import type { HistoryEvent, RecordedEvent } from '../../domain/history/event.ts';
import { historyCut } from '../../domain/history/retention.ts';
import { isSameToken, ZERO_TOKEN } from '../../domain/ids.ts';
import type { CommitId, FencingToken, GroupId, PartitionId, PolicyId } from '../../domain/ids.ts';
import type { TenantId } from '../../domain/ids.ts';
import { allPartitions } from '../../domain/partition/partition-of.ts';
import type { PartitionLayout } from '../../domain/partition/partition-of.ts';
import type { FieldName, Wake } from '../../ports/store.ts';

/** One group, as it is kept in memory. */
export interface MemoryGroup {
  readonly groupId: GroupId;
  readonly tenantId: TenantId;
  readonly partition: PartitionId;
  version: CommitId;
  isListed: boolean;
  generation: number;
  /** When the group is to be looked at; undefined where it is not divergent. */
  divergentAt: EpochMs | undefined;
  lock: { readonly holder: string; readonly until: EpochMs } | undefined;
  /** Number of the last event. */
  sequence: number;
  readonly fields: Map<FieldName, string>;
  readonly due: Map<PolicyId, EpochMs>;
  /** Oldest first; bodies are texts, so that nobody shares an object with the store. */
  events: { readonly sequence: number; readonly at: EpochMs; readonly body: string }[];
}

/** What a partition's fence holds. */
interface MemoryFence {
  readonly identity: string;
  readonly token: FencingToken;
}

/** A commit that was not an owner's, and when it was applied. */
export interface Remembered {
  readonly commitId: CommitId;
  readonly at: EpochMs;
}

/** All that one store keeps; every `MemoryStore` on it is a connection to it. */
export interface MemoryState {
  readonly identity: string;
  readonly layout: PartitionLayout;
  readonly fences: Map<PartitionId, MemoryFence>;
  readonly groups: Map<GroupId, MemoryGroup>;
  /** The last commits of each group that were not an owner's, oldest first. They outlive the group by its tombstone. */
  readonly remembered: Map<GroupId, readonly Remembered[]>;
  readonly tombstones: Map<GroupId, { readonly version: CommitId; readonly removedAt: EpochMs }>;
  readonly wakes: Listeners<PartitionId, Wake>;
}

/** A new, empty store with a zero fence in every partition. */
export function createMemoryState(made: {
  readonly identity: string;
  readonly layout: PartitionLayout;
}): MemoryState {
  const { identity, layout } = made;
  return {
    identity,
    layout,
    fences: new Map(
      allPartitions(layout).map((partition) => [partition, { identity, token: ZERO_TOKEN }]),
    ),
    groups: new Map(),
    remembered: new Map(),
    tombstones: new Map(),
    wakes: new Listeners(),
  };
}

/** The token of the partition's fence. Throws `store-foreign` where the record is missing or another store's. */
export function fenceOf(state: MemoryState, partition: PartitionId): FencingToken {
  const fence = state.fences.get(partition);
  if (fence?.identity === state.identity) return fence.token;
  throw new LutraError(
    'store-foreign',
    `partition ${partition} has no fence record of store ${state.identity}; it found ` +
      (fence === undefined ? 'none' : `one of store ${fence.identity}`),
  );
}

/** The refusal that a writer with this token gets; undefined where the token is the partition's fence. */
export function refusalOf(
  state: MemoryState,
  partition: PartitionId,
  token: FencingToken,
): { readonly kind: 'fenced'; readonly newest: FencingToken } | undefined {
  const newest = fenceOf(state, partition);
  return isSameToken(token, newest) ? undefined : { kind: 'fenced', newest };
}

/** Adds events to the end of a group's history and now and then drops what is beyond its bounds. */
export function appendEvents(
  group: MemoryGroup,
  events: readonly HistoryEvent[],
  now: EpochMs,
): void {
  for (const event of events) {
    group.sequence += 1;
    group.events.push({ sequence: group.sequence, at: now, body: JSON.stringify(event) });
  }
  const { groupId, sequence: last } = group;
  const cut = historyCut({ groupId, last, count: events.length, now });
  if (cut === undefined) return;
  const firstKept = group.events.findIndex(
    ({ sequence, at }) => sequence >= cut.firstSequence && at >= cut.firstAt,
  );
  group.events = group.events.slice(firstKept);
}

/** An event of the history as its readers get it. */
export function recordedEvent(entry: MemoryGroup['events'][number]): RecordedEvent {
  const { sequence, at, body } = entry;
  return { sequence, at, event: JSON.parse(body) as HistoryEvent }; // written by appendEvents
}
