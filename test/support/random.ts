import type { Random } from '../../src/base/random.ts';

/** Each byte in hex. */
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Randomness that a seed replays (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  function fraction(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  function hex(count: number): string {
    let digits = '';
    for (let left = count; left > 0; left -= 1) {
      digits += BYTES[Math.floor(fraction() * 256)] ?? '';
    }
    return digits;
  }
  function uuid(): string {
    const digits = hex(16);
    const variant = '89ab'.charAt(Math.floor(fraction() * 4));
    return [
      digits.slice(0, 8),
      digits.slice(8, 12),
      `4${digits.slice(13, 16)}`,
      `${variant}${digits.slice(17, 20)}`,
      digits.slice(20),
    ].join('-');
  }
  return { fraction, hex, uuid };
}
