import { assert } from '../../../base/assert.ts';
import { contains, parseAddress, parseCidr } from './address.ts';
import type { Address, Cidr } from './address.ts';

/** Blocks that a webhook must not reach, with what they are, more special ones first (IANA's special-purpose registries). */
const REFUSED: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'an address of "this network"'],
  ['10.0.0.0/8', 'a private address'],
  ['100.64.0.0/10', 'an address shared behind a carrier'],
  ['127.0.0.0/8', 'a loopback address'],
  ['169.254.0.0/16', 'a link-local address'],
  ['172.16.0.0/12', 'a private address'],
  ['192.0.0.0/24', 'a special-purpose address'],
  ['192.0.2.0/24', 'a documentation address'],
  ['192.88.99.0/24', 'a special-purpose address'],
  ['192.168.0.0/16', 'a private address'],
  ['198.18.0.0/15', 'a benchmark address'],
  ['198.51.100.0/24', 'a documentation address'],
  ['203.0.113.0/24', 'a documentation address'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'a reserved address'],
  ['::/128', 'the unspecified address'],
  ['::1/128', 'a loopback address'],
  ['64:ff9b:1::/48', 'a private address'],
  ['100::/64', 'a special-purpose address'],
  ['2001:2::/48', 'a benchmark address'],
  ['2001:db8::/32', 'a documentation address'],
  // Teredo, which carries an IPv4 address of the sender's choice, is among these.
  ['2001::/23', 'a special-purpose address'],
  ['3fff::/20', 'a documentation address'],
  ['fc00::/7', 'a unique-local address'],
  ['fe80::/10', 'a link-local address'],
  ['fec0::/10', 'a site-local address'],
  ['ff00::/8', 'a multicast address'],
];

/** Blocks of IPv6 whose addresses lead to an IPv4 address that they hold, and how far from the right end. */
const EMBEDDINGS: readonly (readonly [string, bigint])[] = [
  // IPv4-compatible, deprecated, still understood by some
  ['::/96', 0n],
  // IPv4-mapped
  ['::ffff:0:0/96', 0n],
  // NAT64
  ['64:ff9b::/96', 0n],
  // 6to4
  ['2002::/16', 80n],
];

const refusedBlocks = REFUSED.map(([text, what]) => ({ block: known(text), what }));
const embeddings = EMBEDDINGS.map(([text, shift]) => ({ block: known(text), shift }));
/** All of IPv6 that is given out to the public. The rest is refused even where no block names it. */
const publicIpv6 = known('2000::/3');

/**
 * Why a webhook must not go to an address: what kind of address it is; undefined where it may. Refused is
 * whatever is not public, in IPv4, in IPv6, and as IPv4 inside IPv6, unless it lies in an allowed block.
 */
export function refusalOf(text: string, allowed: readonly Cidr[]): string | undefined {
  const address = parseAddress(text);
  if (address === undefined) return 'not an IP address';
  const embedded = embeddedIpv4(address);
  const forms = embedded === undefined ? [address] : [address, embedded];
  if (forms.some((form) => allowed.some((block) => contains(block, form)))) return undefined;
  // The outer form goes first: ::1 is loopback, and not what it would be as an embedded 0.0.0.1.
  for (const form of forms) {
    const refused = refusedBlocks.find(({ block }) => contains(block, form));
    if (refused !== undefined) return refused.what;
  }
  const isPublic = embedded !== undefined || address.family === 4 || contains(publicIpv6, address);
  return isPublic ? undefined : 'not a public address';
}

function embeddedIpv4(address: Address): Address | undefined {
  const embedding = embeddings.find(({ block }) => contains(block, address));
  if (embedding === undefined) return undefined;
  return { family: 4, value: (address.value >> embedding.shift) & 0xffff_ffffn };
}

function known(text: string): Cidr {
  const block = parseCidr(text);
  assert(block !== undefined, `${text} is a block of addresses`);
  return block;
}
