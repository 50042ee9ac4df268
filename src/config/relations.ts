/**
 * Which settings depend on one another. What is left over from other times is let be where nothing reads
 * it: details of etcd and Redis count only where the node is part of a cluster.
 */
import { redisEntry } from './addresses.ts';
import type { RedisEntry } from './addresses.ts';
import { authProblems } from './auth-relations.ts';
import { shown } from './problem.ts';
import type { RelationProblem } from './problem.ts';
import type { WrittenSettings } from './schema.ts';

/** The longest that the webhook provider lets a group's own time-out be. */
const WEBHOOK_TIMEOUT_MAX_MS = 30_000;
/** The longest that processes may take to stop: a group's own time, and what SIGKILL takes after it. */
const PROCESS_STOP_MAX_MS = 25_000;

/** What is wrong with settings that are right one by one. */
export function relationProblems(settings: WrittenSettings): readonly RelationProblem[] {
  return [
    ...authProblems(settings),
    ...convergerProblems(settings),
    ...catalogueProblems(settings),
    ...regionProblems(settings),
    ...clusterProblems(settings),
    ...(['etcd', 'redis'] as const).flatMap((name) => accessProblems(name, settings[name])),
    ...etcdProblems(settings),
    ...redisProblems(settings),
  ];
}

function convergerProblems(settings: WrittenSettings): readonly RelationProblem[] {
  const { converger, providers } = settings;
  const { callTimeoutMs, lockTtlMs, backoffFirstMs, backoffMaxMs } = converger;
  const problems: RelationProblem[] = [];
  if (callTimeoutMs >= lockTtlMs) {
    problems.push({
      keys: ['converger.callTimeoutMs', 'converger.lockTtlMs'],
      text: `a call to a provider must end before the lock of its group does, received callTimeoutMs ${String(callTimeoutMs)} and lockTtlMs ${String(lockTtlMs)}; write a callTimeoutMs below lockTtlMs`,
    });
  }
  if (backoffFirstMs > backoffMaxMs) {
    problems.push({
      keys: ['converger.backoffFirstMs', 'converger.backoffMaxMs'],
      text: `waits between attempts grow, received backoffFirstMs ${String(backoffFirstMs)} and backoffMaxMs ${String(backoffMaxMs)}; write a backoffFirstMs of at most backoffMaxMs`,
    });
  }
  const needs = [
    { name: 'webhook', isEnabled: providers.webhook.enabled, ms: WEBHOOK_TIMEOUT_MAX_MS },
    { name: 'process', isEnabled: providers.process.enabled, ms: PROCESS_STOP_MAX_MS },
  ];
  for (const { name, isEnabled, ms } of needs) {
    if (!isEnabled || callTimeoutMs >= ms) continue;
    problems.push({
      keys: ['converger.callTimeoutMs', `providers.${name}.enabled`],
      text: `a group may ask the ${name} provider for ${String(ms)} ms, received ${String(callTimeoutMs)}; write at least ${String(ms)}, or switch the ${name} provider off`,
    });
  }
  return problems;
}

function catalogueProblems({ catalogue }: WrittenSettings): readonly RelationProblem[] {
  const ids = catalogue.images.map((image) => (typeof image === 'string' ? image : image.id));
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice === undefined) return [];
  return [
    {
      keys: ['catalogue.images'],
      text: `names an image twice, received ${shown(twice)} again; write each image once`,
    },
  ];
}

function regionProblems({ node, cluster }: WrittenSettings): readonly RelationProblem[] {
  const { regions } = cluster;
  const problems: RelationProblem[] = [];
  if (new Set(regions).size < regions.length) {
    problems.push({
      keys: ['cluster.regions'],
      text: `names a region twice, received ${shown(regions)}; write each region once`,
    });
  }
  if (node.region !== undefined && !regions.includes(node.region)) {
    problems.push({
      keys: ['node.region', 'cluster.regions'],
      text: `a node is in one of cluster.regions, received node.region ${shown(node.region)} and cluster.regions ${shown(regions)}; set node.region to one of them, or add it`,
    });
  }
  return problems;
}

function clusterProblems({ etcd, redis }: WrittenSettings): readonly RelationProblem[] {
  const hasEtcd = etcd.endpoints.length > 0;
  if (hasEtcd === redis.urls.length > 0) return [];
  const [set, missing] = hasEtcd
    ? ['etcd.endpoints', 'redis.urls']
    : ['redis.urls', 'etcd.endpoints'];
  return [
    {
      keys: [set, missing],
      text: `a cluster needs etcd and Redis, received ${set} and no ${missing}; set ${missing} too, or neither for a node that stands alone`,
    },
  ];
}

/** How one proves who one is, to either kind of server. */
function accessProblems(
  name: 'etcd' | 'redis',
  section: WrittenSettings['etcd'] | WrittenSettings['redis'],
): readonly RelationProblem[] {
  const { username, passwordFile, certFile, keyFile } = section;
  const pairs = [
    { first: 'username', other: 'passwordFile', isBroken: isSet(username) && !isSet(passwordFile) },
    // Redis has a default user, to whom a password alone belongs.
    {
      first: 'passwordFile',
      other: 'username',
      isBroken: name === 'etcd' && isSet(passwordFile) && !isSet(username),
    },
    { first: 'certFile', other: 'keyFile', isBroken: isSet(certFile) && !isSet(keyFile) },
    { first: 'keyFile', other: 'certFile', isBroken: isSet(keyFile) && !isSet(certFile) },
  ];
  return pairs
    .filter(({ isBroken }) => isBroken)
    .map(({ first, other }) => ({
      keys: [`${name}.${first}`],
      text: `does nothing by itself, received no ${name}.${other}; set ${name}.${other} too, or leave out ${name}.${first}`,
    }));
}

function isSet(value: string | undefined): boolean {
  return value !== undefined;
}

function etcdProblems({ etcd }: WrittenSettings): readonly RelationProblem[] {
  const { endpoints, caFile, certFile, sessionTtlMs, callTimeoutMs } = etcd;
  const problems: RelationProblem[] = [];
  const schemes = new Set(endpoints.map((endpoint) => endpoint.split(':')[0]));
  if (schemes.size > 1) {
    problems.push({
      keys: ['etcd.endpoints'],
      text: `has addresses with TLS and without, received ${shown(endpoints)}; write https:// for all of them, or http:// for all`,
    });
  }
  const files = { caFile, certFile };
  for (const [name, file] of Object.entries(files)) {
    if (file === undefined || !schemes.has('http') || schemes.size > 1) continue;
    problems.push({
      keys: [`etcd.${name}`, 'etcd.endpoints'],
      text: `certificates count with TLS only, received etcd.${name} ${shown(file)} and etcd.endpoints ${shown(endpoints)}; write https:// in etcd.endpoints, or leave out etcd.${name}`,
    });
  }
  if (callTimeoutMs >= sessionTtlMs) {
    problems.push({
      keys: ['etcd.callTimeoutMs', 'etcd.sessionTtlMs'],
      text: `a call to etcd must end before the session does that it renews, received callTimeoutMs ${callTimeoutMs} and sessionTtlMs ${sessionTtlMs}; write a callTimeoutMs below sessionTtlMs`,
    });
  }
  return problems;
}

function redisProblems({ redis, cluster }: WrittenSettings): readonly RelationProblem[] {
  const { kind, urls, sentinelName } = redis;
  if (urls.length === 0) return [];
  const problems = entryProblems(urls, cluster.regions).map((text) => ({
    keys: ['redis.urls', 'cluster.regions'],
    text,
  }));
  const keys = ['redis.urls', 'redis.kind'];
  const kindTexts = kind === 'single' ? singleProblems(urls) : severalProblems(urls, kind);
  problems.push(...kindTexts.map((text) => ({ keys, text })));
  if (kind === 'sentinel' && sentinelName === undefined) {
    problems.push({
      keys: ['redis.kind'],
      text: 'sentinels are asked for a primary by its name, received "sentinel" and no redis.sentinelName; set redis.sentinelName to what they call it, often mymaster',
    });
  }
  if (kind !== 'sentinel' && sentinelName !== undefined) {
    problems.push({
      keys: ['redis.sentinelName', 'redis.kind'],
      text: `only sentinels are asked for a name, received redis.sentinelName ${shown(sentinelName)} and redis.kind ${shown(kind)}; set redis.kind to sentinel, or leave out redis.sentinelName`,
    });
  }
  return problems;
}

/** Whether every region is served, and none that there is not. */
function entryProblems(urls: readonly string[], regions: readonly string[]): readonly string[] {
  const named = new Set(urls.map((url) => redisEntry(url).region));
  if (!named.has(undefined)) {
    const unknown = urls.filter((url) => !regions.includes(redisEntry(url).region ?? ''));
    const unserved = regions.filter((region) => !named.has(region));
    return [
      ...unknown.map(
        (url) =>
          `serves a region that is not one of cluster.regions, received ${shown(url)} and cluster.regions ${shown(regions)}; write one of them in front, or add the region to cluster.regions`,
      ),
      ...unserved.map(
        (region) =>
          `every region needs a Redis, received nothing for ${shown(region)}; add ${region}=redis://host:port`,
      ),
    ];
  }
  if (named.size === 1) return [];
  return [
    `serves some regions by name and others not, received ${shown(urls)}; write region= in front of every address, or of none`,
  ];
}

function singleProblems(urls: readonly string[]): readonly string[] {
  return groupsOf(urls)
    .filter(({ entries }) => entries.length > 1)
    .map(
      ({ whose, entries }) =>
        `with redis.kind single a region has one server, received ${entries.length} addresses for ${whose}; leave one, or set redis.kind to sentinel or cluster`,
    );
}

/** Sentinels, and nodes of a cluster, are treated alike: all as the first of them. */
function severalProblems(urls: readonly string[], kind: 'sentinel' | 'cluster'): readonly string[] {
  const groups = groupsOf(urls);
  const mixed = groups.filter(
    ({ entries }) => new Set(entries.map(({ url }) => url.split(':')[0])).size > 1,
  );
  const numbered = urls.filter((url) => /[^/]\/0*[1-9]\d*$/.test(redisEntry(url).url));
  return [
    ...mixed.map(
      ({ whose }) =>
        `has addresses with TLS and without for ${whose}, received ${shown(urls)}; write rediss:// for all of them, or redis:// for all`,
    ),
    ...numbered.map(
      (url) =>
        `only a single server has databases to choose from, received ${shown(url)} with redis.kind ${kind}; leave out the number at the end`,
    ),
  ];
}

/** Entries by the region that they serve. */
function groupsOf(
  urls: readonly string[],
): readonly { readonly whose: string; readonly entries: readonly RedisEntry[] }[] {
  const groups = new Map<string, RedisEntry[]>();
  for (const entry of urls.map(redisEntry)) {
    const whose = entry.region === undefined ? 'all regions' : shown(entry.region);
    groups.set(whose, [...(groups.get(whose) ?? []), entry]);
  }
  return [...groups].map(([whose, entries]) => ({ whose, entries }));
}
