/** What a server says of itself, and what that is worth. */
import { hasCode } from '../../base/errors.ts';
import type { RedisConnection, SendCommand } from './connection.ts';
import type { ServerId } from './fence.ts';

/** What is known of one primary. Undefined: the user that we are may not ask. */
export interface ServerFacts {
  readonly id: ServerId;
  /** Whether it was somebody's replica, and may lack what its primary had acknowledged. */
  readonly wasPromoted: boolean;
  readonly replicaCount: number;
  readonly keepsLog: boolean;
  readonly fsync: string | undefined;
  readonly isFsyncHeldUpByRewrites: boolean | undefined;
  readonly minReplicas: number | undefined;
  readonly evictionPolicy: string | undefined;
}

/** What the store promises to keep, and where it falls short. */
export interface Durability {
  /** What survives the loss of power of the server's machine: every acknowledged write, all but about the last second's, or what happens to be on disk. */
  readonly promise: 'always' | 'everysec' | 'none';
  /** The fewest that any primary has. */
  readonly replicaCount: number;
  /** Whether nothing that was acknowledged can be lost but with the disk itself. */
  readonly isStrict: boolean;
  /** Whether any of them drops data when its memory is full, instead of refusing writes. */
  readonly mayEvict: boolean;
  /** The same for people. */
  readonly sentence: string;
  /** What has to be changed, each a sentence with what to do. */
  readonly problems: readonly string[];
}

/** Asks every primary and answers for the weakest. */
export async function readDurability(connection: RedisConnection): Promise<Durability> {
  const facts = await Promise.all(connection.primaries().map(readServerFacts));
  return durabilityOf(facts);
}

/** What the weakest of the servers can promise. */
export function durabilityOf(facts: readonly ServerFacts[]): Durability {
  const promises = facts.map(promiseOf);
  const promise =
    (['none', 'everysec'] as const).find((weak) => promises.includes(weak)) ?? 'always';
  const replicaCount = Math.min(...facts.map((server) => server.replicaCount));
  const problems = [...new Set(facts.flatMap(problemsOf))];
  const hasReplicas = facts.some((server) => server.replicaCount > 0);
  return {
    promise,
    replicaCount,
    isStrict: promise === 'always' && !hasReplicas && problems.length === 0,
    mayEvict: facts.some(({ evictionPolicy }) => evictionPolicy !== 'noeviction'),
    sentence: `${SENTENCES[promise]} ${hasReplicas ? WITH_REPLICAS : WITHOUT_REPLICAS}`,
    problems,
  };
}

const SENTENCES: Readonly<Record<Durability['promise'], string>> = {
  always: 'What is acknowledged is on disk (appendfsync always).',
  everysec: 'A loss of power may take the last second (appendfsync everysec).',
  none: 'A crash of the server may take what was acknowledged (no append-only file that is synced).',
};
const WITH_REPLICAS =
  'A fail-over may take what its replica had not received: replicas follow without being waited for, except where a write waits.';
const WITHOUT_REPLICAS = 'There is no replica: while the server is down, the store is.';

function promiseOf({ keepsLog, fsync }: ServerFacts): Durability['promise'] {
  if (!keepsLog) return 'none';
  return fsync === 'always' || fsync === 'everysec' ? fsync : 'none';
}

function problemsOf(server: ServerFacts): readonly string[] {
  const { evictionPolicy, fsync, keepsLog, replicaCount, minReplicas } = server;
  return [
    ...(evictionPolicy === 'noeviction'
      ? []
      : [
          `maxmemory-policy is ${evictionPolicy ?? 'unknown'}: set it to noeviction, or the server ` +
            'drops groups when its memory is full',
        ]),
    ...(keepsLog && fsync === undefined
      ? ['appendfsync could not be read: allow the user to run CONFIG GET, or rely on nothing']
      : []),
    ...(server.isFsyncHeldUpByRewrites === true && fsync !== 'no'
      ? [
          'no-appendfsync-on-rewrite is yes: set it to no, or a rewrite of the log suspends its syncs',
        ]
      : []),
    ...(replicaCount > 0 && minReplicas === 0
      ? [
          'min-replicas-to-write is 0: set it to 1, or a primary that was cut off from its replicas ' +
            'goes on acknowledging what will be lost',
        ]
      : []),
  ];
}

/** The replication that a server continues which was nobody's replica, as it says itself. */
const NO_REPLICATION = /^0+$/;

/** Asks one server. */
export async function readServerFacts(send: SendCommand): Promise<ServerFacts> {
  const info = fieldsOf(await send('INFO', 'server', 'replication', 'persistence', 'memory'));
  const config = await readConfig(send);
  const rewrites = config?.get('no-appendfsync-on-rewrite');
  const minReplicas = config?.get('min-replicas-to-write');
  return {
    id: `${info.get('run_id') ?? ''}:${info.get('master_replid') ?? ''}`,
    wasPromoted: !NO_REPLICATION.test(info.get('master_replid2') ?? ''),
    replicaCount: Number(info.get('connected_slaves') ?? 0),
    keepsLog: info.get('aof_enabled') === '1',
    fsync: config?.get('appendfsync'),
    isFsyncHeldUpByRewrites: rewrites === undefined ? undefined : rewrites === 'yes',
    minReplicas: minReplicas === undefined ? undefined : Number(minReplicas),
    evictionPolicy: info.get('maxmemory_policy'),
  };
}

/** Undefined where the user may not ask. */
async function readConfig(send: SendCommand): Promise<ReadonlyMap<string, string> | undefined> {
  const names = ['appendfsync', 'no-appendfsync-on-rewrite', 'min-replicas-to-write'];
  try {
    const reply = await send('CONFIG', 'GET', ...names);
    if (!Array.isArray(reply)) return undefined;
    return new Map(names.map((name) => [name, String(reply[reply.indexOf(name) + 1])] as const));
  } catch (error) {
    if (hasCode(error, 'store-unavailable') && error.message.includes('NOPERM')) return undefined;
    throw error;
  }
}

/** The `name:value` lines of INFO. */
function fieldsOf(info: unknown): ReadonlyMap<string, string> {
  const lines = String(info).split('\r\n');
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, Math.max(colon, 0)), line.slice(colon + 1)] as const;
    }),
  );
}
