/** Whether something grows that should stay as it is: readings over time, judged at the end. */

/** One value at one moment. */
export interface Reading {
  readonly atMs: number;
  /** What was read, of which life of which process: `n1 resident bytes`. */
  readonly name: string;
  readonly value: number;
}

/** What became of one value. */
export interface Growth {
  readonly name: string;
  /** Medians of the quarter after the warm-up and of the last quarter. */
  readonly before: number;
  readonly after: number;
  /** 0.1 is a tenth more. */
  readonly share: number;
}

/** The first quarter is warm-up. */
const QUARTERS = 4;
/** Fewer readings than this in a quarter say nothing. */
const READINGS_MIN = 3;

/** The growth of every value that was read in the second as well as in the last quarter of a span of time. */
export function growthOf(readings: readonly Reading[], spanMs: number): readonly Growth[] {
  const names = [...new Set(readings.map(({ name }) => name))];
  return names.flatMap((name) => {
    const inQuarter = (quarter: number): readonly number[] =>
      readings
        .filter((reading) => reading.name === name)
        .filter(
          ({ atMs }) => Math.min(Math.floor((atMs / spanMs) * QUARTERS), QUARTERS - 1) === quarter,
        )
        .map(({ value }) => value);
    const [early, late] = [inQuarter(1), inQuarter(QUARTERS - 1)];
    if (early.length < READINGS_MIN || late.length < READINGS_MIN) return [];
    const [before, after] = [middle(early), middle(late)];
    return [{ name, before, after, share: before === 0 ? after : after / before - 1 }];
  });
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
