/** What operators are shown of a cluster, and how they name its nodes. */
import type { NodeId } from '../domain/ids.ts';
import { allPartitions } from '../domain/partition/partition-of.ts';
import type { CoordinationView, Member } from '../ports/coordination.ts';
import type { ClusterStatus } from '../ports/status.ts';

/** Joins what a cluster was made with to how it is now. Keys of partitions that it does not have are left out. */
export function describeCluster(
  made: Pick<ClusterStatus, 'name' | 'identity' | 'layout'>,
  view: CoordinationView,
): ClusterStatus {
  const { name, identity, layout } = made;
  const owners = new Map(view.owners.map((owner) => [owner.partition, owner]));
  return {
    name,
    identity,
    epoch: view.epoch,
    layout,
    members: view.members,
    partitions: allPartitions(layout).map((partition) => {
      const owner = owners.get(partition);
      return { partition, node: owner?.node, token: owner?.token };
    }),
    vacantRegions: layout.regions.filter((region) => !view.homes.has(region)),
    drains: [...view.drains],
  };
}

/** Which member a word of an operator means. */
type NamedNode =
  | { readonly kind: 'found'; readonly node: NodeId }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly NodeId[] };

/** The member with this id; else the one that is called so: ids end in a dash and what tells processes apart. */
export function memberNamed(members: readonly Pick<Member, 'node'>[], word: string): NamedNode {
  const ids = members.map(({ node }) => node);
  const exact = ids.find((id) => id === word);
  if (exact !== undefined) return { kind: 'found', node: exact };
  const candidates = ids.filter((id) => id.slice(0, id.lastIndexOf('-')) === word);
  const [first] = candidates;
  if (first === undefined) return { kind: 'unknown' };
  return candidates.length === 1
    ? { kind: 'found', node: first }
    : { kind: 'ambiguous', candidates };
}
