import { isSameToken } from '../domain/ids.ts';
import type { FencingToken, NodeId, PartitionId } from '../domain/ids.ts';
import { assignPartitions } from '../domain/partition/assign.ts';
import { allPartitions, regionOf } from '../domain/partition/partition-of.ts';
import type { PartitionLayout } from '../domain/partition/partition-of.ts';
import type { CoordinationView, Member, OwnerKey } from '../ports/coordination.ts';

/** What a node should do about one partition now. */
export type Move =
  /** Nobody holds it, and it is this node's to take. */
  | { readonly kind: 'campaign'; readonly partition: PartitionId }
  /** This node holds the key and does not work on it: an answer was lost, or the store's server changed. */
  | { readonly kind: 'take-up'; readonly partition: PartitionId; readonly token: FencingToken }
  /** Another node should have it. */
  | { readonly kind: 'hand-over'; readonly partition: PartitionId }
  /** The same of one whose key this node holds without working on it, and which it is not to take up. */
  | { readonly kind: 'give-back'; readonly partition: PartitionId; readonly token: FencingToken }
  /** The key is gone or another's: the term is over. */
  | { readonly kind: 'end'; readonly partition: PartitionId };

/** What moves follow from. */
export interface MovesInput {
  readonly layout: PartitionLayout;
  readonly view: CoordinationView;
  readonly me: Member;
  /** The terms that run on this node. */
  readonly running: ReadonlyMap<PartitionId, FencingToken>;
  /** For how long each partition without a key has been found so, in ms. */
  readonly keylessMs: ReadonlyMap<PartitionId, number>;
  /** A partition that has been without a key for this long is anybody's who is fit: whoever it is assigned to seems not to come. */
  readonly strayAfterMs: number;
  /** How long members have been the same, in ms. */
  readonly quietMs: number;
  /** Live partitions are moved only when members have been the same for this long. */
  readonly quietMinMs: number;
  /** How many live partitions may be handed over at once. */
  readonly handOverMax: number;
}

/**
 * What to do now, from one view. Taking what nobody has never waits; giving away what is alive does, a few at a time and
 * only when members have settled, unless this node is leaving or unfit for it. What nobody else should
 * have is kept.
 */
export function nextMoves(input: MovesInput): readonly Move[] {
  const { view, layout, me } = input;
  const owners = new Map(view.owners.map((owner) => [owner.partition, owner]));
  const assigned = assignPartitions({
    layout,
    candidates: view.members,
    homes: view.homes,
    owners: new Map(view.owners.map(({ partition, node }) => [partition, node])),
  });
  const moves: Move[] = [];
  let handOverCount = 0;
  for (const partition of allPartitions(layout)) {
    const move = moveOf(input, {
      partition,
      owner: owners.get(partition),
      assignee: assigned.get(partition),
    });
    if (move === undefined) continue;
    if (move.kind === 'hand-over') {
      const isUrgent = me.isDraining || me.unfitFor.includes(regionOf(partition));
      if (!isUrgent && (input.quietMs < input.quietMinMs || handOverCount >= input.handOverMax)) {
        continue;
      }
      handOverCount += 1;
    }
    moves.push(move);
  }
  return moves;
}

interface Situation {
  readonly partition: PartitionId;
  readonly owner: OwnerKey | undefined;
  readonly assignee: NodeId | undefined;
}

function moveOf(input: MovesInput, situation: Situation): Move | undefined {
  const { me, running } = input;
  const { partition, owner, assignee } = situation;
  const token = running.get(partition);
  const isMine = owner?.node === me.node;
  if (token !== undefined) {
    if (!isMine || !isSameToken(owner.token, token)) return { kind: 'end', partition };
    const isAnothers = assignee !== undefined && assignee !== me.node;
    return isAnothers ? { kind: 'hand-over', partition } : undefined;
  }
  if (isMine) return unworkedMove(input, { partition, token: owner.token, assignee });
  if (owner !== undefined) return undefined;
  return mayCampaign(input, situation) ? { kind: 'campaign', partition } : undefined;
}

/** What to do about a key of this node's own under which no term runs. */
function unworkedMove(
  { me }: MovesInput,
  held: {
    readonly partition: PartitionId;
    readonly token: FencingToken;
    readonly assignee: NodeId | undefined;
  },
): Move | undefined {
  const { partition, token, assignee } = held;
  const isUnfit = me.unfitFor.includes(regionOf(partition));
  const isAnothers = assignee !== undefined && assignee !== me.node;
  // Without a term to end, nobody else would ever come by it.
  if (isAnothers && (isUnfit || me.isDraining)) return { kind: 'give-back', partition, token };
  return isUnfit ? undefined : { kind: 'take-up', partition, token };
}

function mayCampaign(input: MovesInput, { partition, assignee }: Situation): boolean {
  const { me, view, keylessMs, strayAfterMs } = input;
  if (assignee === me.node) return true;
  const region = regionOf(partition);
  if (me.unfitFor.includes(region)) return false;
  if ((keylessMs.get(partition) ?? 0) < strayAfterMs) return false;
  // Better one that drains than none: it would have kept what it had, too.
  if (me.isDraining) return assignee === undefined;
  const hasOwnFit = view.members.some(
    (member) => member.region === region && !member.isDraining && !member.unfitFor.includes(region),
  );
  const isVacant = !view.homes.has(region) || !hasOwnFit;
  return me.region === region || (isVacant && assignee !== undefined);
}
