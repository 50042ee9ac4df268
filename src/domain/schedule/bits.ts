/**
 * Small sets of small numbers as the bits of one number (up to 31), or of two with 30 bits each (up to
 * 60, "sixty"). Searches answer -1 where there is nothing to find.
 */

const HALF = 30;

/** Whether the set has the number `bit`, 0 to 30. */
export function hasBit(bits: number, bit: number): boolean {
  return ((bits >> bit) & 1) === 1;
}

/** The set of the numbers below `end`, 0 to 31. */
export function bitsBelow(end: number): number {
  return end === 31 ? 0x7fffffff : (1 << end) - 1;
}

/** The smallest number of the set that is not below `from`, 0 to 31. */
export function bitFrom(bits: number, from: number): number {
  const rest = bits & ~bitsBelow(from);
  return rest === 0 ? -1 : 31 - Math.clz32(rest & -rest);
}

/** The greatest number of the set that is not above `until`, -1 to 30. */
export function bitUntil(bits: number, until: number): number {
  return 31 - Math.clz32(bits & bitsBelow(until + 1));
}

/** How many numbers the set has. */
export function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** A set of numbers from 0 to 59: those below 30, and those from 30 on less 30. */
export interface Sixty {
  readonly low: number;
  readonly high: number;
}

/** Whether the set has the number `value`, 0 to 59. */
export function hasSixty(set: Sixty, value: number): boolean {
  return value < HALF ? hasBit(set.low, value) : hasBit(set.high, value - HALF);
}

/** The smallest number of the set that is not below `from`, 0 to 60. */
export function sixtyFrom(set: Sixty, from: number): number {
  const low = from < HALF ? bitFrom(set.low, from) : -1;
  if (low !== -1) return low;
  const high = bitFrom(set.high, Math.max(from - HALF, 0));
  return high === -1 ? -1 : high + HALF;
}

/** The greatest number of the set that is not above `until`, -1 to 59. */
export function sixtyUntil(set: Sixty, until: number): number {
  const high = until < HALF ? -1 : bitUntil(set.high, until - HALF);
  return high === -1 ? bitUntil(set.low, Math.min(until, HALF - 1)) : high + HALF;
}

/** How many numbers of the set are below `end`, 0 to 60. */
export function countSixty(set: Sixty, end: number): number {
  const low = countBits(set.low & bitsBelow(Math.min(end, HALF)));
  return low + countBits(set.high & bitsBelow(Math.max(end - HALF, 0)));
}

/** The set of the given numbers, 0 to 59. */
export function sixtyOf(values: readonly number[]): Sixty {
  return {
    low: bitsOf(values.filter((value) => value < HALF)),
    high: bitsOf(values.filter((value) => value >= HALF).map((value) => value - HALF)),
  };
}

/** The set of the given numbers, 0 to 30. */
export function bitsOf(values: readonly number[]): number {
  return values.reduce((bits, value) => bits | (1 << value), 0);
}
