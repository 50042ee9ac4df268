/** What addresses in settings have to look like. Each rule says what is wrong with a text, or undefined. */
import { isIP, isIPv4 } from 'node:net';

/** Where the API may listen; which of these it may without knowing its callers is a matter of relations. */
export function wrongWithHost(text: string): string | undefined {
  // Other ways of writing all addresses (0::0) would not be known for it.
  const isOddWildcard = /^[0:]+$/.test(text) && text !== '::';
  const isAddress = text === 'localhost' || (isIP(text) !== 0 && !text.includes('%'));
  return isAddress && !isOddWildcard ? undefined : 'is not an address to listen on';
}

/** Whether nothing but this machine can reach what listens there. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Whether it stands for every address of the machine. */
export function isWildcardHost(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Where the keys are that tokens are checked with: whoever could change them on the way could be anybody. */
export function wrongWithKeysUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:\/\/[^/]/.test(text)) return 'is not a web URL';
  if (hasCredentials(url)) return 'holds credentials';
  const isNear = isLoopbackHost(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  return url.protocol === 'https:' || isNear ? undefined : 'can be changed on its way, without TLS';
}

/** Links are the root and a path, one after the other, and everybody reads them. */
export function wrongWithUrlRoot(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return 'is not a web URL';
  if (hasCredentials(url)) return 'holds credentials, which links would show';
  if (/[?#]|\/$/.test(text)) return 'ends in something that links cannot be added to';
  return undefined;
}

/** An address, or a range of them as CIDR writes it. */
export function wrongWithRange(text: string): string | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  // isIP lets an interface (`fe80::1%eth0`) pass, which no range has.
  const version = address.includes('%') ? 0 : isIP(address);
  const bitsMax = { 4: 32, 6: 128 }[version] ?? -1;
  const hasBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  return version !== 0 && hasBits && rest.length === 0 ? undefined : 'is not an address range';
}

/** Where a member of etcd is. Without a port, gRPC would take that of https for both schemes. */
export function wrongWithEndpoint(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:\/\//.test(text)) return 'is not an http or https address';
  if (hasCredentials(url)) return 'holds credentials, which belong to etcd.username';
  if (!/^https?:\/\/[^/?#]+$/.test(text)) return 'ends in more than a host and a port';
  return /:\d+$/.test(text) ? undefined : 'has no port';
}

/** One entry of `redis.urls`. */
export interface RedisEntry {
  /** The region that it serves; undefined where it serves every one. */
  readonly region: string | undefined;
  readonly url: string;
}

/** Takes an entry of `redis.urls` apart: `URL` or `region=URL`. A URL may hold a `=` of its own. */
export function redisEntry(text: string): RedisEntry {
  const [, region, url] = /^([^=:/]*)=(.*)$/.exec(text) ?? [];
  return { region, url: url ?? text };
}

/** An entry of `redis.urls` by itself; what entries are together is a matter of relations. */
export function wrongWithRedisEntry(text: string): string | undefined {
  const { region, url: address } = redisEntry(text);
  if (region !== undefined && !isRegionName(region)) return 'does not begin with a region';
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.hostname === '' || !/^rediss?:\/\//.test(address)) {
    return 'is not an address of a Redis server';
  }
  // A "#" in a password that is not written as %23 ends the host's name as well.
  if (/[?#]/.test(address) || !/^(\/\d*)?$/.test(url.pathname)) {
    return 'ends in more than a host, a port and the number of a database';
  }
  return wrongWithCredentials(url);
}

function wrongWithCredentials({ username, password }: URL): string | undefined {
  if (username !== '' && password === '') return 'names a user without a password';
  try {
    decodeURIComponent(username + password);
    return undefined;
  } catch {
    return 'has a "%" in front of what it cannot stand for';
  }
}

/** Whether a region may be called so: names become part of keys, in which other characters mean something. */
export function isRegionName(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(text);
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}
