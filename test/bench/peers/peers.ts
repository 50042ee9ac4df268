/** Lutra and its peers: one harness, one machine, one run, in turns. */
import type { BenchContext } from '../bench.ts';
import type { Section } from '../report.ts';
import { measureBursts } from './burst.ts';
import type { PeersContext } from './context.ts';
import { extentOf } from './extent.ts';
import { measureIdle } from './idle.ts';
import { installPeers } from './install.ts';
import { measureKilledWorkers } from './kill.ts';
import { openLab } from './lab.ts';
import { measureSteadyState } from './steady.ts';

const MEASURES: Readonly<Record<string, (context: PeersContext) => Promise<Section>>> = {
  burst: measureBursts,
  'steady-state': measureSteadyState,
  idle: measureIdle,
  kill: measureKilledWorkers,
};

/** The names of all sections, in the order in which they are measured. */
export const PEERS_PARTS: readonly string[] = Object.keys(MEASURES);

/** What `--quick` measures, where no sections are named: the others wait for minutes. */
const QUICK_PARTS: readonly string[] = ['burst'];

/** Measures everything, or what is wanted of it, a section at a time. */
export async function* peers(given: BenchContext): AsyncGenerator<Section> {
  await installPeers(given.progress);
  const lab = await openLab(given.folder, given.progress);
  try {
    const context: PeersContext = { ...given, lab, extent: extentOf(given) };
    given.progress('starting the servers');
    yield setUpOf(await lab.described(), lab.missing);
    const wanted = given.only ?? (given.isQuick ? QUICK_PARTS : PEERS_PARTS);
    for (const [name, measure] of Object.entries(MEASURES)) {
      if (wanted.includes(name)) yield await measure(context);
    }
  } finally {
    await lab.close();
  }
}

function setUpOf(lines: readonly string[], missing: readonly string[]): Section {
  return {
    ...{ name: 'set-up', title: 'Who is compared, and how each is set up' },
    method: [...lines, ...missing],
    ...{ columns: [], rows: [], verdicts: [] },
  };
}
