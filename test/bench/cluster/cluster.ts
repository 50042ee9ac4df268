/** A cluster on etcd and Redis: what it promises, measured in one run. */
import { systemClock } from '../../../src/adapters/system/clock.ts';
import type { NodeId } from '../../../src/domain/ids.ts';
import { createNodeEvents } from '../../../src/server/node-events.ts';
import type { BenchContext } from '../bench.ts';
import type { Section } from '../report.ts';
import { measureBurst } from './burst.ts';
import type { ClusterContext } from './context.ts';
import { extentOf } from './extent.ts';
import { storeFiring } from './firing.ts';
import type { FiringGroup } from './firing.ts';
import { measureFullHour } from './full-hour.ts';
import { measureKills } from './kills.ts';
import { openLab } from './lab.ts';
import type { Lab } from './lab.ts';
import { measureRestarts } from './restarts.ts';
import { measureSteadyState, storeMany } from './steady.ts';
import { measureStored } from './stored.ts';
import { measureThirdNode } from './third-node.ts';
import { measureWeight } from './weight.ts';

type Measure = (
  lab: Lab,
  groups: readonly FiringGroup[],
  context: ClusterContext,
) => Promise<Section>;

/** What needs no more than the loops of a node. */
const WITHOUT_NODES: Readonly<Record<string, (context: ClusterContext) => Promise<Section>>> = {
  burst: measureBurst,
  stored: measureStored,
  weight: measureWeight,
};
/** Whole nodes that have few policies, and begin with two nodes. */
const WITH_FEW: Readonly<Record<string, Measure>> = {
  'third-node': (lab, _, context) => measureThirdNode(lab, context),
  kills: measureKills,
  restarts: measureRestarts,
};
/** Whole nodes that have a great many. */
const WITH_MANY: Readonly<Record<string, Measure>> = {
  'steady-state': measureSteadyState,
  'full-hour': (lab, _, context) => measureFullHour(lab, context),
};

/** The names of all sections, in the order in which they are measured. */
export const CLUSTER_PARTS: readonly string[] = [WITHOUT_NODES, WITH_FEW, WITH_MANY].flatMap(
  (measures) => Object.keys(measures),
);

/** Measures everything, or what is wanted of it, a section at a time. */
export async function* cluster(given: BenchContext): AsyncGenerator<Section> {
  const { observe: reporting } = createNodeEvents({
    // What is tried again is counted here, and told by the figures.
    ...{ node: 'bench' as NodeId, version: 'bench', log: { level: 'error' } },
    clock: systemClock,
  });
  const context: ClusterContext = { ...given, reporting, extent: extentOf(given) };
  for (const measure of wanted(WITHOUT_NODES, given)) yield await measure(context);
  const [few, many] = [wanted(WITH_FEW, given), wanted(WITH_MANY, given)];
  if (few.length + many.length > 0) yield* measureNodes(context, { few, many });
}

/** Left out unless it is asked for, or everything is: it needs another minute. */
const LONG_PARTS: readonly string[] = ['full-hour'];

function wanted<Kind>(
  measures: Readonly<Record<string, Kind>>,
  { only, isFull, isQuick }: Pick<BenchContext, 'only' | 'isFull' | 'isQuick'>,
): readonly Kind[] {
  return Object.entries(measures)
    .filter(([name]) => only?.includes(name) ?? (isFull || isQuick || !LONG_PARTS.includes(name)))
    .map(([, measure]) => measure);
}

async function* measureNodes(
  context: ClusterContext,
  { few, many }: Readonly<Record<'few' | 'many', readonly Measure[]>>,
): AsyncGenerator<Section> {
  context.progress('whole nodes: starting etcd, Redis and two nodes');
  const lab = await openLab(context.folder);
  try {
    const groups = await storeFiring(lab.store, lab.receiver, context.extent.firingPolicies);
    await Promise.all(lab.nodes.slice(0, 2).map((node) => node.start()));
    for (const measure of few) yield await measure(lab, groups, context);
    if (many.length === 0) return;
    // Stored while no node is there to see half of it.
    await Promise.all(lab.running().map((node) => node.stop()));
    await storeMany(lab, context);
    await lab.startAll();
    for (const measure of many) yield await measure(lab, groups, context);
  } finally {
    await lab.close();
  }
}
