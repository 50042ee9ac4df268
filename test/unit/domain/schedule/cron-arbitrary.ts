/**
 * Random cron expressions, each in two spellings: ours, with all that our grammar allows, and one that
 * cron-parser understands alike. Nothing here is shared with the code under test.
 */
import * as fc from 'fast-check';

export interface RandomCron {
  /** In our dialect. */
  readonly ours: string;
  /** The same schedule for cron-parser: no 0 for 1, no `l`, no value twice. */
  readonly theirs: string;
  /** Whether the expression has a day in some month. */
  readonly canFire: boolean;
}

interface Item {
  readonly ours: string;
  readonly theirs: string;
  readonly values: readonly (number | 'L')[];
}

interface Field extends Item {
  readonly isEvery: boolean;
}

interface FieldShape {
  /** What `*` stands for. */
  readonly first: number;
  readonly last: number;
  /** The greatest number that may be written. */
  readonly max: number;
  readonly names: readonly string[];
  readonly hasLastDay: boolean;
}

const SIXTY: FieldShape = { first: 0, last: 59, max: 59, names: [], hasLastDay: false };
const HOUR: FieldShape = { ...SIXTY, last: 23, max: 23 };
const DAY_OF_MONTH: FieldShape = { first: 1, last: 31, max: 31, names: [], hasLastDay: true };
const MONTH: FieldShape = {
  ...{ first: 1, last: 12, max: 12, hasLastDay: false },
  names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
};
const DAY_OF_WEEK: FieldShape = {
  ...{ first: 0, last: 6, max: 7, hasLastDay: false },
  names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
};

const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const EVERY: Field = { isEvery: true, ours: '*', theirs: '*', values: [] };

/** Expressions of five fields. */
export const randomCron: fc.Arbitrary<RandomCron> = expressionOf([
  fieldOf(SIXTY, 2),
  fieldOf(HOUR, 2),
  ...daysOf(),
]);

/** Expressions of six fields, seconds first. */
export const randomCronWithSeconds: fc.Arbitrary<RandomCron> = expressionOf([
  fieldOf(SIXTY, 1),
  fieldOf(SIXTY, 2),
  fieldOf(HOUR, 2),
  ...daysOf(),
]);

/** Expressions that fire on late days of short months, or never. */
export const randomMonthEndCron: fc.Arbitrary<RandomCron> = expressionOf([
  valuesOf(0, 59),
  valuesOf(0, 23),
  valuesOf(28, 31),
  fc.oneof(valuesOf(2, 2), valuesOf(1, 12)),
  fc.constant(EVERY),
]);

/** Instants of the years 1970 to 2400, many of them close to where a minute, day, month or year ends. */
export const randomInstant: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: Date.UTC(2401, 0) - 1 }),
  fc
    .record({
      year: fc.oneof(
        fc.integer({ min: 1970, max: 2400 }),
        fc.constantFrom(1972, 1999, 2000, 2024, 2100, 2400),
      ),
      month: fc.integer({ min: 0, max: 12 }),
      distanceMs: fc.constantFrom(1, 999, 1000, 60_000, 3_600_000, 86_400_000),
      times: fc.integer({ min: -3, max: 3 }),
    })
    .map(({ year, month, distanceMs, times }) =>
      Math.max(0, Date.UTC(year, month) + distanceMs * times),
    ),
);

function daysOf(): readonly fc.Arbitrary<Field>[] {
  return [fieldOf(DAY_OF_MONTH, 3), fieldOf(MONTH, 4), fieldOf(DAY_OF_WEEK, 4)];
}

function expressionOf(fields: readonly fc.Arbitrary<Field>[]): fc.Arbitrary<RandomCron> {
  return fc.tuple(...fields).map((parts) => ({
    ours: parts.map(({ ours }) => ours).join(' '),
    theirs: parts.map(({ theirs }) => theirs).join(' '),
    canFire: canFire(parts.slice(-3)),
  }));
}

function canFire(days: readonly Field[]): boolean {
  const [dayOfMonth = EVERY, month = EVERY, dayOfWeek = EVERY] = days;
  if (dayOfMonth.isEvery || !dayOfWeek.isEvery || dayOfMonth.values.includes('L')) return true;
  const earliest = Math.min(...dayOfMonth.values.map(Number));
  const months = month.isEvery ? [1] : month.values.map(Number);
  return months.some((number) => earliest <= (LONGEST[number - 1] ?? 0));
}

/** `everyWeight` against 4: how often the field is a plain `*`. */
function fieldOf(shape: FieldShape, everyWeight: number): fc.Arbitrary<Field> {
  const one = { minLength: 1, maxLength: 1 };
  const some = { minLength: 1, maxLength: 4 };
  const items = itemOf(shape);
  const list = fc.oneof(fc.array(items, one), fc.array(items, some)).map((drawn) => {
    const distinct: Item[] = [];
    const seen = new Set<number | 'L'>();
    for (const item of drawn) {
      if (item.values.some((value) => seen.has(value))) continue;
      item.values.forEach((value) => seen.add(value));
      distinct.push(item);
    }
    return {
      isEvery: false,
      ours: distinct.map(({ ours }) => ours).join(','),
      theirs: distinct.map(({ theirs }) => theirs).join(','),
      values: [...seen],
    };
  });
  return fc.oneof(
    { weight: everyWeight, arbitrary: fc.constant(EVERY) },
    { weight: 4, arbitrary: list },
  );
}

/** One or two numbers of a range. */
function valuesOf(min: number, max: number): fc.Arbitrary<Field> {
  const numbers = fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 2 });
  return numbers.map((values) => {
    const list = values.join(',');
    return { isEvery: false, ours: list, theirs: list, values };
  });
}

function itemOf(shape: FieldShape): fc.Arbitrary<Item> {
  const kinds = [
    { weight: 4, arbitrary: numberOf(shape) },
    { weight: 1, arbitrary: stepsOf(shape) },
    { weight: 2, arbitrary: rangeOf(shape) },
  ];
  if (shape.names.length > 0) kinds.push({ weight: 1, arbitrary: nameOf(shape) });
  if (shape.hasLastDay) {
    const lastDay = fc
      .constantFrom('l', 'L')
      .map((ours): Item => ({ ours, theirs: 'L', values: ['L'] }));
    kinds.push({ weight: 1, arbitrary: lastDay });
  }
  return fc.oneof(...kinds);
}

function numberOf(shape: FieldShape): fc.Arbitrary<Item> {
  const zeros = fc.constantFrom('', '', '0', '00');
  const number = fc.integer({ min: 0, max: shape.max });
  const late = fc.integer({ min: shape.last - 2, max: shape.last }); // where months end
  return fc.tuple(fc.oneof(number, late), zeros).map(([number, leading]) => ({
    ours: `${leading}${number}`,
    theirs: String(Math.max(number, shape.first)),
    values: [meaning(shape, number)],
  }));
}

function stepsOf(shape: FieldShape): fc.Arbitrary<Item> {
  return fc.integer({ min: 1, max: shape.last + 9 }).map((step) => ({
    ours: `*/${step}`,
    theirs: `*/${step}`,
    values: spread(shape, { low: shape.first, high: shape.last, step }),
  }));
}

function rangeOf(shape: FieldShape): fc.Arbitrary<Item> {
  const end = fc.integer({ min: 0, max: shape.max });
  const step = fc.option(fc.integer({ min: 1, max: shape.last + 9 }), { nil: undefined });
  return fc.tuple(end, end, step).map(([a, b, maybeStep]) => {
    const low = Math.min(a, b);
    const high = Math.max(a, b);
    // A stepped range from 0 has no spelling of theirs where 0 means 1.
    const writtenStep = low < shape.first ? undefined : maybeStep;
    const suffix = writtenStep === undefined ? '' : `/${writtenStep}`;
    return {
      ours: `${low}-${high}${suffix}`,
      theirs: `${Math.max(low, shape.first)}-${Math.max(high, shape.first)}${suffix}`,
      values: spread(shape, { low, high, step: writtenStep ?? 1 }),
    };
  });
}

function nameOf(shape: FieldShape): fc.Arbitrary<Item> {
  const last = shape.names.length - 1;
  const spelt = fc.constantFrom(
    (name: string) => name,
    (name: string) => name.toUpperCase(),
    (name: string) => name.slice(0, 1).toUpperCase() + name.slice(1),
  );
  return fc.tuple(fc.integer({ min: 0, max: last }), spelt).map(([index, spell]) => ({
    ours: spell(shape.names[index] ?? ''),
    theirs: shape.names[index] ?? '',
    values: [shape.first + index],
  }));
}

function spread(
  shape: FieldShape,
  range: { readonly low: number; readonly high: number; readonly step: number },
): readonly number[] {
  const values = new Set<number>();
  for (let value = range.low; value <= range.high; value += range.step) {
    values.add(meaning(shape, value));
  }
  return [...values];
}

function meaning(shape: FieldShape, number: number): number {
  return number < shape.first || number > shape.last ? shape.first : number;
}
