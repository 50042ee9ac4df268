/**
 * The connections of one store: one for commands, a few more for writes that wait for replicas, one for
 * wakes. They come back by themselves; while they are away, every call rejects.
 */
import { Cluster, Redis } from 'ioredis';
import type { ChainableCommander } from 'ioredis';
import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { LutraError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { isUnknownScript, saidBy, translated } from './errors.ts';
import {
  addressOptions,
  behaviour,
  clusterOptions,
  COMMAND_TIMEOUT_MS,
  parseAddress,
  serverOptions,
} from './options.ts';
import type { RedisPlace, RedisSettings } from './options.ts';
import type { Script } from './scripts.ts';
import { Troubles } from './troubles.ts';
import type { ConnectionTrouble } from './troubles.ts';
import { Wakes } from './wakes.ts';

/** Runs a script. Rejects with a `LutraError`; where it is `store-unavailable` the outcome is unknown. */
export type RunScript = (
  script: Script,
  keys: readonly string[],
  args: readonly string[],
) => Promise<unknown>;

/** Sends one command. Rejects as `RunScript` does. */
export type SendCommand = (command: string, ...args: readonly string[]) => Promise<unknown>;

/** What a store does with its servers. */
export interface RedisConnection {
  readonly kind: RedisPlace['kind'];
  /** Where it leads, for messages: `host:port/database`, or the servers to begin with. Holds no password. */
  readonly address: string;
  readonly run: RunScript;
  /** The same, and resolves only when as many replicas as are asked for have what it wrote. */
  readonly runReplicated: RunScript;
  readonly send: SendCommand;
  /** One for each primary that there is now. */
  readonly primaries: () => readonly SendCommand[];
  readonly wakes: Wakes;
  readonly close: () => Promise<void>;
}

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  readonly onTrouble: (trouble: ConnectionTrouble) => void;
}

type Client = Redis | Cluster;

/** Writes that wait for replicas do so one after the other on their connection; so there are a few. */
const REPLICATED_CONNECTIONS = 4;

/**
 * Connects. Rejects with `store-unavailable` where that cannot be done now, and leaves nothing behind. A password
 * that is refused is no exception: it may be one that is just being changed.
 */
export async function connect(
  settings: RedisSettings,
  deps: ConnectionDeps,
): Promise<RedisConnection> {
  assert(
    settings.waitTimeoutMs < COMMAND_TIMEOUT_MS,
    'the wait for replicas ends before the patience with the server does',
  );
  const parts = {
    settings,
    random: deps.random,
    troubles: new Troubles(deps.clock, deps.onTrouble),
  };
  const wakes = new Wakes(subscriberOpener(parts), deps.clock);
  const clients = openClients(parts);
  const connection = connectionOf(parts, clients, wakes);
  try {
    await connectAll(clients);
  } catch (error) {
    await connection.close();
    throw translated(`connecting to ${connection.address}`, error);
  }
  return connection;
}

/** What all connections are made of. */
interface Parts {
  readonly settings: RedisSettings;
  readonly random: Pick<Random, 'fraction'>;
  readonly troubles: Troubles;
}

/**
 * Rejects with what went wrong first, in the words of whoever found it: the library says only that a connection
 * was closed. Of an error no more than its words is kept: one about a password has the password in it.
 */
async function connectAll(clients: readonly Client[]): Promise<void> {
  let said: string | undefined;
  const hear = (error: unknown): void => {
    said ??= saidBy(error);
  };
  for (const client of clients) client.on('error', hear).on('node error', hear);
  try {
    await Promise.all(clients.map((client) => client.connect()));
  } catch (error) {
    throw said === undefined ? error : new Error(said);
  } finally {
    for (const client of clients) client.off('error', hear).off('node error', hear);
  }
}

/** The first is for commands. */
function openClients(parts: Parts): readonly [Client, ...(readonly Client[])] {
  const waitingCount = parts.settings.waitReplicas > 0 ? REPLICATED_CONNECTIONS : 0;
  const waiting = Array.from({ length: waitingCount }, () => openClient(parts, 'replicated'));
  return [openClient(parts, 'commands'), ...waiting];
}

/**
 * Opens a connection for commands that are not answered for at most `commandTimeout` ms; it is not connected yet.
 */
export function openClient(
  parts: Parts,
  connection: ConnectionTrouble['connection'],
  commandTimeout = COMMAND_TIMEOUT_MS,
): Client {
  const { settings, random, troubles } = parts;
  const { place } = settings;
  if (place.kind !== 'cluster') {
    const options = { ...serverOptions(settings, random), commandTimeout };
    return listened(new Redis(options), connection, troubles);
  }
  const { nodes, options } = clusterOptions({ ...settings, place }, random);
  const redisOptions = { ...options.redisOptions, commandTimeout };
  return listened(new Cluster(nodes, { ...options, redisOptions }), connection, troubles);
}

/**
 * Opens the connection that listens, the `attempt`-th. In a cluster every node hears what is published on
 * any, so it is a plain connection to one of them, and to the next one where that fails.
 */
function subscriberOpener({ settings, random, troubles }: Parts): (attempt: number) => Redis {
  const { place } = settings;
  return (attempt) => {
    const url = place.kind === 'cluster' ? place.urls[attempt % place.urls.length] : undefined;
    const options =
      url === undefined
        ? serverOptions(settings, random)
        : { ...behaviour(random), ...addressOptions(parseAddress(url), settings) };
    return listened(new Redis({ ...options, retryStrategy: null }), 'wakes', troubles);
  };
}

/** Sees to it that errors are heard: an emitter without a listener for them would end the process. */
function listened<Kind extends Client>(
  client: Kind,
  connection: ConnectionTrouble['connection'],
  troubles: Troubles,
): Kind {
  client.on('error', (error: unknown) => troubles.tell(connection, error));
  client.on('node error', (error: unknown) => troubles.tell(connection, error));
  client.on('close', () => troubles.tell(connection, new Error('the connection was closed')));
  return client;
}

function connectionOf(
  { settings, troubles }: Parts,
  [commands, ...waiting]: readonly [Client, ...(readonly Client[])],
  wakes: Wakes,
): RedisConnection {
  let turn = 0;
  const run: RunScript = (script, keys, args) => runOn(commands, script, keys, args);
  return {
    kind: settings.place.kind,
    address: addressOf(settings.place),
    run,
    runReplicated: (script, keys, args) => {
      turn = (turn + 1) % Math.max(waiting.length, 1);
      const client = waiting[turn];
      if (client === undefined) return run(script, keys, args);
      return runAndWait(client, { script, keys, args }, settings);
    },
    send: sender(commands),
    primaries: () =>
      commands instanceof Cluster ? commands.nodes('master').map(sender) : [sender(commands)],
    wakes,
    close: async () => {
      troubles.mute();
      await wakes.close();
      for (const client of [commands, ...waiting]) client.disconnect();
    },
  };
}

function sender(client: Client): SendCommand {
  return async (command, ...args) => {
    try {
      return await client.call(command, ...args);
    } catch (error) {
      throw translated(`sending ${command}`, error);
    }
  };
}

async function runOn(
  client: Client,
  script: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  try {
    return await client.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!isUnknownScript(error)) throw translated(doing(script, keys), error);
  }
  try {
    return await client.eval(script.text, keys.length, ...keys, ...args);
  } catch (error) {
    throw translated(doing(script, keys), error);
  }
}

/**
 * Runs a script and waits, on the same connection, for replicas. Both are sent at once: on a connection
 * that was made anew in between, the wait would be for nothing, and be over at once.
 */
async function runAndWait(
  client: Client,
  { script, keys, args }: Readonly<Record<'keys' | 'args', readonly string[]>> & { script: Script },
  { waitReplicas, waitTimeoutMs }: RedisSettings,
): Promise<unknown> {
  const what = doing(script, keys);
  const known = client.pipeline().evalsha(script.sha, keys.length, ...keys, ...args);
  let [ran, waited] = await executed(known.wait(waitReplicas, waitTimeoutMs), what);
  if (isUnknownScript(ran.error)) {
    const sent = client.pipeline().eval(script.text, keys.length, ...keys, ...args);
    [ran, waited] = await executed(sent.wait(waitReplicas, waitTimeoutMs), what);
  }
  if (ran.error !== null) throw translated(what, ran.error);
  if (waited.error !== null) throw translated(`${what}, waiting for replicas`, waited.error);
  const count = Number(waited.answer);
  if (count >= waitReplicas) return ran.answer;
  throw new LutraError(
    'store-unavailable',
    `${what}: ${count} of ${waitReplicas} replicas have it after ${waitTimeoutMs} ms`,
  );
}

interface Executed {
  readonly error: Error | null;
  readonly answer: unknown;
}

/** What became of the two commands of a pipeline. */
async function executed(
  pipeline: ChainableCommander,
  what: string,
): Promise<readonly [Executed, Executed]> {
  const results = await pipeline.exec().catch((error: unknown) => {
    throw translated(what, error);
  });
  const [first, second] = (results ?? []).map(([error, answer]) => ({ error, answer }));
  assert(first !== undefined && second !== undefined, 'a pipeline answers each of its commands');
  return [first, second];
}

function doing(script: Script, keys: readonly string[]): string {
  return `running ${script.name} on ${keys[0] ?? 'nothing'}`;
}

/** The addresses, without what must not be told. Only a single server is asked for a database. */
function addressOf(place: RedisPlace): string {
  if (place.kind === 'single') {
    const { host, port, database } = parseAddress(place.url);
    return `${host}:${port}/${database}`;
  }
  const defaultPort = place.kind === 'sentinel' ? 26_379 : undefined;
  return place.urls
    .map((url) => parseAddress(url, defaultPort))
    .map(({ host, port }) => `${host}:${port}`)
    .join(', ');
}
