/**
 * The composition root: the only place that knows which implementation is behind a port.
 */
import { setMaxListeners } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SqliteCoordination } from '../adapters/sqlite/coordination.ts';
import { createOrOpen } from '../adapters/sqlite/file.ts';
import type { StoreFile } from '../adapters/sqlite/file.ts';
import { SqliteStore } from '../adapters/sqlite/store.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { systemRandom as random } from '../adapters/system/random.ts';
import { createApp } from '../api/app.ts';
import { listen } from '../api/server.ts';
import { LutraError, messageOf } from '../base/errors.ts';
import { Turns } from '../base/turns.ts';
import type { Config } from '../config/schema.ts';
import { markDivergent } from '../convergence/mark.ts';
import { Slots } from '../convergence/slots.ts';
import type { NodeId } from '../domain/ids.ts';
import { allPartitions } from '../domain/partition/partition-of.ts';
import { createScheduleCompiler } from '../domain/schedule/occurrences.ts';
import { runOwnership } from '../ownership/run.ts';
import type { OwnershipEnd } from '../ownership/run.ts';
import type { Observe } from '../ports/observe.ts';
import type { CapacityProvider } from '../ports/provider.ts';
import type { NodeStatus } from '../ports/status.ts';
import type { Store } from '../ports/store.ts';
import { ClockGuard } from '../scheduler/clock-guard.ts';
import { removeAddress, writeAddress } from './address-file.ts';
import { Lifecycle } from './lifecycle.ts';
import { createNodeEvents } from './node-events.ts';
import type { NodeEvents } from './node-events.ts';
import { buildProviders } from './providers.ts';
import { serveTerm } from './serve-term.ts';
import type { ServeDeps } from './serve-term.ts';

/** A node that runs in this process. */
export interface RunningNode {
  readonly url: string;
  /** Resolves when nothing of it runs any more. */
  stop(reason: string): Promise<void>;
  /** How the node ended. Rejects where it had to end because an invariant broke. */
  readonly ended: Promise<OwnershipEnd>;
}

/** The one region of an embedded node. */
const REGION = 'local';
/** What people's requests may take to finish when the node stops. */
const REQUEST_GRACE_MS = 5_000;
/** Compiled schedules that are kept; a few kilobytes each. */
const SCHEDULES_MAX = 10_000;
/** A term's signal is listened to by each of its passes; slots bound those, and Node warns at 11. */
const LISTENERS_MAX = 5_000;
const DURABILITY =
  'SQLite, write-ahead log, synchronous FULL: an acknowledged write survives a crash of the process and of the machine';

/** Everything that the parts of one node share. */
interface NodeParts {
  readonly config: Config;
  readonly version: string;
  readonly node: NodeId;
  readonly events: NodeEvents;
  readonly store: Store;
  readonly providers: ReadonlyMap<string, CapacityProvider>;
  readonly occurrencesOf: ReturnType<typeof createScheduleCompiler>;
}

/**
 * Starts an embedded node. Rejects with `config-invalid` where a setting cannot be carried out on this
 * machine, and with `store-foreign` or `store-unavailable` where the data folder cannot be used; nothing
 * runs then.
 */
export async function startNode(config: Config, version: string): Promise<RunningNode> {
  setMaxListeners(LISTENERS_MAX);
  const node = `${config.node.name}-${random.hex(4)}` as NodeId; // one per process: a successor is another node
  const events = createNodeEvents(node, config.log);
  const lifecycle = new Lifecycle(clock, events.observe);
  try {
    return await startParts({ config, version, node, events }, lifecycle);
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

async function startParts(
  given: Pick<NodeParts, 'config' | 'version' | 'node' | 'events'>,
  lifecycle: Lifecycle,
): Promise<RunningNode> {
  const { config, version, node, events } = given;
  const { observe } = events;
  const file = await openStore(config);
  const store = new SqliteStore(file, clock);
  lifecycle.add('store', () => store.close());
  const scope = store.identity;
  let isSuperseded = false;
  const providers = await buildProviders(config, {
    ...{ scope, version, clock, random, observe },
    // What runs is the successor's then.
    stopsProcesses: () => config.providers.process.stopOnExit && !isSuperseded,
  });
  lifecycle.add('providers', async () => {
    await Promise.all([...providers.values()].map((provider) => provider.close()));
  });
  const occurrencesOf = createScheduleCompiler(SCHEDULES_MAX);
  const parts: NodeParts = { ...given, store, providers, occurrencesOf };
  const over = new AbortController();
  watchDrift(parts, over.signal);

  const url = { root: '' };
  let ownership: Promise<OwnershipEnd> | undefined = undefined;
  // Added before it runs, so that the API is closed before it: nobody's request finds a node without an owner.
  lifecycle.add('ownership', async () => {
    over.abort();
    await ownership?.catch(() => undefined); // told by `ended`
  });
  const server = await listen(createNodeApp(parts, url), { ...config.api, clock });
  lifecycle.add('api', () => server.close(REQUEST_GRACE_MS));
  url.root = config.api.urlRoot ?? server.url;
  await writeAddress(config.dataFolder, { url: server.url, pid: process.pid, node });
  lifecycle.add('address', () => removeAddress(config.dataFolder, node));
  ownership = startOwnership(parts, { file, address: server.url, signal: over.signal }).then(
    (end) => {
      isSuperseded = end.kind === 'superseded';
      return end;
    },
  );

  observe({
    event: 'node.started',
    url: server.url,
    store: 'sqlite',
    durability: DURABILITY,
  });
  return {
    url: server.url,
    stop: async (reason) => {
      observe({ event: 'node.stopping', reason });
      await lifecycle.stop();
      observe({ event: 'node.stopped' });
    },
    // Whatever ended the ownership, no other part outlives it.
    ended: ownership.finally(() => lifecycle.stop()),
  };
}

async function openStore(config: Config): Promise<StoreFile> {
  const { dataFolder } = config;
  try {
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const message = `the data folder ${dataFolder} cannot be made: ${messageOf(cause)}`;
    throw new LutraError('config-invalid', message, { cause });
  }
  const layout = { regions: [REGION], count: config.store.partitionCount };
  return createOrOpen({ path: join(dataFolder, 'lutra.db'), layout, random });
}

function createNodeApp(
  parts: NodeParts,
  url: { readonly root: string },
): ReturnType<typeof createApp> {
  const { config, events, store, providers, occurrencesOf } = parts;
  const { limits } = config;
  const startedAt = clock.now();
  return createApp({
    scaling: {
      ...{ store, random, clock, turns: new Turns(), occurrencesOf, limits },
      isServed: (type) => providers.has(type),
    },
    observe: events.observe,
    launchTypes: providers,
    limits,
    urlRoot: () => url.root,
    status: () => statusOf(parts, startedAt),
    metrics: events.metricsText,
  });
}

function statusOf(parts: NodeParts, startedAt: NodeStatus['startedAt']): NodeStatus {
  const { node, version, store, events } = parts;
  return {
    node,
    version,
    startedAt,
    store: { kind: 'sqlite', identity: store.identity, durability: DURABILITY },
    partitions: allPartitions(store.layout).map((partition) => ({
      partition,
      token: events.owned.get(partition),
    })),
    ...events.stats.read(),
  };
}

function startOwnership(
  parts: NodeParts,
  at: { readonly file: StoreFile; readonly address: string; readonly signal: AbortSignal },
): Promise<OwnershipEnd> {
  const { config, version, node, events, store, providers, occurrencesOf } = parts;
  const { observe } = events;
  const guard = new ClockGuard(clock, observe);
  const { converger } = config;
  const deps: ServeDeps = {
    ...{ store, clock, random, observe, occurrencesOf, providers },
    holdMs: () => guard.holdMs(),
    slots: new Slots({
      perProvider: converger.concurrencyPerProvider,
      perTenant: converger.concurrencyPerTenant,
    }),
  };
  const settings = {
    scheduler: config.scheduler,
    converger: {
      ...converger,
      backoff: { firstMs: converger.backoffFirstMs, maxMs: converger.backoffMaxMs },
    },
  };
  return runOwnership(
    { coordination: new SqliteCoordination(at.file), store, random, clock, observe },
    {
      member: {
        ...{ node, region: REGION, address: at.address, version },
        ...{ isDraining: false, unfitFor: [] },
      },
      // There is one seat: only another process on the same folder can have taken it.
      whenSessionEnds: 'leave',
      handOverMax: 1,
      readIntervalMs: config.ownership.readIntervalMs,
    },
    { serve: (term) => serveTerm(term, deps, settings), signal: at.signal },
  );
}

/** Has a group looked at as soon as its provider sees it change by itself. */
function watchDrift(parts: NodeParts, signal: AbortSignal): void {
  const { store, providers, events } = parts;
  for (const provider of providers.values()) {
    provider.watchDrift((groupId) => {
      events.observe({ event: 'group.drifted', groupId });
      markDivergent({ store, clock, random }, groupId, signal).catch(markFailed(events.observe));
    });
  }
}

/** A mark that could not be made costs the time until the next sweep, which makes it. */
function markFailed(observe: Observe): (error: unknown) => void {
  return (error) => {
    observe({ event: 'loop.failed', loop: 'drift', err: error, retryInMs: 0 });
  };
}
