import { allPartitions, regionOf } from '../domain/partition/partition-of.ts';
import type { PartitionLayout } from '../domain/partition/partition-of.ts';
import type { CoordinationView } from '../ports/coordination.ts';

/** How many partitions nobody works on: those without an owner, and those whose owner cannot work on their region. */
export function countOwnerless(
  { owners, members }: CoordinationView,
  layout: PartitionLayout,
): number {
  const unfitFor = new Map(members.map((member) => [member.node, member.unfitFor]));
  const served = new Set(
    owners
      .filter(({ node, partition }) => !unfitFor.get(node)?.includes(regionOf(partition)))
      .map(({ partition }) => partition),
  );
  return allPartitions(layout).filter((partition) => !served.has(partition)).length;
}
