import { FiringStats } from '../adapters/observe/firing-stats.ts';
import { createLog } from '../adapters/observe/log.ts';
import { createMetrics } from '../adapters/observe/metrics.ts';
import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/schema.ts';
import type { NodeId } from '../domain/ids.ts';
import type { LutraEvent, Observe } from '../ports/observe.ts';
import { NodeStanding } from './node-standing.ts';

/** Everything that is made of a node's events. */
export interface NodeEvents {
  readonly observe: Observe;
  readonly stats: FiringStats;
  readonly standing: NodeStanding;
  readonly metricsText: () => Promise<string>;
}

/** Sends each event to the log, the metrics and the figures of `lutra status`. */
export function createNodeEvents({
  node,
  version,
  log,
  clock,
}: {
  readonly node: NodeId;
  readonly version: string;
  readonly log: Config['log'];
  readonly clock: Pick<Clock, 'now'>;
}): NodeEvents {
  const write = createLog({ level: log.level, node });
  const metrics = createMetrics({ version });
  const stats = new FiringStats();
  const standing = new NodeStanding(clock);
  const observe = (event: LutraEvent): void => {
    write(event);
    metrics.observe(event);
    stats.observe(event);
    standing.observe(event);
  };
  return { observe, stats, standing, metricsText: metrics.text };
}
