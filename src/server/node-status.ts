import { describeCluster } from '../api/cluster-status.ts';
import { judgeReadiness } from '../api/readiness.ts';
import type { ReadinessFacts } from '../api/readiness.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { allPartitions } from '../domain/partition/partition-of.ts';
import type { ClusterStatus, NodeStatus, Readiness } from '../ports/status.ts';
import type { NodeParts } from './node-parts.ts';

/** How this node is doing now. */
export function statusOf({
  node,
  version,
  startedAt,
  foundation,
  events: { standing, stats },
}: NodeParts): NodeStatus {
  return {
    ...{ node, version, startedAt },
    ...{ mode: foundation.mode, region: foundation.region },
    ...{ isDoubtful: standing.isDoubtful, isDraining: standing.isDraining },
    unfitFor: [...standing.unfit.keys()],
    stores: foundation.stores(),
    partitions: allPartitions(foundation.store.layout).map((partition) => {
      const owned = standing.owned.get(partition);
      return { partition, token: owned?.token, since: owned?.since };
    }),
    ...stats.read(),
  };
}

/** Whether this node can do its work now. Never rejects. */
export function readinessOf(parts: NodeParts): Promise<Readiness> {
  const { foundation, events } = parts;
  const { region, store } = foundation;
  const { standing } = events;
  return judgeReadiness(
    {
      region,
      membership: membershipOf(parts),
      isDraining: standing.isDraining,
      unfitBecause: standing.unfit.get(region),
    },
    { store, clock },
  );
}

/** The cluster as it is now. Rejects with `coordination-unavailable` where it cannot be read. */
export async function clusterStatusOf({ foundation }: NodeParts): Promise<ClusterStatus> {
  const { cluster: name, store, coordination } = foundation;
  const { identity, layout } = store;
  return describeCluster({ name, identity, layout }, await coordination.read());
}

function membershipOf({ presence }: NodeParts): ReadinessFacts['membership'] {
  if (presence.isOver) return 'over';
  const standing = presence.membership?.standing();
  return standing === undefined || standing.mode === 'out' ? 'none' : standing.mode;
}
