/** How much memory of Redis a policy takes. */
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { plusMs } from '../../../src/base/clock.ts';
import type { Section } from '../report.ts';
import { rounded } from '../statistics.ts';
import { LEAN_HASHES, memoryOf, openBenchStore } from './bench-store.ts';
import type { ClusterContext } from './context.ts';
import { newGroups } from './groups.ts';
import { assertReadable, seed } from './seed.ts';

const DAY_MS = 86_400_000;
const SHAPES = [1, 10];
const ENCODINGS = [
  { name: 'sample settings', settings: LEAN_HASHES },
  { name: 'Redis’s own', settings: [] },
];

/** Bytes a policy, by the size of its group and the settings of Redis. */
export async function measureWeight(context: ClusterContext): Promise<Section> {
  const rows: Section['rows'][number][] = [];
  for (const policiesPerGroup of SHAPES) {
    for (const { name, settings } of ENCODINGS) {
      context.progress(`bytes a policy: groups of ${String(policiesPerGroup)}, ${name}`);
      const bytes = await weigh(context.extent.weighed, policiesPerGroup, settings);
      rows.push({
        policiesPerGroup,
        settings: name,
        policies: context.extent.weighed,
        bytesPerPolicy: rounded(bytes / context.extent.weighed),
      });
    }
  }
  return {
    name: 'weight',
    title: 'Memory of Redis for a policy',
    method: [
      'Growth of used_memory_dataset by the policies, divided by their number: their share of the group with its labels,',
      'launch configuration, state and one event of history, and of the lists and sorted sets that they are in. Sample',
      `settings: ${LEAN_HASHES.join(' ')}.`,
    ],
    columns: [
      { key: 'policiesPerGroup', title: 'per group' },
      { key: 'settings', title: 'hash settings' },
      { key: 'policies', title: 'policies' },
      { key: 'bytesPerPolicy', title: 'bytes a policy' },
    ],
    rows,
    verdicts: [],
  };
}

async function weigh(
  policyCount: number,
  policiesPerGroup: number,
  settings: readonly string[],
): Promise<number> {
  const bench = await openBenchStore({ fsync: 'off', settings });
  try {
    const before = await memoryOf(bench);
    const now = systemClock.now();
    const timing = { cron: '0 9 * * 1-5', plannedAt: plusMs(now, DAY_MS) };
    const plan = {
      ...{ port: bench.server.port, timingOf: () => timing, at: now },
      groups: newGroups(policyCount / policiesPerGroup, policiesPerGroup),
    };
    await seed(plan);
    const after = await memoryOf(bench);
    await assertReadable(bench.store, plan);
    return after - before;
  } finally {
    await bench.remove();
  }
}
