/** One simulated world from its beginning to its end. */
import { createScheduleCompiler } from '../../../src/domain/schedule/occurrences.ts';
import { seededRandom } from '../../support/random.ts';
import type { FinalGroup, TracedEvent, TraceEntry } from '../trace.ts';
import { Ambushes } from './ambush.ts';
import { CalendarKeepers, keepersRandom } from './calendar-keepers.ts';
import { EtcdServer } from './etcd-server.ts';
import { Nemesis } from './nemesis.ts';
import { Network } from './network.ts';
import { plannersRandom, startsAtOf } from './nights.ts';
import { SimNode } from './node.ts';
import type { NodeSurroundings } from './node.ts';
import { Operators } from './operators.ts';
import { drawPlan } from './plan.ts';
import type { PlannedFault } from './plan.ts';
import { Planners } from './planners.ts';
import { MachineClock } from './process.ts';
import { Fleet } from './provider.ts';
import { Requests } from './requests.ts';
import { CALM_FROM_MS, drawSettings, partitionsOf, WORLD_LASTS_MS } from './settings.ts';
import type { WorldSettings } from './settings.ts';
import { StoreServer } from './store-server.ts';
import { TraceLog } from './trace-log.ts';
import { StuckError, VirtualTime } from './time.ts';
import { Users } from './users.ts';

/** Machines' clocks differ by less than the bound. */
const SKEW_MAX_MS = 400;
/** Compiling is the same in every world. */
const occurrencesOf = createScheduleCompiler(10_000);

/** A world that is drawn and has not begun. */
export interface DrawnWorld {
  readonly settings: WorldSettings;
  readonly plan: readonly PlannedFault[];
}

/** Draws a world from its seed. */
export function drawWorld(seed: number): DrawnWorld {
  const settings = drawSettings(seed, seededRandom(seed * 8));
  return { settings, plan: drawPlan(settings, seededRandom(seed * 8 + 1)) };
}

/** Lets a world happen, with these faults. Equal arguments give equal traces. */
export async function runWorld({ settings, plan }: DrawnWorld): Promise<readonly TraceEntry[]> {
  const { seed, timings } = settings;
  const startsAt = startsAtOf(seed);
  const time = new VirtualTime(startsAt);
  const log = new TraceLog(time);
  log.add({
    ...{ kind: 'world.began', seed, timings, regions: settings.layout.regions },
    storeOf: Object.fromEntries(settings.storeOf),
    ...{ partitions: partitionsOf(settings), nodes: settings.nodes },
  });
  const { around, nodes } = makeParts(settings, time, log);
  for (const node of nodes) node.start();
  const people = { nodes, requests: new Requests(around) };
  new Users(around, people, seededRandom(seed * 8 + 3)).begin(CALM_FROM_MS);
  new Planners(around, people, plannersRandom(seed)).begin(CALM_FROM_MS);
  new CalendarKeepers(around, people, { random: keepersRandom(seed), seed }).begin(CALM_FROM_MS);
  new Operators(around, nodes, seededRandom(seed * 8 + 6)).begin(CALM_FROM_MS);
  new Nemesis(around, nodes).begin(plan);
  time.after(CALM_FROM_MS, () => {
    for (const node of nodes) node.start();
    log.add({ kind: 'world.calmed' });
  });
  try {
    await time.runUntil(startsAt + WORLD_LASTS_MS);
    log.addStrikes();
    addEnd(log, around, nodes);
  } catch (error) {
    if (!(error instanceof StuckError)) throw error;
    log.add({ kind: 'world.stuck', reason: error.message });
  }
  for (const node of nodes) node.kill();
  return log.entries;
}

function makeParts(
  settings: WorldSettings,
  time: VirtualTime,
  log: TraceLog,
): { readonly around: NodeSurroundings; readonly nodes: readonly SimNode[] } {
  const { seed, timings, layout } = settings;
  const random = seededRandom(seed * 8 + 2);
  const skewMs = (): number => Math.round((random.fraction() * 2 - 1) * SKEW_MAX_MS);
  const ambushes = new Ambushes();
  const around: NodeSurroundings = {
    ...{ time, log, settings, occurrencesOf, ambushes },
    network: new Network({
      ...{ time, ambushes, onStrike: log.strike, random: seededRandom(seed * 8 + 4) },
      maxMs: timings.networkMaxMs,
    }),
    etcd: new EtcdServer({
      ...{ time, log, ttlMs: timings.sessionTtlMs, graceMs: timings.regionGraceMs },
    }),
    stores: new Map(
      [...new Set(settings.storeOf.values())].map((name) => {
        const clock = new MachineClock(time, skewMs());
        return [name, new StoreServer({ name, identity: 'simulated', layout, clock, log })];
      }),
    ),
    fleet: new Fleet({
      ...{ time, log, ambushes, onStrike: log.strike, random: seededRandom(seed * 8 + 5) },
      ...{ maxMs: timings.providerMaxMs, timeoutMs: timings.providerTimeoutMs },
      carryOutMaxMs: settings.carryOutMaxMs,
    }),
  };
  const nodes = settings.nodes.map(
    ({ node: name, region }) => new SimNode({ name, region, skewMs: skewMs() }, around, random),
  );
  return { around, nodes };
}

function addEnd(log: TraceLog, around: NodeSurroundings, nodes: readonly SimNode[]): void {
  const stores = [...around.stores.values()];
  log.add({
    kind: 'world.ended',
    groups: stores.flatMap(finalGroups),
    actual: Object.fromEntries(around.fleet.actual),
    running: nodes.flatMap(({ process }) => (process === undefined ? [] : [process.name])),
    owners: Object.fromEntries(around.etcd.owners()),
    clocks: Object.fromEntries(stores.map((server) => [server.name, server.now()])),
  });
}

function finalGroups(server: StoreServer): readonly FinalGroup[] {
  return [...server.groups.values()].map((group) => ({
    ...{ store: server.name, partition: group.partition, groupId: group.groupId },
    ...{ fields: Object.fromEntries(group.fields), due: Object.fromEntries(group.due) },
    ...{ isDivergent: group.divergentAt !== undefined, generation: group.generation },
    isListed: group.isListed,
    events: group.events.map(({ sequence, at, body }) => ({
      ...{ sequence, at, event: JSON.parse(body) as TracedEvent }, // written by the store
    })),
  }));
}
