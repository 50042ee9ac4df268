/** Percentiles and medians: what a measurement says once its noise is taken into account. */

/** How late things were, in ms. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * The smallest value that at least `share` (0 < share ≤ 1) of all values do not exceed: nearest rank, so
 * always a value that was measured. Throws where there is none.
 */
export function percentile(values: readonly number[], share: number): number {
  return ranked(ascending(values), share);
}

/** The middle percentiles that reports show. Throws where there is no value. */
export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = ascending(values);
  return { p50: ranked(sorted, 0.5), p99: ranked(sorted, 0.99), max: ranked(sorted, 1) };
}

/** The middle value, or the mean of the middle two. Throws where there is no value. */
export function median(values: readonly number[]): number {
  return middle(ascending(values));
}

/** Half the way from the least to the greatest value, as a share of the median: what stands behind `±`. */
export function spread(values: readonly number[]): number {
  const sorted = ascending(values);
  return (ranked(sorted, 1) - at(sorted, 0)) / 2 / middle(sorted);
}

/** The value with `digits` digits after the point. */
export function rounded(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}

function ascending(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}

function middle(sorted: Float64Array): number {
  const upper = Math.floor(sorted.length / 2);
  const lower = Math.ceil(sorted.length / 2) - 1;
  return (at(sorted, lower) + at(sorted, upper)) / 2;
}

function ranked(sorted: Float64Array, share: number): number {
  // Rounded first: 0.07 × 100 is a little above 7, and must not be rank 8.
  const rank = Math.ceil(Number((share * sorted.length).toFixed(6)));
  return at(sorted, Math.max(rank, 1) - 1);
}

function at(sorted: Float64Array, index: number): number {
  const value = sorted[index];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}
