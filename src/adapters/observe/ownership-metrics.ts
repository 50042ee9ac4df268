import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Measures } from './measures.ts';

/** From a round trip on the same machine to the longest that a call may take. Seconds. */
const CALL_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** What this node owns, and how ownership moved. */
export function ownershipMeasures(registry: Registry): Measures {
  const registers = [registry];
  const owned = new Gauge({
    name: 'lutra_owned_partitions_count',
    help: 'Partitions that this node owns',
    registers,
  });
  const changes = new Counter({
    name: 'lutra_ownership_changes_total',
    help: 'Partitions acquired and released by this node, and tokens of it that a store refused',
    labelNames: ['change'],
    registers,
  });
  const fenced = new Counter({
    name: 'lutra_fenced_writes_total',
    help: 'Writes as an owner that a store refused, because a newer owner had written',
    registers,
  });
  const ownerless = new Gauge({
    name: 'lutra_partitions_without_owner_count',
    help: 'Partitions of the cluster that nobody owned when this node last looked',
    registers,
  });
  return {
    'partition.acquired': () => {
      owned.inc();
      changes.inc({ change: 'acquired' });
    },
    'partition.released': () => {
      owned.dec();
      changes.inc({ change: 'released' });
    },
    'partition.fenced': () => {
      fenced.inc();
      changes.inc({ change: 'fenced' });
    },
    'ownership.read': ({ ownerlessCount }) => ownerless.set(ownerlessCount),
  };
}

/** Where this node stands: booleans are 0 or 1, as monitors have them. */
export function standingMeasures(registry: Registry): Measures {
  const registers = [registry];
  const doubtful = new Gauge({
    name: 'lutra_node_is_doubtful',
    help: 'Whether renewals of the session go unanswered for longer than it surely lasts',
    registers,
  });
  const unfit = new Gauge({
    name: 'lutra_node_is_unfit',
    help: 'Whether this node cannot work on the partitions of a region; none before it was told of the region',
    labelNames: ['region'],
    registers,
  });
  return {
    'ownership.doubtful': () => doubtful.set(1),
    'ownership.certain': () => doubtful.set(0),
    'node.unfit': ({ region }) => unfit.set({ region }, 1),
    'node.fit': ({ region }) => unfit.set({ region }, 0),
  };
}

/** How the servers below answer. */
export function serverMeasures(registry: Registry): Measures {
  const calls = new Histogram({
    name: 'lutra_server_call_duration_seconds',
    help: 'Round trips to etcd and Redis, by operation and whether there was an answer',
    labelNames: ['server', 'operation', 'outcome'],
    buckets: CALL_BUCKETS,
    registers: [registry],
  });
  return {
    'server.called': ({ server, operation, outcome, durationMs }) =>
      calls.observe({ server, operation, outcome }, durationMs / 1_000),
  };
}
