import type { FencingToken, NodeId, PartitionId } from '../domain/ids.ts';

/** A node, as the others see it. */
export interface Member {
  readonly node: NodeId;
  /** Where its API answers. */
  readonly address: string;
  readonly version: string;
}

/** Who holds a partition's owner key, and with which token. */
export interface OwnerKey {
  readonly partition: PartitionId;
  readonly node: NodeId;
  readonly token: FencingToken;
}

/** Members and owners as they were at one moment. */
export interface CoordinationView {
  readonly members: readonly Member[];
  readonly owners: readonly OwnerKey[];
}

export type CampaignResult =
  | { readonly kind: 'won'; readonly token: FencingToken }
  | { readonly kind: 'held'; readonly owner: OwnerKey }
  /** This node's session is over: it must join again, or leave the field to the one that took its place. */
  | { readonly kind: 'not-a-member' };

/**
 * Who is alive and who owns which partition.
 *
 * Tokens of one partition grow with every campaign that is won, across restarts too. What makes a write
 * safe is the token in the store's fence, never the answers given here. Methods reject with
 * `coordination-unavailable` where the other side cannot answer; the outcome is then unknown.
 */
export interface Coordination {
  /** Makes this node a member. Embedded, where there is room for one node, the newest process takes the place of any other. */
  join(member: Member): Promise<void>;
  /** Members and owners, read at one moment and never from a stale copy. */
  read(): Promise<CoordinationView>;
  /** Takes the partition's owner key if nobody holds it. `claimId` is fresh and random and becomes part of the token. */
  campaign(partition: PartitionId, claimId: string): Promise<CampaignResult>;
  /** Gives the owner key back, if this token is still the one that holds it. */
  resign(partition: PartitionId, token: FencingToken): Promise<void>;
  /** Ends the membership and gives up what it still holds. */
  leave(): Promise<void>;
  /** Calls `onChange` after a change of members or owners. A hint, like every watch. Returns how to stop it. */
  watch(onChange: () => void): () => void;
}
