/** Where the servers are, and how connections to them behave. */
import type { ClusterOptions, RedisOptions } from 'ioredis';
import { backoffMs } from '../../base/backoff.ts';
import { LutraError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';

/** Addresses are `redis://` or, over TLS, `rediss://[user:password@]host[:port][/database]`. */
export type RedisPlace =
  | { readonly kind: 'single'; readonly url: string }
  /** The addresses, and what is in them, are those of the sentinels; `name` is what they call the primary. */
  | { readonly kind: 'sentinel'; readonly urls: readonly string[]; readonly name: string }
  /** Some nodes of the cluster; the others are found through them. All have the credentials of the first. */
  | { readonly kind: 'cluster'; readonly urls: readonly string[] };

export interface RedisSettings {
  readonly place: RedisPlace;
  /** The ACL user, in place of what the address says. */
  readonly credentials?: { readonly username?: string; readonly password: string };
  /** Texts in PEM. Turns TLS on, as `rediss://` does. */
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly servername?: string;
  };
  /** How many replicas must have a write that is told to somebody outside, before it is; 0 asks none. */
  readonly waitReplicas: number;
  readonly waitTimeoutMs: number;
}

/** A command that was not answered for this long is given up; what became of it is then unknown. */
export const COMMAND_TIMEOUT_MS = 1_500;
/** A socket that stays silent for this long, though an answer is due, is closed. */
const SOCKET_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT: Parameters<typeof backoffMs>[0] = { firstMs: 50, maxMs: 1_000 };
/** A command that a node of a cluster sends elsewhere was not executed there; but it does not wander for ever. */
const REDIRECTIONS_MAX = 5;

/** One address, taken apart. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
}

/** Takes an address apart. Throws `config-invalid` where it is none; passwords are not repeated. */
export function parseAddress(url: string, defaultPort = 6_379): Address {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const access = parsed && accessOf(parsed);
  if (parsed === undefined || access === undefined || !isServer(parsed)) {
    throw new LutraError(
      'config-invalid',
      `"${withoutPassword(url)}" is no address of a Redis server: redis://host:port or rediss://host:port`,
    );
  }
  return {
    // Brackets belong to the address, not to the IPv6 host in it.
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? defaultPort : Number(parsed.port),
    isSecure: parsed.protocol === 'rediss:',
    ...access,
    database: Number(parsed.pathname.slice(1)),
  };
}

/** Undefined where a "%" stands in front of what it cannot stand for. */
function accessOf({ username, password }: URL): Pick<Address, 'username' | 'password'> | undefined {
  try {
    return {
      username: decodeURIComponent(username) || undefined,
      password: decodeURIComponent(password) || undefined,
    };
  } catch {
    return undefined;
  }
}

function isServer({ protocol, hostname, pathname, search }: URL): boolean {
  const isRedis = protocol === 'redis:' || protocol === 'rediss:';
  return isRedis && hostname !== '' && search === '' && /^(\/\d*)?$/.test(pathname);
}

/** What is refused may be misread, so that all of it before the last "@" is taken for a password, and any query. */
function withoutPassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/)?.*@/is, '$1…@').replace(/\?.*$/s, '?…');
}

/** What a connection to one server is opened with. Replies keep the shape that they had before RESP3. */
export type ServerOptions = Omit<RedisOptions, 'replyMapping'>;
/** What connections to a cluster are opened with. */
type NodesOptions = Omit<ClusterOptions, 'redisOptions'> & {
  readonly redisOptions: Omit<NonNullable<ClusterOptions['redisOptions']>, 'replyMapping'>;
};

/** How every connection behaves: nothing is sent twice, nothing waits for better times, everything ends. */
export function behaviour(random: Pick<Random, 'fraction'>): ServerOptions {
  return {
    lazyConnect: true,
    // With these three, what was under way when a connection was lost is rejected at once, and nothing that
    // was asked in an outage is done after it: yesterday's owner must not write today.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    // Saves a user that is allowed little one more command.
    disableClientInfo: true,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: 200,
    retryStrategy: (count) => backoffMs(RECONNECT, count, random.fraction()),
    // A primary that was made a replica, or that others have given up: sentinels know the new one. They are
    // asked then, and not listened to: the library has no ear for what goes wrong with those connections.
    reconnectOnError: (error) => /^(READONLY|NOREPLICAS) /.test(error.message),
  };
}

/** What opens a connection to a single server, or to the primary that sentinels name. */
export function serverOptions(
  settings: RedisSettings,
  random: Pick<Random, 'fraction'>,
): ServerOptions {
  const { place } = settings;
  if (place.kind !== 'sentinel') {
    const address = parseAddress(place.kind === 'single' ? place.url : firstOf(place.urls));
    return { ...behaviour(random), ...addressOptions(address, settings) };
  }
  const sentinels = place.urls.map((url) => parseAddress(url, 26_379));
  const first = parseAddress(firstOf(place.urls), 26_379);
  return {
    ...behaviour(random),
    ...accessOptions(undefined, settings),
    sentinels: sentinels.map(({ host, port }) => ({ host, port })),
    name: place.name,
    role: 'master',
    sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
    sentinelRetryStrategy: (count) => backoffMs(RECONNECT, count, random.fraction()),
    enableTLSForSentinelMode: settings.tls !== undefined,
    ...(first.isSecure ? { sentinelTLS: settings.tls ?? {} } : {}),
    ...(first.username === undefined ? {} : { sentinelUsername: first.username }),
    ...(first.password === undefined ? {} : { sentinelPassword: first.password }),
  };
}

/** What opens connections to all nodes of a cluster, and the nodes to begin with. */
export function clusterOptions(
  settings: RedisSettings & { readonly place: { readonly kind: 'cluster' } },
  random: Pick<Random, 'fraction'>,
): { readonly nodes: { host: string; port: number }[]; readonly options: NodesOptions } {
  const addresses = settings.place.urls.map((url) => parseAddress(url));
  const first = parseAddress(firstOf(settings.place.urls));
  const { commandTimeout, socketTimeout, connectTimeout, disconnectTimeout } = behaviour(random);
  return {
    nodes: addresses.map(({ host, port }) => ({ host, port })),
    options: {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableAutoPipelining: false,
      maxRedirections: REDIRECTIONS_MAX,
      // Else commands that were under way when a node was lost would be sent again.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      slotsRefreshTimeout: COMMAND_TIMEOUT_MS,
      clusterRetryStrategy: (count) => backoffMs(RECONNECT, count, random.fraction()),
      redisOptions: {
        ...{ commandTimeout, socketTimeout, connectTimeout, disconnectTimeout },
        maxRetriesPerRequest: 0,
        autoResendUnfulfilledCommands: false,
        disableClientInfo: true,
        ...accessOptions(first, settings),
      },
    },
  };
}

/** What opens a connection to one node of a cluster, or to the server that there is. */
export function addressOptions(address: Address, settings: RedisSettings): ServerOptions {
  const { host, port, database } = address;
  return { host, port, db: database, ...accessOptions(address, settings) };
}

function accessOptions(
  address: Address | undefined,
  { credentials, tls }: RedisSettings,
): Pick<ServerOptions, 'username' | 'password' | 'tls'> {
  const isSecure = tls !== undefined || address?.isSecure === true;
  const { username, password }: Partial<Address> = credentials ?? address ?? {};
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(isSecure ? { tls: tls ?? {} } : {}),
  };
}

function firstOf(urls: readonly string[]): string {
  const [first] = urls;
  if (first === undefined) throw new LutraError('config-invalid', 'no address of Redis is given');
  return first;
}
