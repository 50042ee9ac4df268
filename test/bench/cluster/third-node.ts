/** A third node joins two: which partitions move, and whether the others notice. */
import type { Section } from '../report.ts';
import { rounded } from '../statistics.ts';
import type { ClusterContext } from './context.ts';
import { LAYOUT } from './groups.ts';
import type { Lab } from './lab.ts';

/** Adds the third node to two that have settled. */
export async function measureThirdNode(lab: Lab, context: ClusterContext): Promise<Section> {
  const third = lab.nodes[2];
  if (third === undefined) throw new Error('the lab has three nodes');
  context.progress('a third node joins two');
  await lab.settled();
  const before = await lab.owners();
  const startedAtMs = performance.now();
  await third.start();
  const answeredAtMs = performance.now();
  await lab.settled();
  const settledMs = performance.now() - answeredAtMs;
  const after = await lab.owners();
  const moved = [...after].filter(([partition, { node }]) => before.get(partition)?.node !== node);
  const keptTokens = [...after].filter(
    ([partition, { token }]) => before.get(partition)?.token.revision === token.revision,
  ).length;
  const elsewhere = moved.filter(([, { node }]) => node !== third.id).length;
  const [least, most] = [Math.floor(LAYOUT.count / 3), Math.ceil(LAYOUT.count / 3)];
  const isLeast = moved.length >= least && moved.length <= most && elsewhere === 0;
  return {
    name: 'third-node',
    title: 'A third node joins two',
    method: [
      'Whole nodes; owners by their keys in etcd before it started and when the loads were even again. Settled: from',
      'the moment at which its API answered; live partitions are not moved for the length of a session first.',
    ],
    columns: [
      { key: 'partitions', title: 'partitions' },
      { key: 'moved', title: 'moved to it' },
      { key: 'elsewhere', title: 'moved elsewhere' },
      { key: 'keptTokens', title: 'kept their token' },
      { key: 'startMs', title: 'start ms' },
      { key: 'settledMs', title: 'settled ms' },
    ],
    rows: [
      {
        partitions: LAYOUT.count,
        moved: moved.length - elsewhere,
        ...{ elsewhere, keptTokens },
        startMs: rounded(answeredAtMs - startedAtMs),
        settledMs: rounded(settledMs),
      },
    ],
    verdicts: [
      {
        promise: `no more partitions move than its share (${String(least)} or ${String(most)}), none elsewhere`,
        found: `${String(moved.length - elsewhere)}, ${String(elsewhere)} elsewhere`,
        isKept: isLeast,
      },
      {
        promise: 'all others keep their tokens',
        found: `${String(keptTokens)} of ${String(LAYOUT.count - moved.length)}`,
        isKept: keptTokens === LAYOUT.count - moved.length,
      },
    ],
  };
}
