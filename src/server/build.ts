/**
 * The composition root: with the foundations beside it, the only place that knows which implementation is
 * behind a port.
 */
import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { systemRandom as random } from '../adapters/system/random.ts';
import { zonesVersion } from '../adapters/system/zones-version.ts';
import { createApp } from '../api/app.ts';
import { Guesses } from '../api/guesses.ts';
import { trustedProxies } from '../api/remote-address.ts';
import { listen } from '../api/server.ts';
import type { ListeningServer } from '../api/server.ts';
import { Streams } from '../api/streams.ts';
import { Turns } from '../base/turns.ts';
import { isWildcardHost } from '../config/addresses.ts';
import type { Config } from '../config/schema.ts';
import { markDivergent } from '../convergence/mark.ts';
import type { NodeId } from '../domain/ids.ts';
import { createScheduleCompiler } from '../domain/schedule/occurrences.ts';
import type { OwnershipEnd } from '../ownership/run.ts';
import type { Observe } from '../ports/observe.ts';
import { buildAccess } from './access.ts';
import type { NodeAccess } from './access.ts';
import { removeAddress, writeAddress } from './address-file.ts';
import { makeDataFolder } from './data-folder.ts';
import type { Foundation, FoundationDeps } from './foundation.ts';
import { Lifecycle } from './lifecycle.ts';
import { createNodeEvents } from './node-events.ts';
import { ownPartitions } from './node-ownership.ts';
import type { NodeParts } from './node-parts.ts';
import { clusterStatusOf, readinessOf, statusOf } from './node-status.ts';
import { buildProviders } from './providers.ts';

/** A node that runs in this process. */
export interface RunningNode {
  readonly url: string;
  /** Resolves when nothing of it runs any more. */
  stop(reason: string): Promise<void>;
  /** How the node ended. Rejects where it had to end because an invariant broke. */
  readonly ended: Promise<OwnershipEnd>;
}

/** What people's requests may take to finish when the node stops. */
const REQUEST_GRACE_MS = 5_000;
/** Compiled schedules that are kept; a few kilobytes each. */
const SCHEDULES_MAX = 10_000;
/** A term's signal is listened to by each of its passes; slots bound those, and Node warns at 11. */
const LISTENERS_MAX = 5_000;

/**
 * Starts a node. Rejects with `config-invalid` where a setting cannot be carried out on this machine, with
 * `store-foreign`, `store-unavailable`, `coordination-empty` or `coordination-unavailable` where what it is to
 * stand on cannot be used; nothing runs then.
 */
export async function startNode(config: Config, version: string): Promise<RunningNode> {
  setMaxListeners(LISTENERS_MAX);
  const node = `${config.node.name}-${random.hex(4)}` as NodeId; // one per process: a successor is another node
  const events = createNodeEvents({ node, version, log: config.log, clock });
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
  await makeDataFolder(config.dataFolder);
  const foundation = await openFoundation(config, { node, observe });
  const { store } = foundation;
  lifecycle.add('store', () => foundation.close());
  let isSuperseded = false;
  const providers = await buildProviders(config, {
    ...{ mode: foundation.mode, scope: store.identity, version, clock, random, observe },
    // What runs is the successor's then.
    stopsProcesses: () => config.providers.process.stopOnExit && !isSuperseded,
  });
  lifecycle.add('providers', async () => {
    await Promise.all([...providers.values()].map((provider) => provider.close()));
  });
  const occurrencesOf = createScheduleCompiler(SCHEDULES_MAX);
  const startedAt = clock.now();
  const presence = { membership: undefined, isOver: false };
  const parts: NodeParts = {
    ...{ ...given, foundation, presence, providers, occurrencesOf, startedAt },
    timeZones: zonesVersion,
  };
  const over = new AbortController();
  const access = await buildAccess(config.auth, {
    ...{ registry: foundation.tokens, clock, random, observe },
  });
  const keepingUp = access.keepUp(over.signal);
  lifecycle.add('access', async () => {
    over.abort();
    await keepingUp;
  });
  watchDrift(parts, over.signal);

  const url = { root: '' };
  let ownership: Promise<OwnershipEnd> | undefined = undefined;
  // Added before it runs, so that the API is closed before it: nobody's request finds a node without an owner.
  lifecycle.add('ownership', async () => {
    over.abort();
    await ownership?.catch(() => undefined); // told by `ended`
  });
  const server = await answerRequests({ ...parts, access }, url, lifecycle);
  url.root = config.api.urlRoot ?? server.url;
  await writeAddress(config.dataFolder, { url: server.url, pid: process.pid, node });
  lifecycle.add('address', () => removeAddress(config.dataFolder, node));
  ownership = ownPartitions(
    { ...parts, clock, random, observe },
    { address: memberAddress(server.url, config.api.host), signal: over.signal },
  ).then((end) => {
    isSuperseded = end.kind === 'superseded';
    return end;
  });

  const [first] = foundation.stores();
  observe({
    event: 'node.started',
    url: server.url,
    store: first?.kind ?? 'none',
    durability: first?.durability ?? 'none',
    timeZones: zonesVersion,
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

/** Answers until the node stops, which ends its streams first: they would go on for longer than requests may. */
async function answerRequests(
  parts: NodeParts & { readonly access: NodeAccess },
  url: { readonly root: string },
  lifecycle: Lifecycle,
): Promise<ListeningServer> {
  const { api, limits } = parts.config;
  const streams = new Streams(limits.streams);
  const app = createNodeApp({ ...parts, streams }, url);
  const server = await listen(app, { ...api, clock, random });
  lifecycle.add('api', () => {
    streams.close();
    return server.close(REQUEST_GRACE_MS);
  });
  return server;
}

/** Where other machines find the node: by the name of this one, where it listens on all of its addresses. */
function memberAddress(url: string, host: string): string {
  if (!isWildcardHost(host)) return url;
  const { port } = new URL(url);
  return `http://${hostname()}:${port}`;
}

/** Loaded on use: an embedded node starts faster without the clients of etcd and Redis, and needs less memory. */
async function openFoundation(config: Config, deps: FoundationDeps): Promise<Foundation> {
  return config.etcd.endpoints.length > 0
    ? (await import('./cluster.ts')).openCluster(config, deps)
    : (await import('./embedded.ts')).openEmbedded(config, deps);
}

function createNodeApp(
  parts: NodeParts & { readonly access: NodeAccess; readonly streams: Streams },
  url: { readonly root: string },
): ReturnType<typeof createApp> {
  const { config, events, foundation, providers, occurrencesOf, access, streams } = parts;
  const { limits } = config;
  const { store, coordination, region } = foundation;
  return createApp({
    scaling: {
      ...{ store, random, clock, turns: new Turns(), occurrencesOf, limits },
      calendars: foundation.calendars,
      observe: events.observe,
      homeRegion: region,
      isServed: (type) => providers.has(type),
      evictsOf: ({ type, args }) => providers.get(type)?.evicts?.(args) ?? 'none',
    },
    observe: events.observe,
    launchTypes: providers,
    catalogue: config.catalogue,
    rateLimiters: foundation.rateLimiters,
    guesses: new Guesses(foundation.rateLimiters),
    streams,
    limits,
    urlRoot: () => url.root,
    status: () => statusOf(parts),
    readiness: () => readinessOf(parts),
    cluster: () => clusterStatusOf(parts),
    requestDrain: (node) => coordination.requestDrain(node),
    metrics: events.metricsText,
    zonesVersion,
    ...{ credentials: access.credentials, tokens: access.tokens },
    trustedProxies: trustedProxies(config.api.trustedProxies),
  });
}

/** Has a group looked at as soon as its provider sees it change by itself. */
function watchDrift({ foundation, providers, events }: NodeParts, signal: AbortSignal): void {
  const { store } = foundation;
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
