/** A node of a simulated world: the real loops and use cases, on the world's clocks, network and servers. */
import { messageOf } from '../../../src/base/errors.ts';
import type { Random } from '../../../src/base/random.ts';
import { Turns } from '../../../src/base/turns.ts';
import type { NodeId } from '../../../src/domain/ids.ts';
import { groupIdInRegion } from '../../../src/domain/partition/partition-of.ts';
import type { createScheduleCompiler } from '../../../src/domain/schedule/occurrences.ts';
import { Fitness } from '../../../src/ownership/fitness.ts';
import type { Coordination } from '../../../src/ports/coordination.ts';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import type { ScalingDeps } from '../../../src/scaling/scaling-deps.ts';
import { ownPartitions } from '../../../src/server/node-ownership.ts';
import { RegionalStore } from '../../../src/server/regional-store.ts';
import { seededRandom } from '../../support/random.ts';
import type { Ambushes } from './ambush.ts';
import { EtcdCalendars } from './etcd-calendars.ts';
import { EtcdClient } from './etcd-client.ts';
import type { EtcdServer } from './etcd-server.ts';
import type { Network } from './network.ts';
import { MachineClock, SimProcess } from './process.ts';
import { FLEET } from './provider.ts';
import type { Fleet } from './provider.ts';
import type { WorldSettings } from './settings.ts';
import { StoreClient } from './store-client.ts';
import type { StoreServer } from './store-server.ts';
import type { TraceLog } from './trace-log.ts';
import type { VirtualTime } from './time.ts';

/** What all nodes of a world share. */
export interface NodeSurroundings {
  readonly time: VirtualTime;
  readonly log: TraceLog;
  readonly settings: WorldSettings;
  readonly network: Network;
  readonly ambushes: Ambushes;
  readonly etcd: EtcdServer;
  /** By name. */
  readonly stores: ReadonlyMap<string, StoreServer>;
  readonly fleet: Fleet;
  readonly occurrencesOf: ReturnType<typeof createScheduleCompiler>;
}

/** A process that runs. */
interface Running {
  readonly process: SimProcess;
  readonly scaling: ScalingDeps;
  readonly coordination: Coordination;
  /** Asks it to leave. */
  readonly stop: AbortController;
  readonly disconnect: () => void;
}

export class SimNode {
  readonly name: string;
  readonly region: string;
  readonly machine: MachineClock;
  readonly #around: NodeSurroundings;
  readonly #random: Random;
  #startCount = 0;
  #running: Running | undefined;

  constructor(
    place: { readonly name: string; readonly region: string; readonly skewMs: number },
    around: NodeSurroundings,
    random: Random,
  ) {
    this.name = place.name;
    this.region = place.region;
    this.#around = around;
    this.#random = random;
    this.machine = new MachineClock(around.time, place.skewMs);
  }

  /** The process that runs now. */
  get process(): SimProcess | undefined {
    return this.#running?.process;
  }

  /** What users' requests to this node are carried out with; undefined where nobody would answer them. */
  get scaling(): ScalingDeps | undefined {
    const running = this.#running;
    if (running === undefined || running.process.isFrozen || running.stop.signal.aborted) {
      return undefined;
    }
    return running.scaling;
  }

  /** Its connection to etcd. */
  get coordination(): Coordination | undefined {
    return this.#running?.coordination;
  }

  /** Starts a process, where none runs. */
  start(): void {
    if (this.#running !== undefined) return;
    const { time, log, settings } = this.#around;
    this.#startCount += 1;
    const process = new SimProcess(`${this.name}#${String(this.#startCount)}`, {
      time,
      machine: this.machine,
      sleepMaxMs: settings.timings.sleepMaxMs,
    });
    log.add({ kind: 'process.started', process: process.name });
    this.#running = this.#run(process, seededRandom(Math.floor(this.#random.fraction() * 2 ** 32)));
  }

  /** It is gone from one moment to the next. */
  kill(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#around.log.add({ kind: 'process.killed', process: running.process.name });
    this.#end(running);
  }

  /** Asks it to leave, as SIGTERM does; `onLeft` is called when it has. */
  leave(onLeft: () => void): void {
    const running = this.#running;
    if (running === undefined) return;
    running.stop.signal.addEventListener('abort', () => {
      this.#onLeft = onLeft;
    });
    this.#around.log.add({ kind: 'process.leaving', process: running.process.name });
    running.stop.abort();
  }

  freeze(): void {
    if (this.process === undefined || this.process.isFrozen) return;
    this.#around.log.add({ kind: 'process.frozen', process: this.process.name });
    this.process.freeze();
  }

  wake(): void {
    if (this.process?.isFrozen !== true) return;
    this.#around.log.add({ kind: 'process.woken', process: this.process.name });
    this.process.wake();
  }

  #onLeft: () => void = () => undefined;

  #end(running: Running): void {
    running.process.kill();
    running.disconnect();
    if (this.#running === running) this.#running = undefined;
  }

  #run(process: SimProcess, random: Random): Running {
    const { settings, network, etcd, stores, fleet, occurrencesOf, log } = this.#around;
    const { layout, timings, config, limits } = settings;
    const observe = this.#observer(process);
    const link = { process, node: this.name, network };
    const clients = [...stores.values()].map((server) => ({
      regions: layout.regions.filter((region) => settings.storeOf.get(region) === server.name),
      store: new StoreClient({ ...link, server, timeoutMs: timings.storeTimeoutMs }),
    }));
    const store = new RegionalStore({ identity: 'simulated', layout, shards: clients });
    const etcdLink = { ...link, server: etcd, timeoutMs: timings.etcdTimeoutMs };
    const coordination = new EtcdClient(etcdLink);
    const calendars = new EtcdCalendars(etcdLink);
    const fitness = new Fitness(
      { clock: process, observe },
      {
        ttlMs: timings.sessionTtlMs,
        clockDifferenceMaxMs: timings.clockDifferenceMaxMs,
        probes: clients.map(({ regions, store: client }) => ({
          regions,
          probe: async () => (await client.group(anyIdIn(regions, layout.regions))).now,
        })),
      },
    );
    const stop = new AbortController();
    const running: Running = {
      ...{ process, coordination, stop },
      scaling: {
        ...{ store, random, clock: process, observe, turns: new Turns(), occurrencesOf, limits },
        calendars,
        ...{ homeRegion: this.region, isServed: (type) => type === FLEET, evictsOf: () => 'none' },
      },
      disconnect: () => {
        for (const { store: client } of clients) client.disconnect();
        coordination.disconnect();
      },
    };
    ownPartitions(
      {
        ...{ node: process.name as NodeId, version: '1', clock: process, random, observe, config },
        ...{ presence: { membership: undefined, isOver: false }, occurrencesOf },
        timeZones: 'simulated',
        providers: new Map([[FLEET, fleet.connect(process)]]),
        foundation: {
          ...{ region: this.region, store, coordination, calendars },
          ownership: { whenSessionEnds: 'rejoin', handOverMax: config.ownership.handOverMax },
          holdMs: (region) => fitness.holdMs(region),
          sweepDelayMs: timings.sweepDelayMs,
          mendLists: () => Promise.resolve(),
          accompany: (membership, signal) =>
            fitness.run((unfitFor) => membership.publish({ unfitFor }), signal),
        },
      },
      { address: this.name, signal: stop.signal },
    ).then(
      () => {
        log.add({ kind: 'process.stopped', process: process.name });
        this.#end(running);
        this.#onLeft();
      },
      (error: unknown) => {
        log.add({ kind: 'process.broke', process: process.name, reason: messageOf(error) });
        this.#end(running);
      },
    );
    return running;
  }

  #observer(process: SimProcess): (event: LutraEvent) => void {
    const { log } = this.#around;
    return (event) => {
      const text = told(event);
      if (text !== undefined) log.add({ kind: 'process.told', process: process.name, text });
    };
  }
}

/** Reads a group that is not there: that is answered with the store's time. */
function anyIdIn(
  regions: readonly string[],
  all: readonly string[],
): ReturnType<typeof groupIdInRegion> {
  return groupIdInRegion('00000000-0000-4000-8000-000000000000', all.indexOf(regions[0] ?? ''));
}

/** What a reader of the trace wants to know; the rest can be seen at the servers. */
const TOLD: ReadonlySet<LutraEvent['event']> = new Set([
  'loop.failed',
  'node.unfit',
  'node.fit',
  'node.drained',
  'partition.acquired',
  'partition.released',
  'partition.fenced',
  'ownership.doubtful',
  'ownership.certain',
  'group.lock-lost',
  'group.record-malformed',
  'policy.rearmed',
] as const);

function told(event: LutraEvent): string | undefined {
  if (!TOLD.has(event.event)) return undefined;
  if (event.event !== 'loop.failed') return JSON.stringify(event);
  return `${event.event} ${event.loop} ${event.partition ?? ''}: ${messageOf(event.err)}`;
}
