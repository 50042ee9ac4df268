import type { FencingToken, PartitionId } from '../../../src/domain/ids.ts';
import { partitionOf } from '../../../src/domain/partition/partition-of.ts';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import type { CommitId } from '../../../src/domain/ids.ts';
import type { Unit } from '../../../src/ports/store.ts';
import { storedOf } from '../accounts.ts';
import { LAYOUT } from '../cluster.ts';
import { metricOf } from '../metrics.ts';
import type { Check } from '../verdict.ts';
import type { World } from '../world.ts';
import type { Run } from './run.ts';

/** In TTLs. */
const PAUSE_MIN = 0.2;
const PAUSE_RANGE = 3.8;

/** Of so many that wake up, one is refused before it hears that its session is over. */
const TIMES_MIN = 20;

/** Nodes stand still, wake up and go on as if nothing had happened; and so does somebody with their tokens. */
export const staleOwners: Run = {
  about:
    'a node is stopped for 0.2 to 4 × TTL, 100 times: no stale token is accepted, each refusal is counted',
  forMs: 2_400_000,
  times: 100,
  kinds: ['node-paused'],
  play: async (world) => {
    const { cluster, extent, nemesis } = world;
    const tries = { refused: 0, accepted: [] as string[] };
    for (let number = 1; number <= extent.times; number += 1) {
      const node = world.any(cluster.nodes);
      const held = await node.owned();
      const forMs = Math.round((PAUSE_MIN + world.fraction() * PAUSE_RANGE) * cluster.plan.ttlMs);
      const atMs = Date.now() - world.startedAt;
      await nemesis.strike({ kind: 'node-paused', node: node.name, number, atMs, forMs });
      await tryAll(world, held, tries);
    }
    return async () => [
      {
        promise: 'no write under a stale token is accepted',
        found:
          tries.accepted.slice(0, 3).join(' | ') ||
          `${tries.refused} of ours were refused, none accepted`,
        isKept: tries.accepted.length === 0,
      },
      await countCheck(world),
    ];
  },
};

/** Writes under each token that somebody else's has taken the place of. */
async function tryAll(
  { cluster }: World,
  held: ReadonlyMap<string, FencingToken>,
  tries: { refused: number; readonly accepted: string[] },
): Promise<void> {
  const now = new Map<string, FencingToken>();
  for (const node of cluster.nodes) {
    for (const [partition, token] of await node.owned()) now.set(partition, token);
  }
  for (const [partition, token] of held) {
    const newest = now.get(partition);
    if (newest === undefined || newest.claimId === token.claimId) continue;
    const units = await unitsIn(cluster, partition);
    const answer = await cluster.store.commit(partition as PartitionId, token, units);
    if (answer.kind === 'fenced') tries.refused += 1;
    else tries.accepted.push(`${partition}: ${JSON.stringify(token)} was accepted`);
  }
}

/** A write that changes nothing but its group's version; none where the partition is empty. */
async function unitsIn(cluster: World['cluster'], partition: string): Promise<readonly Unit[]> {
  const seeded = cluster.groups.find(({ groupId }) => partitionOf(groupId, LAYOUT) === partition);
  if (seeded === undefined) return [];
  const { now } = await cluster.store.group(seeded.groupId);
  const { groupId, tenantId, version } = await storedOf(cluster.store, seeded);
  return [
    {
      ...{
        groupId,
        tenantId,
        expectVersion: version,
        decidedAt: now,
        set: {},
        remove: [],
        due: [],
      },
      commitId: systemRandom.uuid() as CommitId,
      ...{ divergence: 'keep', listing: 'keep', events: [] },
    },
  ];
}

/** What nodes were refused is in their logs; their metrics must say the same number. */
async function countCheck({ cluster, extent }: World): Promise<Check> {
  const counts = await Promise.all(
    cluster.nodes.map(async (node) => ({
      name: node.name,
      logged: node.saidSince('partition.fenced', node.startedAt).length,
      counted: await metricOf(await node.url(), 'lutra_fenced_writes_total'),
    })),
  );
  const total = counts.reduce((sum, { logged }) => sum + logged, 0);
  return {
    promise: 'each refusal of a node is logged and counted',
    found: `${total} refusals; ${counts.map(({ name, logged, counted }) => `${name} ${logged}/${counted}`).join(', ')}`,
    isKept:
      counts.every(({ logged, counted }) => logged === counted) &&
      (total > 0 || extent.times < TIMES_MIN),
  };
}
