import type { FencingToken, NodeId, PartitionId } from '../domain/ids.ts';

/** A node, as the others see it. */
export interface Member {
  readonly node: NodeId;
  readonly region: string;
  /** Where its API answers. */
  readonly address: string;
  readonly version: string;
  /** On its way out: it gives away what it owns and is given nothing. */
  readonly isDraining: boolean;
  /** Regions whose store it cannot reach, or whose clock it disagrees with. */
  readonly unfitFor: readonly string[];
}

/** Who holds a partition's owner key, and with which token. */
export interface OwnerKey {
  readonly partition: PartitionId;
  readonly node: NodeId;
  readonly token: FencingToken;
}

/** Everything that ownership rests on, as it was at one moment. */
export interface CoordinationView {
  readonly members: readonly Member[];
  readonly owners: readonly OwnerKey[];
  /** Regions that have nodes, or had some until less than the grace ago. */
  readonly homes: ReadonlySet<string>;
  /** Nodes that somebody asked to give away what they own and take no more. */
  readonly drains: ReadonlySet<NodeId>;
  /** The first number of tokens that are won now. */
  readonly epoch: number;
}

/** A membership that lasts as long as it is renewed. */
export interface Session {
  readonly id: string;
  /** How long it lasts without a renewal, in ms, as the other side granted it. */
  readonly ttlMs: number;
}

export type CampaignResult =
  | { readonly kind: 'won'; readonly token: FencingToken }
  | { readonly kind: 'held'; readonly owner: OwnerKey }
  /** The session is over: what it held is, or will be, somebody else's. */
  | { readonly kind: 'session-ended' };

/**
 * Who is alive and who owns which partition.
 *
 * Tokens of one partition grow with every campaign that is won, across restarts too. What makes a write
 * safe is the token in the store's fence, never the answers given here. Methods make one attempt and
 * reject with `coordination-unavailable` where the other side does not answer in time; whether a write was
 * carried out is then unknown, and a read tells. Repeating any of them does no harm. They reject with
 * `coordination-empty` where the other side has lost, or never had, what the cluster was made with, and with
 * `coordination-foreign` where another cluster's is there in its place.
 */
export interface Coordination {
  /**
   * Makes this node a member, and its region inhabited. Embedded, where there is room for one node, the
   * newest process takes the place of any other.
   */
  open(member: Member): Promise<Session>;
  /** Makes the session last for another `ttlMs`, counted by the other side from when it gets this. */
  renew(session: Session): Promise<'renewed' | 'ended'>;
  /** Tells the others what has changed about this node. One that drains no longer makes its region inhabited. */
  publish(session: Session, member: Member): Promise<void>;
  /** Members and owners, read at one moment and never from a stale copy. */
  read(): Promise<CoordinationView>;
  /** Takes the partition's owner key if nobody holds it. `claimId` is fresh and random and becomes part of the token. */
  campaign(session: Session, partition: PartitionId, claimId: string): Promise<CampaignResult>;
  /** Gives the owner key back, if this token is still the one that holds it. */
  resign(partition: PartitionId, token: FencingToken): Promise<void>;
  /**
   * Raises the epoch above `beyond`, where it is not above it already, so that tokens won from now on are
   * newer than one that a store has seen. Only the holder of the owner key may: `token` proves it.
   */
  raiseEpoch(partition: PartitionId, token: FencingToken, beyond: number): Promise<void>;
  /** Asks a member to drain; it learns of that when it reads. The wish lasts as long as its session. False where it is no member. */
  requestDrain(node: NodeId): Promise<boolean>;
  /** Ends the membership and gives up what it still holds. */
  close(session: Session): Promise<void>;
  /** Calls `onChange` after a change of members or owners. A hint, like every watch. Returns how to stop it. */
  watch(onChange: () => void): () => void;
}
