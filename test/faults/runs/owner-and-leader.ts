import { setTimeout as sleep } from 'node:timers/promises';
import type { Sample } from '../latenesses.ts';
import type { Check } from '../verdict.ts';
import type { World } from '../world.ts';
import type { Run } from './run.ts';

/** One time. */
interface Loss {
  readonly killedAt: number;
  readonly deadAt: number;
  readonly partitions: ReadonlySet<string>;
}

/** Over what a lease may last by a new leader. */
const EXTRA_MS = 6_000;
/** Sessions are renewed more often than this: any phase of that may be met. */
const PHASE_MS = 2_000;

/** An owner and the leader of etcd die together: how long until successors claim. */
export const ownerAndLeader: Run = {
  about:
    'an owner and the leader of etcd are killed together: first claim by a successor ≤ TTL + 6 s',
  forMs: 400_000,
  times: 20,
  kinds: ['owner-and-leader'],
  play: async (world) => {
    const losses: Loss[] = [];
    for (let number = 1; number <= world.extent.times; number += 1) {
      losses.push(await killBoth(world, number));
    }
    return () => [judged(world, losses)];
  },
};

async function killBoth(world: World, number: number): Promise<Loss> {
  const { cluster, nemesis } = world;
  const limitMs = cluster.plan.ttlMs + EXTRA_MS;
  await world.untilBalanced();
  await sleep(world.fraction() * PHASE_MS);
  const node = world.any(cluster.nodes);
  const partitions = new Set((await node.owned()).keys());
  const leader = await cluster.etcd.leader();
  const killedAt = Date.now();
  nemesis.now = `${node.name} and ${leader.name} are dead`;
  await Promise.all([node.kill(), leader.kill()]);
  const deadAt = Date.now();
  await sleep(limitMs); // neither helps in the meantime
  await leader.start();
  node.start();
  const kind = 'owner-and-leader';
  await nemesis.finish(
    { ...{ kind, node: node.name, number }, atMs: killedAt - world.startedAt, forMs: limitMs },
    killedAt,
  );
  return { killedAt, deadAt, partitions };
}

function judged({ cluster, latenesses }: World, losses: readonly Loss[]): Check {
  const limitMs = cluster.plan.ttlMs + EXTRA_MS;
  const samples = latenesses.sorted();
  const firsts = losses.map((loss) => firstClaimsMs(loss, samples));
  const most = Math.max(0, ...firsts.flat());
  return {
    promise: `first claim of a successor at most ${limitMs} ms after owner and leader were killed`,
    found: `${losses.length} times, ${firsts.flat().length} partitions, ${most} ms at most`,
    isKept: firsts.every((times) => times.length > 0) && most <= limitMs,
  };
}

/** From the kill to the first claim in each of the node's partitions, in ms. */
function firstClaimsMs(
  { killedAt, deadAt, partitions }: Loss,
  samples: readonly Sample[],
): readonly number[] {
  const first = new Map<string, number>();
  for (const { partition, at } of samples) {
    if (at <= deadAt || !partitions.has(partition)) continue;
    first.set(partition, Math.min(at, first.get(partition) ?? Number.POSITIVE_INFINITY));
  }
  return [...first.values()].map((at) => at - killedAt);
}
