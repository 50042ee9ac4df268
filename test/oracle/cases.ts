/** What the oracle is asked: random cases, and the expressions for every change of every clock. */
import type { Dice } from '../fuzz/dice.ts';

export type Gap = 'shift' | 'skip';
export type Overlap = 'first' | 'second' | 'both';

/** Rules that meet a change of the clocks in different ways. */
export const TWELVE: readonly string[] = [
  ...['* * * * *', '*/15 * * * *', '0 * * * *', '30 2 * * *', '0 0 * * *', '15 0 * * *'],
  ...['59 23 * * *', '0 */2 * * *', '*/20 1-3 * * *', '30 1,2,3 * * 0', '45 2 L * *'],
  '30 9 * * 1-5',
];

export const CHOICES: readonly { readonly gap: Gap; readonly overlap: Overlap }[] = (
  ['shift', 'skip'] as const
).flatMap((gap) => (['first', 'second', 'both'] as const).map((overlap) => ({ gap, overlap })));

const SCALES = [
  { first: 0, last: 59, everyShare: 0.2 },
  { first: 0, last: 23, everyShare: 0.3 },
  { first: 1, last: 31, everyShare: 0.7 },
  { first: 1, last: 12, everyShare: 0.7 },
  { first: 0, last: 6, everyShare: 0.6 },
];

/** An expression of five fields, or of six with seconds; most have a day that comes soon. */
export function randomExpression(dice: Dice): string {
  const fields = SCALES.map(({ first, last, everyShare }) =>
    dice.chance(everyShare) ? '*' : randomField(dice, first, last),
  );
  // The days 29 to 31 of a random month may never come.
  if (fields[3] !== '*' && fields[4] === '*') fields[2] = dice.chance(0.5) ? '*' : '1,15,28';
  if (dice.chance(0.1)) fields[2] = 'L';
  if (dice.chance(0.5)) fields[1] = dice.chance(0.5) ? '*' : randomField(dice, 0, 4);
  return (dice.chance(0.1) ? [randomField(dice, 0, 59), ...fields] : fields).join(' ');
}

function randomField(dice: Dice, first: number, last: number): string {
  const value = (): number => first + dice.below(last - first + 1);
  const items = Array.from({ length: 1 + dice.below(2) }, () => {
    if (dice.chance(0.5)) return String(value());
    if (dice.chance(0.4)) return `*/${String(1 + dice.below(last))}`;
    const [low = 0, high = 0] = [value(), value()].sort((a, b) => a - b);
    return `${String(low)}-${String(high)}${dice.chance(0.3) ? `/${String(1 + dice.below(5))}` : ''}`;
  });
  return items.join(',');
}
