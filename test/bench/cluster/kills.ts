/** Nodes are killed: how long until a successor claims. */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import type { PartitionId } from '../../../src/domain/ids.ts';
import type { Section } from '../report.ts';
import { percentilesOf, rounded } from '../statistics.ts';
import type { ClusterContext } from './context.ts';
import { accountFor } from './firing.ts';
import type { Accounts, FiringGroup } from './firing.ts';
import { TTL_MS, until } from './lab.ts';
import type { Lab } from './lab.ts';
import type { BenchNode } from './node.ts';

const LIMIT_MS = TTL_MS + 500;
/** Sessions are renewed more often than this: any phase of that may be met. */
const PHASE_MS = 2_000;
/** After the keys have new holders: for the first claims of all. */
const CLAIMS_MS = 500;

/** One kill, and what the node owned. */
interface Kill {
  readonly killedAt: number;
  readonly deadAt: number;
  readonly partitions: ReadonlySet<PartitionId>;
}

/** Kills one node after the other; each is started again when others have taken over. */
export async function measureKills(
  lab: Lab,
  groups: readonly FiringGroup[],
  context: ClusterContext,
): Promise<Section> {
  const { kills: count } = context.extent;
  const kills: Kill[] = [];
  await lab.startAll();
  for (let number = 1; number <= count; number += 1) {
    context.progress(`kill ${String(number)} of ${String(count)}`);
    kills.push(await killOne(lab, number));
  }
  const accounts = await accountFor(lab.store, groups);
  const firstClaims = kills.flatMap((kill) => firstClaimsMs(kill, accounts));
  return sectionOf(kills, firstClaims, accounts);
}

async function killOne(lab: Lab, number: number): Promise<Kill> {
  await lab.owned();
  await sleep(systemRandom.fraction() * PHASE_MS);
  const owners = await lab.owners();
  const victim = victimOf(
    lab.running(),
    [...owners.values()].map(({ node }) => node),
    number,
  );
  const partitions = new Set(
    [...owners].filter(([, { node }]) => node === victim.id).map(([partition]) => partition),
  );
  const victimId = victim.id;
  const { killedAt, deadAt } = await victim.kill();
  await until('others take over', async () => {
    const now = await lab.owners();
    return [...partitions].every((partition) => {
      const owner = now.get(partition);
      return owner !== undefined && owner.node !== victimId;
    });
  });
  await sleep(CLAIMS_MS);
  await victim.start();
  return { killedAt, deadAt, partitions };
}

/** In turns, but never one that owns nothing. */
function victimOf(
  running: readonly BenchNode[],
  owners: readonly string[],
  number: number,
): BenchNode {
  const candidates = running.filter(({ id }) => owners.includes(id));
  const victim = candidates[number % candidates.length];
  if (victim === undefined) throw new Error('no node owns anything');
  return victim;
}

/** From the kill to the first claim in each of its partitions, in ms. */
function firstClaimsMs(
  { killedAt, deadAt, partitions }: Kill,
  { claims }: Accounts,
): readonly number[] {
  const first = new Map<PartitionId, number>();
  for (const { partition, at } of claims) {
    if (at <= deadAt || !partitions.has(partition)) continue;
    first.set(partition, Math.min(at, first.get(partition) ?? Number.POSITIVE_INFINITY));
  }
  return [...first.values()].map((at) => at - killedAt);
}

function sectionOf(
  kills: readonly Kill[],
  firstClaims: readonly number[],
  { claims, lostCount, doubledCount }: Accounts,
): Section {
  const { p50, p99, max } = percentilesOf(firstClaims);
  return {
    name: 'kills',
    title: 'An owner is killed',
    method: [
      'SIGKILL at a random phase of the session; each node is started again when others have taken over. First claim:',
      'from the signal to the first claim in each partition that the node owned, by the store’s clock. Lost and doubled:',
      'by the whole histories, against a calendar of their own.',
    ],
    columns: [
      { key: 'kills', title: 'kills' },
      { key: 'partitions', title: 'partitions' },
      { key: 'p50Ms', title: 'first claim p50 ms' },
      { key: 'p99Ms', title: 'p99' },
      { key: 'maxMs', title: 'max' },
      { key: 'claims', title: 'claims so far' },
      { key: 'lost', title: 'lost' },
      { key: 'doubled', title: 'doubled' },
    ],
    rows: [
      {
        kills: kills.length,
        partitions: firstClaims.length,
        ...{ p50Ms: p50, p99Ms: rounded(p99), maxMs: max },
        claims: claims.length,
        ...{ lost: lostCount, doubled: doubledCount },
      },
    ],
    verdicts: [
      {
        promise: `first claim at p99 at most ${String(LIMIT_MS)} ms after the kill`,
        found: `${String(p99)} ms`,
        isKept: p99 <= LIMIT_MS,
      },
      {
        promise: 'nothing lost, nothing doubled',
        found: `${String(lostCount)}, ${String(doubledCount)}`,
        isKept: lostCount === 0 && doubledCount === 0,
      },
    ],
  };
}
