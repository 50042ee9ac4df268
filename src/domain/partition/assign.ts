/**
 * Which node should own which partition: a pure function of what etcd holds at one revision, so that every
 * node computes the same.
 *
 * Each region is balanced by itself, among its own fit nodes while it has any, else among those of the
 * first other region, in the configured order, that has. Loads differ by at most one, a partition moves
 * only where that is needed for the balance, and ties go by rendezvous hashing. Carrying out a part of the
 * result never changes the rest, because what decides does not change on the way: who may keep one
 * partition more is chosen among those that have enough already, and each partition's new owner depends
 * only on room that no other move takes.
 */
import type { NodeId, PartitionId } from '../ids.ts';
import { fnv1a } from './hash.ts';
import { partitionId } from './partition-of.ts';
import type { PartitionLayout } from './partition-of.ts';

/** A node, as far as assignment is concerned. */
export interface Candidate {
  readonly node: NodeId;
  readonly region: string;
  /** On its way out: it is given nothing. */
  readonly isDraining: boolean;
  /** Regions whose store it cannot reach, or whose clock it disagrees with. */
  readonly unfitFor: readonly string[];
}

/** What the assignment follows from. */
export interface AssignmentInput {
  /** Regions in the configured order. */
  readonly layout: PartitionLayout;
  readonly candidates: readonly Candidate[];
  /** Regions that count as inhabited: their nodes are there, or were until a moment ago. */
  readonly homes: ReadonlySet<string>;
  readonly owners: ReadonlyMap<PartitionId, NodeId>;
}

/** For each partition the node that should own it; partitions that nobody can take are left out. */
export function assignPartitions(input: AssignmentInput): ReadonlyMap<PartitionId, NodeId> {
  return new Map(input.layout.regions.flatMap((region) => [...assignRegion(input, region)]));
}

function assignRegion(input: AssignmentInput, region: string): ReadonlyMap<PartitionId, NodeId> {
  const partitions = Array.from({ length: input.layout.count }, (_, index) =>
    partitionId(region, index),
  );
  const owned = ownedBy(partitions, takersOf(input, region), input.owners);
  const rooms = new Map<NodeId, number>();
  const assigned = new Map<PartitionId, NodeId>();
  for (const [node, quota] of quotasOf(partitions.length, owned)) {
    const kept = (owned.get(node) ?? []).toSorted(byAffinity(node)).slice(0, quota);
    for (const partition of kept) assigned.set(partition, node);
    rooms.set(node, quota - kept.length);
  }
  for (const partition of partitions) {
    if (assigned.has(partition)) continue;
    const node = mostAffine(partition, rooms);
    if (node === undefined) continue;
    assigned.set(partition, node);
    rooms.set(node, (rooms.get(node) ?? 0) - 1);
  }
  return assigned;
}

/** The nodes among which a region's partitions are balanced. */
function takersOf(input: AssignmentInput, region: string): readonly NodeId[] {
  const fitIn = (home: string): readonly NodeId[] =>
    input.candidates
      .filter((candidate) => candidate.region === home && isFit(candidate, region))
      .map(({ node }) => node);
  const own = fitIn(region);
  if (own.length > 0) return own;
  const isDeserted = !input.candidates.some((candidate) => candidate.region === region);
  // Its nodes vanished a moment ago and may be back before the grace is over.
  if (isDeserted && input.homes.has(region)) return [];
  const others = input.layout.regions.filter((other) => other !== region).map(fitIn);
  return others.find((nodes) => nodes.length > 0) ?? [];
}

function isFit(candidate: Candidate, region: string): boolean {
  return !candidate.isDraining && !candidate.unfitFor.includes(region);
}

/** What each node owns of these partitions. */
function ownedBy(
  partitions: readonly PartitionId[],
  nodes: readonly NodeId[],
  owners: ReadonlyMap<PartitionId, NodeId>,
): ReadonlyMap<NodeId, readonly PartitionId[]> {
  return new Map(
    nodes.map((node) => [node, partitions.filter((partition) => owners.get(partition) === node)]),
  );
}

/**
 * How many partitions each node is to have. Where they do not divide evenly, those get one more that have
 * that many already, since each of them is then spared a move; ties go by hash, and not by how many a node
 * has beyond or below that, which changes while moves are carried out.
 */
function quotasOf(
  partitionCount: number,
  owned: ReadonlyMap<NodeId, readonly PartitionId[]>,
): ReadonlyMap<NodeId, number> {
  const floor = Math.floor(partitionCount / owned.size);
  const extraCount = partitionCount % owned.size;
  const hasMore = (node: NodeId): number => ((owned.get(node)?.length ?? 0) > floor ? 1 : 0);
  const ranked = [...owned.keys()].sort(
    (a, b) => hasMore(b) - hasMore(a) || fnv1a(a) - fnv1a(b) || compareText(a, b),
  );
  return new Map(ranked.map((node, rank) => [node, rank < extraCount ? floor + 1 : floor]));
}

/** Orders partitions by how much they belong to a node (rendezvous hashing), the most first. */
function byAffinity(node: NodeId): (a: PartitionId, b: PartitionId) => number {
  return (a, b) => affinity(node, b) - affinity(node, a) || compareText(a, b);
}

/** The node with room that a partition belongs to the most. */
function mostAffine(
  partition: PartitionId,
  rooms: ReadonlyMap<NodeId, number>,
): NodeId | undefined {
  return [...rooms]
    .filter(([, room]) => room > 0)
    .map(([node]) => node)
    .sort((a, b) => affinity(b, partition) - affinity(a, partition) || compareText(a, b))[0];
}

function affinity(node: NodeId, partition: PartitionId): number {
  return fnv1a(`${partition} ${node}`);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
