import { planStrikes } from '../schedule.ts';
import type { FaultKind } from '../kinds.ts';
import type { Check } from '../verdict.ts';
import type { World } from '../world.ts';

/** One run: what strikes, and what is asked beside what every run is asked. */
export interface Run {
  readonly about: string;
  /** How long it strikes, or at the least is planned for, unless told otherwise. */
  readonly forMs: number;
  /** How often it strikes, where that is what counts. */
  readonly times?: number;
  /** The faults that it strikes with; undefined: those that are asked for. */
  readonly kinds?: readonly FaultKind[];
  /** Whether the store has a replica. */
  readonly hasReplica?: boolean;
  /** Strikes. Answers what judges the run when all histories have been read. */
  readonly play: (world: World) => Promise<() => readonly Check[] | Promise<readonly Check[]>>;
}

/** Strikes as planned until the time is over. Where recovery takes longer than planned, the last are left out. */
export async function playSchedule(
  world: World,
  options: { readonly everyMs?: number; readonly spared?: string } = {},
): Promise<void> {
  const { cluster, extent, nemesis } = world;
  const { seed, forMs, kinds } = extent;
  const clockNode = cluster.names.at(-1) ?? '';
  const strikes = planStrikes({
    ...{ seed, forMs, kinds, clockNode, nodes: cluster.names, ttlMs: cluster.plan.ttlMs },
    ...options,
  });
  for (const strike of strikes) {
    await world.until(world.startedAt + strike.atMs);
    if (Date.now() + strike.forMs > world.endsAt) break;
    await nemesis.strike(strike);
  }
  await world.until(world.endsAt);
}
