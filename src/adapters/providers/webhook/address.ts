import { isIPv4, isIPv6 } from 'node:net';

/** An IP address as a number. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A block of addresses: those whose first `prefix` bits are those of `value`. */
export interface Cidr extends Address {
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/** Reads an IP address, with or without a zone (`%eth0`, which is dropped); undefined where it is none. */
export function parseAddress(text: string): Address | undefined {
  const [address = ''] = text.split('%', 1);
  if (isIPv4(address)) return { family: 4, value: joined(address.split('.').map(Number), 8n) };
  if (!isIPv6(address)) return undefined;
  const [head = '', tail] = address.split('::');
  const left = groupsOf(head);
  const right = groupsOf(tail ?? '');
  // "::" stands for as many zeros as are missing; without it nothing is missing.
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0);
  return { family: 6, value: joined([...left, ...zeros, ...right], 16n) };
}

/** Reads `address/prefix`, or an address that stands for itself; undefined where it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const [addressText = '', prefixText, ...rest] = text.split('/');
  const address = addressText.includes('%') ? undefined : parseAddress(addressText);
  if (address === undefined || rest.length > 0) return undefined;
  const bits = BITS[address.family];
  if (prefixText === undefined) return { ...address, prefix: bits };
  const prefix = /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : undefined;
  return prefix === undefined || prefix > bits ? undefined : { ...address, prefix };
}

/** Whether the address lies in the block. */
export function contains(block: Cidr, address: Address): boolean {
  if (block.family !== address.family) return false;
  const hostBits = BigInt(BITS[block.family] - block.prefix);
  return block.value >> hostBits === address.value >> hostBits;
}

/** The 16-bit groups of a part of an IPv6 address; an IPv4 address at its end counts as two. */
function groupsOf(part: string): readonly number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    const ipv4 = group.includes('.') ? parseAddress(group)?.value : undefined;
    return ipv4 === undefined
      ? [Number.parseInt(group, 16)]
      : [Number(ipv4 >> 16n), Number(ipv4 & 0xffffn)];
  });
}

function joined(parts: readonly number[], bitsEach: bigint): bigint {
  return parts.reduce((value, part) => (value << bitsEach) | BigInt(part), 0n);
}
