import { FiringStats } from '../adapters/observe/firing-stats.ts';
import { createLog } from '../adapters/observe/log.ts';
import { createMetrics } from '../adapters/observe/metrics.ts';
import type { Config } from '../config/schema.ts';
import type { FencingToken, NodeId, PartitionId } from '../domain/ids.ts';
import type { LutraEvent, Observe } from '../ports/observe.ts';

/** Everything that is made of a node's events. */
export interface NodeEvents {
  readonly observe: Observe;
  readonly stats: FiringStats;
  /** What this node owns now. */
  readonly owned: ReadonlyMap<PartitionId, FencingToken>;
  readonly metricsText: () => Promise<string>;
}

/** Sends each event to the log, the metrics and the figures of `lutra status`. */
export function createNodeEvents(node: NodeId, log: Config['log']): NodeEvents {
  const write = createLog({ level: log.level, node });
  const metrics = createMetrics();
  const stats = new FiringStats();
  const owned = new Map<PartitionId, FencingToken>();
  const observe = (event: LutraEvent): void => {
    write(event);
    metrics.observe(event);
    stats.observe(event);
    if (event.event === 'partition.acquired') owned.set(event.partition, event.token);
    if (event.event === 'partition.released') owned.delete(event.partition);
  };
  return { observe, stats, owned, metricsText: metrics.text };
}
