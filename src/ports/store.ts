import type { EpochMs } from '../base/clock.ts';
import type {
  CommitId,
  FencingToken,
  GroupId,
  PartitionId,
  PolicyId,
  TenantId,
} from '../domain/ids.ts';
import type { SETTLED_FIELD } from '../domain/group/fields.ts';
import type { HistoryEvent, RecordedEvent } from '../domain/history/event.ts';
import type { PartitionLayout } from '../domain/partition/partition-of.ts';

/** Names one field of a group; `domain/group/fields.ts` says what each holds. */
export type FieldName = string;
/** Fields of a group, by name. Stores keep them and never look inside. */
export type StoredFields = Readonly<Record<FieldName, string>>;

/** Stands in place of a token where the write is not made as an owner: an API write, or a mark after a lost lock. */
export const NOT_AN_OWNER = 'not-an-owner';
/** The version to expect of a group that must not exist yet. */
export const ABSENT = 'absent';

/** What one atomic commit does to ONE group: all of it, or nothing of it. */
export interface Unit {
  readonly groupId: GroupId;
  /** The tenant of the group; fixed when the group is created. */
  readonly tenantId: TenantId;
  /** Fresh and random; becomes the group's version. A repeat of it is answered `committed` and changes nothing. */
  readonly commitId: CommitId;
  /** The store's clock when the decision was made. More than 5 s ago, or in the future, is `stale`. */
  readonly decidedAt: EpochMs;
  /** The version that the decision was made on, or ABSENT for a new group. */
  readonly expectVersion: CommitId | typeof ABSENT;
  readonly set: StoredFields;
  /**
   * Fields to drop. `content`: all of them that are not in `set`, what is armed, and the history until then; the
   * group itself stays. `group`: the whole group, of which a tombstone stays for an hour to answer repeats.
   */
  readonly remove: readonly FieldName[] | 'content' | 'group';
  readonly due: readonly DueMove[];
  /** `mark` raises the group's generation and makes it divergent now. */
  readonly divergence: 'mark' | 'keep';
  /** `drop` takes the group off its tenant's list (a new group is on it). */
  readonly listing: 'keep' | 'drop';
  /** Of a new group: how many of its tenant's may be listed with it. One that is on the list already is within it. */
  readonly listingMax?: number;
  /** How many of those are listed in other stores, where there are some. */
  readonly listedElsewhere?: number;
  readonly events: readonly HistoryEvent[];
}

/** Arms a policy for an instant in place of whatever it was armed for, or disarms it. */
export interface DueMove {
  readonly policyId: PolicyId;
  readonly dueAt: EpochMs | undefined;
}

export type UnitResult =
  | 'committed'
  /**
   * The group or the store's clock moved after the read, or somebody else is about to make the group or to take the last
   * room for it. Nothing was applied: read again and decide again.
   */
  | 'stale'
  /** Only to a write that may be a repeat: the group no longer remembers far enough back to tell. */
  | 'unknown'
  /** Only to a unit with a `listingMax`, and judged before all else of it: the tenant's list has no room. Nothing was applied. */
  | 'full';

export type Fenced = {
  readonly kind: 'fenced';
  /** The token that the partition's fence holds. The caller's term is over; nothing was applied. */
  readonly newest: FencingToken;
};

export type CommitResult =
  /** One result per unit, in order, and the store's clock at the commit. */
  | { readonly kind: 'answered'; readonly at: EpochMs; readonly results: readonly UnitResult[] }
  | Fenced;

/** What a decision about one group's due policies needs, and no more. */
export interface DueGroup {
  readonly groupId: GroupId;
  readonly tenantId: TenantId;
  readonly version: CommitId;
  /** The fields named in DECISION_FIELDS, where present. */
  readonly fields: StoredFields;
  /** Ordered by dueAt, then policy id. */
  readonly policies: readonly DuePolicy[];
}

export interface DuePolicy {
  readonly policyId: PolicyId;
  readonly dueAt: EpochMs;
  /** The policy's two fields as stored; undefined where missing. */
  readonly definition: string | undefined;
  readonly progress: string | undefined;
}

export interface DueList {
  readonly now: EpochMs;
  /** Ordered by the earliest dueAt of each. */
  readonly groups: readonly DueGroup[];
  /** How many due policies `groups` holds in all; fewer than the limit means that no more are due. */
  readonly policyCount: number;
  /** When the next policy that is not due yet will be; undefined where none is armed. */
  readonly nextAt: EpochMs | undefined;
}

export interface DivergentGroup {
  readonly groupId: GroupId;
  readonly tenantId: TenantId;
  readonly generation: number;
  /** The field `launch` as stored, so that a pass can be given its provider's slot; undefined where missing. */
  readonly launch: string | undefined;
  /** When it was to be looked at: at its mark, or when its back-off or its holder's lock ended. */
  readonly checkAt: EpochMs;
}

export interface DivergentList {
  readonly now: EpochMs;
  /** Groups whose checkAt has come, the oldest first. */
  readonly groups: readonly DivergentGroup[];
  readonly nextAt: EpochMs | undefined;
}

/** One group as it is kept. Two reads may be answered by one and the same object, which stays as it is. */
export interface StoredGroup {
  readonly groupId: GroupId;
  readonly tenantId: TenantId;
  readonly version: CommitId;
  readonly generation: number;
  readonly isDivergent: boolean;
  readonly fields: StoredFields;
  /** When each armed policy is due. */
  readonly due: ReadonlyMap<PolicyId, EpochMs>;
}

/** One group of a list: what a page of them is made of, and no more. The same holds. */
export interface ListedGroup {
  readonly groupId: GroupId;
  /** The fields named in SUMMARY_FIELDS, where present. */
  readonly fields: StoredFields;
}

/** Names one holder of a group's lock: a pass, not a node. */
export interface LockRequest {
  readonly groupId: GroupId;
  readonly holder: string;
  /** How long the lock lasts by the store's clock, unless renewed. */
  readonly ttlMs: number;
}

export type LockResult =
  | {
      readonly kind: 'locked';
      readonly now: EpochMs;
      readonly tenantId: TenantId;
      readonly version: CommitId;
      readonly generation: number;
      /** The fields named in CONVERGENCE_FIELDS. */
      readonly fields: StoredFields;
    }
  /** Another pass holds it; the group's next check was moved to `until`. */
  | { readonly kind: 'held'; readonly until: EpochMs }
  | { readonly kind: 'absent' }
  | Fenced;

export type RenewResult =
  | {
      readonly kind: 'renewed';
      readonly generation: number;
      /** The fields named in RENEWAL_FIELDS, so that a pass sees a pause before its next call. */
      readonly fields: StoredFields;
    }
  /** The lock expired and may be another's: make no further call. */
  | { readonly kind: 'lost' }
  | Fenced;

/** The one field that the end of a pass writes, or none. */
export type SettledFields = Readonly<Partial<Record<typeof SETTLED_FIELD, string>>>;

/** The end of a pass: what it saw, and whether the group is to be looked at again. */
export interface SettleRequest {
  readonly groupId: GroupId;
  readonly holder: string;
  /** The generation that the pass worked on; a newer mark is never cleared. */
  readonly generation: number;
  /** The converger's own to write; it does not move the version. */
  readonly set: SettledFields;
  /** `clear` ends the divergence; a number of ms asks for another look after them. */
  readonly next: 'clear' | { readonly retryInMs: number };
  readonly events: readonly HistoryEvent[];
}

export type SettleResult =
  /** The lock is released. `isCleared` is false where the group stays divergent. */
  { readonly kind: 'settled'; readonly isCleared: boolean } | { readonly kind: 'lost' } | Fenced;

/** What a commit changed for the loops of its partition. */
export type Wake = 'due' | 'divergent';

/** A page of things ordered by id: those after `after`, at most `limit`. */
export interface PageRequest<Id> {
  readonly after: Id | undefined;
  readonly limit: number;
}

/** A page of a group's history. */
export interface HistoryRequest {
  /** Only events before (`newest-first`) or after (`oldest-first`) this sequence number. */
  readonly from: number | undefined;
  readonly order: 'newest-first' | 'oldest-first';
  readonly limit: number;
}

/**
 * Groups, their policies and state, what is due, what is divergent, and the history.
 *
 * Promises that every implementation keeps, and the contract suite checks:
 * - a unit is applied whole or not at all, and an acknowledged one survives what the store is said to survive;
 * - a write with a token is applied only while that very token is the partition's fence;
 * - `due`, `commit`, `lock`, `renew`, `settle` are one round trip each, however long the batch;
 * - all instants are the store's own clock.
 *
 * Methods reject with `store-unavailable` where the store cannot answer (the outcome of a write is then
 * unknown), `store-foreign` where the partition's fence record is missing or not of this store, and
 * `unit-refused` where a single record, and not the store, is at fault. All else is in the return types.
 */
export interface Store {
  /** Random, given when the store was made. A store that lost its identity refuses all writes. */
  readonly identity: string;
  readonly layout: PartitionLayout;

  /** Makes the token the partition's fence, unless the fence is newer. Creates nothing: the fence record must exist. */
  acquire(
    partition: PartitionId,
    token: FencingToken,
  ): Promise<{ readonly kind: 'acquired' } | Fenced>;

  /** The store's clock and at most `limit` due policies, the earliest first, grouped, with what a decision needs. */
  due(partition: PartitionId, limit: number): Promise<DueList>;

  /**
   * Commits units of different groups of one partition. Checks, in this order: the fence (once), then
   * per unit the room on its tenant's list, the remembered commits, `decidedAt`, and the version.
   */
  commit(
    partition: PartitionId,
    token: FencingToken | typeof NOT_AN_OWNER,
    units: readonly Unit[],
  ): Promise<CommitResult>;

  /** Divergent groups whose time has come, oldest first. */
  divergent(partition: PartitionId, limit: number): Promise<DivergentList>;

  /** Takes the group's lock for one pass. A lock of another holder is waited out, never broken. */
  lock(partition: PartitionId, token: FencingToken, request: LockRequest): Promise<LockResult>;
  /** Extends the lock, and with it the next check where that is the lock's end. Called before every provider call. */
  renew(partition: PartitionId, token: FencingToken, request: LockRequest): Promise<RenewResult>;
  /** Records what a pass saw, releases its lock and, unless there is a newer mark, moves or ends the divergence. */
  settle(
    partition: PartitionId,
    token: FencingToken,
    request: SettleRequest,
  ): Promise<SettleResult>;

  /** One group, whole, with the store's clock. */
  group(
    groupId: GroupId,
  ): Promise<{ readonly now: EpochMs; readonly group: StoredGroup | undefined }>;
  /** A tenant's listed groups in ascending order of id. */
  groups(
    tenantId: TenantId,
    page: PageRequest<string>,
  ): Promise<{ readonly now: EpochMs; readonly groups: readonly ListedGroup[] }>;
  /** How many groups of the tenant are listed. */
  countGroups(tenantId: TenantId): Promise<number>;
  /** Groups of a partition in ascending order of id, whole: for the sweeps. */
  walk(
    partition: PartitionId,
    page: PageRequest<GroupId>,
  ): Promise<{ readonly now: EpochMs; readonly groups: readonly StoredGroup[] }>;
  history(groupId: GroupId, request: HistoryRequest): Promise<readonly RecordedEvent[]>;

  /**
   * Calls `onWake` after a commit that made something of the partition due or divergent earlier than
   * before. The end of a pass is none: the owner made it. A hint: a wake may come late, twice, or not at all.
   * Returns how to stop it.
   */
  subscribe(partition: PartitionId, onWake: (wake: Wake) => void): () => void;
  close(): Promise<void>;
}
