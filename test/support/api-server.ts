/** A node's API over real HTTP, on a store in memory or in a file. */
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryState } from '../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import { createOrOpen } from '../../src/adapters/sqlite/file.ts';
import type { StoreFile } from '../../src/adapters/sqlite/file.ts';
import { SqliteStore } from '../../src/adapters/sqlite/store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { createApp, routesOf } from '../../src/api/app.ts';
import type { AppDeps } from '../../src/api/app.ts';
import type { LaunchTypes } from '../../src/api/launch-schemas.ts';
import type { Route } from '../../src/api/routes/route.ts';
import { Guesses } from '../../src/api/guesses.ts';
import { trustedProxies } from '../../src/api/remote-address.ts';
import { listen } from '../../src/api/server.ts';
import type { ListeningServer } from '../../src/api/server.ts';
import { Streams } from '../../src/api/streams.ts';
import type { StreamLimits } from '../../src/api/streams.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import { encodeField } from '../../src/domain/group/fields.ts';
import type { Observation, ScalingState } from '../../src/domain/group/group.ts';
import type { GroupId } from '../../src/domain/ids.ts';
import type { PartitionLayout } from '../../src/domain/partition/partition-of.ts';
import type { ArgsProblem } from '../../src/ports/provider.ts';
import type { LutraEvent } from '../../src/ports/observe.ts';
import type { Store } from '../../src/ports/store.ts';
import { START } from './builders.ts';
import { exchangeCheck } from './described-replies.ts';
import { FakeClock } from './fake-clock.ts';
import { CLUSTER, STATUS } from './node-facts.ts';
import { aScaling, commitDirectly, groupOf, LIMITS } from './scaling.ts';

/** One kind of store to serve. */
export interface StoreKind {
  readonly name: string;
  open(
    clock: Clock,
    layout: PartitionLayout,
  ): Promise<{ readonly store: Store; close(): Promise<void> }>;
}

const inMemory: StoreKind = {
  name: 'memory',
  open: (clock, layout) => {
    const store = new MemoryStore(createMemoryState({ identity: 'test', layout }), clock);
    return Promise.resolve({ store, close: () => store.close() });
  },
};

const inFile: StoreKind = {
  name: 'SQLite',
  open: async (clock, layout) => {
    const folder = await mkdtemp(join(tmpdir(), 'lutra-api-'));
    const path = join(folder, 'store.db');
    const file = await createOrOpen({ path, layout, random: systemRandom });
    // A disk takes its own time, of which the clocks of tests know nothing.
    const db = Object.create(file.db, {
      syncLog: { value: () => Promise.resolve() },
    }) as StoreFile['db'];
    const store = new SqliteStore({ ...file, db }, clock);
    return {
      store,
      close: async () => {
        await store.close();
        await rm(folder, { recursive: true });
      },
    };
  },
};

export const STORE_KINDS: readonly StoreKind[] = [inMemory, inFile];

/** The check of a launch type that wants `command` to be a list. */
function checkCommand(args: { readonly [key: string]: unknown }): readonly ArgsProblem[] {
  if (!Array.isArray(args['command'])) return [{ path: 'command', message: 'must be a list' }];
  return args['command'].flatMap((word: unknown, index) =>
    typeof word === 'string'
      ? []
      : [{ path: `command[${String(index)}]`, message: 'must be a string' }],
  );
}

const LAUNCH_TYPES: LaunchTypes = new Map([['process', { check: checkCommand }]]);
/** Holds an exchange with such a server against the API's document; throws where that says otherwise. */
export const checkExchange = exchangeCheck(LAUNCH_TYPES);

export interface ApiFixture extends Pick<ListeningServer, 'close'> {
  readonly url: string;
  readonly store: Store;
  /** Every route of the application. */
  readonly routes: readonly Route[];
  /** What was observed, in order. */
  readonly events: readonly LutraEvent[];
  /** Sends one request and reads the whole reply. Rejects where the document says that there is no such reply. */
  call(
    method: string,
    path: string,
    options?: {
      /** Sent as JSON, or as it is where it is a text or bytes. */
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<HttpReply>;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined where there is none. */
  readonly body: unknown;
}

export interface ApiOptions {
  readonly kind?: StoreKind;
  /** One region unless given: replies name regions only where there are several. */
  readonly layout?: PartitionLayout;
  /** Stands still at START unless given. */
  readonly clock?: Clock;
  /** Makes ids and capabilities; that of the system unless given. */
  readonly random?: Random;
  readonly limits?: AppDeps['scaling']['limits'];
  /** Nothing is listed, so that nothing is checked, unless given. */
  readonly catalogue?: AppDeps['catalogue'];
  /** Nothing is counted unless given. */
  readonly rateLimiters?: AppDeps['rateLimiters'];
  /** A hundred unless given. */
  readonly streams?: StreamLimits;
  readonly bodyMaxBytes?: number;
  readonly pageMax?: number;
  readonly urlRoot?: string;
  /** Puts something around the store. */
  readonly wrap?: (store: Store) => Store;
  readonly metrics?: AppDeps['metrics'];
  readonly status?: AppDeps['status'];
  readonly readiness?: AppDeps['readiness'];
  readonly cluster?: AppDeps['cluster'];
  readonly requestDrain?: AppDeps['requestDrain'];
  /** Nobody is asked who they are, unless given. */
  readonly credentials?: AppDeps['credentials'];
  readonly tokens?: AppDeps['tokens'];
  /** None unless given. */
  readonly trustedProxies?: readonly string[];
}

const DEFAULTS = {
  kind: inMemory,
  layout: { regions: ['here'], count: 2 },
  limits: LIMITS,
  catalogue: { images: [], flavors: [], personality: { maxFiles: 0, maxFileBytes: 0 } },
  rateLimiters: {},
  random: systemRandom,
  pageMax: 100,
  bodyMaxBytes: 1_048_576,
  wrap: (store: Store): Store => store,
};

/** A node that is well. */
const WELL: Pick<AppDeps, 'metrics' | 'status' | 'readiness' | 'cluster' | 'requestDrain'> = {
  metrics: () => Promise.resolve('lutra_up 1\n'),
  status: () => STATUS,
  readiness: () => Promise.resolve({ isReady: true, reasons: [], isDoubtful: false }),
  cluster: () => Promise.resolve(CLUSTER),
  requestDrain: () => Promise.resolve(true),
};

/** Starts a server on a free port. */
export async function startApi(options: ApiOptions = {}): Promise<ApiFixture> {
  const { kind, layout, limits, catalogue, rateLimiters, wrap } = { ...DEFAULTS, ...options };
  const { pageMax, bodyMaxBytes, random } = { ...DEFAULTS, ...options };
  const { metrics, status, readiness, cluster, requestDrain } = { ...WELL, ...options };
  const clock = options.clock ?? new FakeClock(START);
  const opened = await kind.open(clock, layout);
  const store = wrap(opened.store);
  const events: LutraEvent[] = [];
  const place = { urlRoot: 'http://127.0.0.1' };
  const observe = (event: LutraEvent): void => {
    events.push(event);
  };
  const streams = new Streams(options.streams ?? { perNode: 100, perTenant: 100 });
  const deps: AppDeps = {
    scaling: aScaling({ store, clock, random, limits, observe }).deps,
    observe,
    launchTypes: LAUNCH_TYPES,
    catalogue,
    rateLimiters,
    guesses: new Guesses(rateLimiters),
    streams,
    limits: { pageMax, bodyMaxBytes },
    urlRoot: () => place.urlRoot,
    ...{ metrics, status, readiness, cluster, requestDrain, zonesVersion: '2030a' },
    ...{ credentials: options.credentials ?? 'off', tokens: options.tokens ?? 'off' },
    trustedProxies: trustedProxies(options.trustedProxies ?? []),
  };
  const app = createApp(deps);
  const server = await listen(app, {
    ...{ host: '127.0.0.1', port: 0, clock: systemClock, random: systemRandom },
  });
  place.urlRoot = options.urlRoot ?? server.url;
  return {
    url: server.url,
    store: opened.store,
    routes: routesOf(deps),
    events,
    call: async (method, path, request = {}) => {
      const reply = await send(server.url, { method, path, ...request });
      const { status, text, headers } = reply;
      const contentType = headers['content-type'];
      checkExchange({ method, path, sent: request.body, status, contentType, text });
      return reply;
    },
    close: async (graceMs) => {
      streams.close();
      await server.close(graceMs);
      await opened.close();
    },
  };
}

function send(
  base: string,
  request: {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<HttpReply> {
  const { method, path, headers = {}, body } = request;
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { hostname, port, method, path, headers, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = incoming.headers['content-type'] === 'application/json' && text !== '';
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            body: isJson ? (JSON.parse(text) as unknown) : undefined,
          });
        });
      },
    );
    outgoing.on('error', reject);
    if (body === undefined) outgoing.end();
    else if (typeof body === 'string' || Buffer.isBuffer(body)) outgoing.end(body);
    else outgoing.end(JSON.stringify(body));
  });
}

/** The body of a request that creates a group of processes. */
export function aGroupBody(
  changes: {
    readonly config?: Readonly<Record<string, unknown>>;
    readonly launch?: unknown;
    readonly policies?: readonly unknown[];
  } = {},
): Record<string, unknown> {
  return {
    groupConfiguration: { name: 'web', cooldown: 0, minEntities: 0, ...changes.config },
    launchConfiguration:
      changes.launch === undefined
        ? { type: 'process', args: { command: ['sleep', '9'] } }
        : changes.launch,
    ...(changes.policies === undefined ? {} : { scalingPolicies: changes.policies }),
  };
}

/** The body of a policy that adds one whenever it is executed. */
export function aPolicyBody(changes: Readonly<Record<string, unknown>> = {}): object {
  return { name: 'up', type: 'webhook', change: 1, cooldown: 0, ...changes };
}

/** A value inside a JSON body, by its path. */
export function at(body: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<string | number, unknown> | undefined)?.[key],
    body,
  );
}

/** The tenant's groups. */
export const GROUPS = '/v1.0/000000/groups';
/** An id that nothing has. */
export const NOBODY = '00000000-0000-4000-8000-000000000000';

/** Creates a group over HTTP and fails where that is refused. */
export async function createGroup(
  api: ApiFixture,
  changes: Parameters<typeof aGroupBody>[0] = {},
): Promise<GroupId> {
  const reply = await api.call('POST', GROUPS, { body: aGroupBody(changes) });
  if (reply.status !== 201) throw new Error(`cannot create a group: ${reply.text}`);
  return String(at(reply.body, 'group', 'id')) as GroupId; // the API says so
}

/** Creates a policy over HTTP and fails where that is refused. */
export async function createPolicy(
  api: ApiFixture,
  groupId: GroupId,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const body = [aPolicyBody(changes)];
  const reply = await api.call('POST', `${GROUPS}/${groupId}/policies`, { body });
  if (reply.status !== 201) throw new Error(`cannot create a policy: ${reply.text}`);
  return String(at(reply.body, 'policies', 0, 'id'));
}

/** The body of a refusal. */
export function refusal(type: string, code: number, message: string): object {
  return { error: { type, code, message, details: '' } };
}

/** `state` of a group that is called web and has nothing running. */
export function stateOf(fields: Readonly<Record<string, unknown>> = {}): object {
  return {
    ...{ name: 'web', status: 'ACTIVE', paused: false, active: [] },
    ...{ activeCapacity: 0, pendingCapacity: 0, desiredCapacity: 0 },
    ...fields,
  };
}

/** Puts a group into a state that no request leads to, and has it observed. */
export async function putState(
  api: ApiFixture,
  groupId: GroupId,
  state: Partial<ScalingState>,
  observed?: Observation,
): Promise<void> {
  const group = await groupOf(api.store, groupId);
  await commitDirectly(api.store, groupId, {
    set: {
      state: encodeField({ ...group.state, ...state }),
      ...(observed === undefined ? {} : { observed: encodeField(observed) }),
    },
  });
}
