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

/** Rules that only the extended dialect has; clocks are mostly set on a Sunday, the last or the second of a month. */
export const EXTENDED: readonly string[] = [
  ...['30 2 ? * SUNL', '*/30 22-3 * * SAT-MON', '15 0 LW,L-1 * 7#2,SUN#1', '@daily'],
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

const WEEKDAYS = ['SUN', 'mon', 'Tue', 'WED', 'thu', 'Fri', 'SAT', ...Array.from('01234567')];
const MACROS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@HOURLY'];

/** An expression of the extended dialect, which has days in every year. */
export function randomExtended(dice: Dice): string {
  if (dice.chance(0.03)) return dice.pick(MACROS);
  const [minute, hour] = SCALES.map(({ first, last, everyShare }) =>
    dice.chance(everyShare) ? '*' : randomWrapping(dice, first, last),
  );
  const fields = [minute, hour, randomDays(dice)];
  return (dice.chance(0.1) ? [randomWrapping(dice, 0, 59), ...fields] : fields).join(' ');
}

/** The last three fields of an expression of the extended dialect. */
export function randomDays(dice: Dice): string {
  const some = (share: number, any: string, item: () => string): string =>
    dice.chance(share) ? any : Array.from({ length: 1 + dice.below(3) }, item).join(',');
  const day = some(0.4, dice.pick(['*', '?']), () => randomDay(dice));
  const weekday = some(0.5, dice.pick(['*', '?']), () => randomWeekday(dice));
  // Every choice has a month of 31 days: a day that none of the months has is refused.
  const month = some(0.7, '*', () =>
    dice.pick(['NOV-FEB', '10-3', 'dec', '1', '7-6', 'JUL-oct/3']),
  );
  return [day, month, weekday].join(' ');
}

function randomDay(dice: Dice): string {
  const day = 1 + dice.below(31);
  const late = 1 + dice.below(30);
  const workday = `${String(dice.pick([1, 2, 15, 28, 29, 30, 31, day]))}W`;
  const range = randomWrapping(dice, 1, 31);
  return dice.pick([
    'L',
    `L-${String(late)}`,
    `l-${String(1 + dice.below(3))}`,
    workday,
    'LW',
    range,
  ]);
}

function randomWeekday(dice: Dice): string {
  const [weekday, other] = [dice.pick(WEEKDAYS), dice.pick(WEEKDAYS)];
  const nth = `${weekday}#${String(1 + dice.below(5))}`;
  return dice.pick([weekday, `${weekday}-${other}`, `${weekday}-${other}/2`, nth, `${weekday}L`]);
}

/** A field whose ranges may run backward. */
function randomWrapping(dice: Dice, first: number, last: number): string {
  const value = (): string => String(first + dice.below(last - first + 1));
  if (dice.chance(0.3)) return value();
  if (dice.chance(0.2)) return `*/${String(1 + dice.below(last))}`;
  const step = dice.chance(0.3) ? `/${String(1 + dice.below(5))}` : '';
  return `${value()}-${value()}${step}`;
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
