/** Turns settings into what the adapters of etcd and Redis are made with; reads the files that secrets are in. */
import { readFile } from 'node:fs/promises';
import type { EtcdSettings } from '../adapters/etcd/options.ts';
import type { RedisPlace, RedisSettings } from '../adapters/redis/options.ts';
import { LutraError, messageOf } from '../base/errors.ts';
import type { RedisShard } from '../config/redis-shards.ts';
import type { Config } from '../config/schema.ts';

/** Where etcd is. Rejects with `config-invalid` where a file cannot be read. */
export async function etcdSettings({ etcd, cluster }: Config): Promise<EtcdSettings> {
  const { username } = etcd;
  const password = await secretIn('etcd.passwordFile', etcd.passwordFile);
  return {
    cluster: cluster.name,
    endpoints: etcd.endpoints,
    ...(username === undefined || password === undefined
      ? {}
      : { credentials: { username, password } }),
    ...(await tlsOf('etcd', etcd)),
    ttlMs: etcd.sessionTtlMs,
    graceMs: etcd.regionGraceMs,
    callTimeoutMs: etcd.callTimeoutMs,
  };
}

/** Where the Redis of these regions is. Rejects with `config-invalid` where a file cannot be read. */
export async function redisSettings(
  { redis }: Pick<Config, 'redis'>,
  shard: RedisShard,
): Promise<RedisSettings> {
  const { username } = redis;
  const password = await secretIn('redis.passwordFile', redis.passwordFile);
  return {
    place: placeOf(redis, shard.urls),
    ...(password === undefined
      ? {}
      : { credentials: { password, ...(username === undefined ? {} : { username }) } }),
    ...(await tlsOf('redis', redis)),
    waitReplicas: redis.waitReplicas,
    waitTimeoutMs: redis.waitTimeoutMs,
  };
}

function placeOf({ kind, sentinelName }: Config['redis'], urls: readonly string[]): RedisPlace {
  if (kind === 'sentinel') return { kind, urls, name: sentinelName ?? '' };
  if (kind === 'cluster') return { kind, urls };
  return { kind, url: urls[0] ?? '' };
}

interface TlsFiles {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

async function tlsOf(
  section: 'etcd' | 'redis',
  { caFile, certFile, keyFile }: TlsFiles,
): Promise<{ readonly tls?: { ca?: string; cert?: string; key?: string } }> {
  const [ca, cert, key] = await Promise.all([
    textIn(`${section}.caFile`, caFile),
    textIn(`${section}.certFile`, certFile),
    textIn(`${section}.keyFile`, keyFile),
  ]);
  if (ca === undefined && cert === undefined && key === undefined) return {};
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  };
}

/** A password ends before the line break that editors add. */
async function secretIn(setting: string, path: string | undefined): Promise<string | undefined> {
  const text = (await textIn(setting, path))?.replace(/\r?\n$/, '');
  if (text === '') throw new LutraError('config-invalid', `${setting}: ${path ?? ''} is empty`);
  return text;
}

async function textIn(setting: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const message = `${setting}: ${path} cannot be read: ${messageOf(cause)}`;
    throw new LutraError('config-invalid', message, { cause });
  }
}
