/**
 * How many servers `percent` of `desired` is, rounded away from zero: 1 % of 1 is 1, -1 % of 1 is -1.
 *
 * The product is exact in the decimal digits of `percent` as JSON writes it, so 0.1 % of 1000 is 1 and not
 * 2, although the double next to 0.1 is greater than a tenth. `desired` is a whole number. Answers
 * beyond the safe integers become the greatest safe one of their sign: every group's maximum is far below.
 */
export function percentOf(desired: number, percent: number): number {
  const { digits, exponent } = decimalOf(percent);
  const product = BigInt(desired) * digits;
  const hundredths = exponent - 2;
  if (hundredths >= 0) return toSafeNumber(product * 10n ** BigInt(hundredths));
  const divisor = 10n ** BigInt(-hundredths);
  const whole = product / divisor; // cut off toward zero
  if (whole * divisor === product) return toSafeNumber(whole);
  return toSafeNumber(product < 0n ? whole - 1n : whole + 1n);
}

/** A number as `digits` × 10^`exponent`, from its shortest text, such as 1.5, 1e-7 or 1.2e+21. */
function decimalOf(value: number): { readonly digits: bigint; readonly exponent: number } {
  const [mantissa = '', power = '0'] = String(value).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}

function toSafeNumber(value: bigint): number {
  const safe = BigInt(Number.MAX_SAFE_INTEGER);
  if (value > safe) return Number.MAX_SAFE_INTEGER;
  return value < -safe ? Number.MIN_SAFE_INTEGER : Number(value);
}
