/**
 * Where a request comes from. Behind a proxy the connection comes from the proxy, which names its own caller in
 * `X-Forwarded-For`; as anybody can send that header, it counts only as far as proxies wrote it that are trusted.
 */
import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** Addresses of proxies whose word counts. */
export type TrustedProxies = Pick<BlockList, 'check'>;

/** Ranges as CIDR writes them, or single addresses. Throws where one is neither. */
export function trustedProxies(ranges: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/**
 * The address that is furthest away among those that are vouched for; undefined where the connection has ended.
 * Each proxy adds whom it heard from at the end, so the header is read from there, until one is not trusted.
 */
export function remoteAddressOf(
  request: Pick<IncomingMessage, 'headers' | 'headersDistinct'> & {
    readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
  },
  trusted: TrustedProxies,
): string | undefined {
  const { remoteAddress } = request.socket;
  if (remoteAddress === undefined) return undefined;
  let address = plainOf(remoteAddress);
  if (request.headers['x-forwarded-for'] === undefined) return address; // nobody is named whom to trust
  const hops = (request.headersDistinct['x-forwarded-for'] ?? []).join(',').split(',').reverse();
  for (const hop of hops) {
    if (!trusted.check(address, familyOf(address))) break;
    const next = addressIn(hop.trim());
    if (next === undefined) break;
    address = next;
  }
  return address;
}

/**
 * What requests from an address are counted by: whoever has an address of version 6 usually has all of the 2^64 that
 * begin like it.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const first = head === '' ? [] : head.split(':');
  if (tail === undefined) return prefixOf(first);
  const last = tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(8 - first.length - last.length).fill('0');
  return prefixOf([...first, ...zeros, ...last]);
}

function prefixOf(groups: readonly string[]): string {
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** An address that some proxies write with a port behind it. */
function addressIn(hop: string): string | undefined {
  const [, bracketed, dotted] =
    /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/.exec(hop) ?? [];
  const address = bracketed ?? dotted ?? hop;
  return isIP(address) === 0 || address.includes('%') ? undefined : plainOf(address);
}

/** An address of version 4 in its own form, where it came in that of version 6; one of version 6 in its shortest. */
function plainOf(text: string): string {
  const [address = ''] = text.split('%'); // the interface of a link-local address
  if (isIP(address) !== 6) return address;
  const shortest = new SocketAddress({ address, family: 'ipv6' }).address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(shortest)?.[1] ?? shortest;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}
