/** Where etcd is, and how calls to it behave. */
import { rootCertificates } from 'node:tls';
import { noop } from 'cockatiel';
import type { IOptions } from 'etcd3';
import type { Clock } from '../../base/clock.ts';
import { LutraError } from '../../base/errors.ts';

export interface EtcdSettings {
  /** Names the cluster among those that share this etcd; it is part of every key. */
  readonly cluster: string;
  /** Addresses of its members: `http://host:port`, or all of them `https://host:port`. */
  readonly endpoints: readonly string[];
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Texts in PEM. Without `ca`, those are trusted that Node trusts. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** How long a session lasts without a renewal, at least 3 s; etcd may grant more. */
  readonly ttlMs: number;
  /** By how much longer than its session a node's region counts as inhabited. */
  readonly graceMs: number;
  /** A call that was not answered for this long is given up; what became of it is then unknown. */
  readonly callTimeoutMs: number;
}

/** Below this, etcd may end sessions whose renewals are merely late. */
const TTL_MIN_MS = 3_000;
/** What may stand in a key without meaning something there. */
const CLUSTER_NAME = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * How connections behave. grpc-js would wait up to two minutes between tries to connect, and share one
 * connection among clients, so that one that was given up for dead would be found again. Pings find what
 * died in silence under a watch; etcd takes more than one in five seconds for an attack.
 */
const CHANNEL: NonNullable<IOptions['grpcOptions']> = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 2_000,
};

/** Throws `config-invalid` where the settings cannot be carried out; passwords are not repeated. */
export function checkSettings(settings: EtcdSettings): void {
  const { cluster, endpoints, ttlMs } = settings;
  if (!CLUSTER_NAME.test(cluster)) {
    throw invalid(`"${cluster}" is no name for a cluster: letters, digits, ".", "_" and "-" only`);
  }
  if (endpoints.length === 0) throw invalid('no address of etcd is given');
  const protocols = new Set(endpoints.map(protocolOf));
  if (protocols.size > 1) {
    throw invalid('the addresses of etcd are partly http and partly https: all have to be alike');
  }
  if (settings.tls !== undefined && !protocols.has('https:')) {
    throw invalid('TLS is set up for etcd, but its addresses are http:// and not https://');
  }
  if (ttlMs < TTL_MIN_MS) {
    throw invalid(`a session of ${ttlMs} ms is too short: at least ${TTL_MIN_MS} ms`);
  }
}

/** What a client of one member is made with. Nothing is sent twice behind our back, and everything ends. */
export function clientOptions(
  settings: EtcdSettings,
  endpoint: string,
  clock: Pick<Clock, 'now'>,
): IOptions {
  const { tls, credentials: auth, callTimeoutMs } = settings;
  return {
    hosts: [endpoint],
    faultHandling: { host: () => noop, global: noop },
    // An object would be one instant for all calls; streams that are to end have a deadline of their own.
    defaultCallOptions: ({ isStream }) =>
      isStream ? {} : { deadline: clock.now() + callTimeoutMs },
    grpcOptions: CHANNEL,
    ...(auth === undefined ? {} : { auth }),
    ...(tls === undefined ? {} : { credentials: credentialsOf(tls) }),
  };
}

function credentialsOf({
  ca,
  cert,
  key,
}: NonNullable<EtcdSettings['tls']>): NonNullable<IOptions['credentials']> {
  return {
    rootCertificate: Buffer.from(ca ?? rootCertificates.join('\n')),
    ...(key === undefined ? {} : { privateKey: Buffer.from(key) }),
    ...(cert === undefined ? {} : { certChain: Buffer.from(cert) }),
  };
}

function protocolOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isAddress =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === '' &&
    url.pathname === '/' &&
    !endpoint.endsWith('/');
  if (isAddress) return url.protocol;
  const shown = endpoint.replace(/\/\/[^/]*@/, '//…@');
  throw invalid(`"${shown}" is no address of etcd: http://host:port or https://host:port`);
}

function invalid(message: string): LutraError {
  return new LutraError('config-invalid', message);
}
