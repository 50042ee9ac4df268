/** One machine on SQLite: what an embedded node promises, measured in one run. */
import { systemClock } from '../../../src/adapters/system/clock.ts';
import type { NodeId } from '../../../src/domain/ids.ts';
import { createNodeEvents } from '../../../src/server/node-events.ts';
import type { BenchContext } from '../bench.ts';
import type { Section } from '../report.ts';
import { measureBursts } from './burst.ts';
import { measureOccurrences } from './occurrences.ts';
import { measureSteadyState } from './steady.ts';
import { measureStored } from './stored.ts';

/** Measures everything, a section at a time. */
export async function* embedded(given: BenchContext): AsyncGenerator<Section> {
  const { observe: reporting } = createNodeEvents({
    ...{ node: 'bench' as NodeId, version: 'bench', log: { level: 'info' }, clock: systemClock },
  });
  const context = { ...given, reporting };
  yield await measureBursts(context);
  yield await measureSteadyState(context);
  yield await measureStored(context);
  yield measureOccurrences(context);
}
