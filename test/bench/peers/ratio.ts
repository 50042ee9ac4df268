/** Ratios of Lutra to its peers, over rounds in which they took turns. */
import { median } from '../statistics.ts';

/** The median of each round's ratio. Undefined where there is no round in which both were measured. */
export function ratioOf(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): number | undefined {
  const ratios = ours.flatMap((our, round) => {
    const their = theirs[round];
    return our === undefined || their === undefined || their === 0 ? [] : [our / their];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

/** A ratio to three digits: with a fraction where it is small. */
export function shownRatio(ratio: number | undefined): number | undefined {
  return ratio === undefined ? undefined : Number(ratio.toPrecision(3));
}

/** From the least to the greatest, as a text; one value where they are the same. */
export function rangeOf(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) =>
    Number(value.toPrecision(3)).toLocaleString('en-US'),
  );
  return least === most ? String(least) : `${String(least)} – ${String(most)}`;
}
