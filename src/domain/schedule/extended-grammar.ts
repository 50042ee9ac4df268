/**
 * The extended cron dialect: what the cron of most other schedulers can say, read strictly.
 *
 * Beyond the v1.0 grammar it has names and ranges that wrap (`fri-mon`, `22-2`), `?`, macros, days counted
 * from the end of the month (`L`, `L-3`), workdays (`15W`, `LW`) and days of the week by their place in the
 * month (`fri#2`, `friL`). A number outside its field is refused, where the v1.0 grammar gives 0 a meaning.
 */
import { CRON_MAX_LENGTH, MONTHS, WEEKDAYS } from './cron-grammar.ts';
import type { InvalidCron } from './cron-grammar.ts';

/** One thing that a field restricts its values to. */
export type ExtendedItem =
  | { readonly kind: 'value'; readonly value: number }
  /** `value` days before the last of the month; 0 is the last one. */
  | { readonly kind: 'from-end'; readonly value: number }
  /** The Monday to Friday of the month that is nearest to its day `value`. */
  | { readonly kind: 'near-workday'; readonly value: number }
  /** The last Monday to Friday of the month. */
  | { readonly kind: 'last-workday' }
  /** The day of the week `value`, for the `nth` time in the month. */
  | { readonly kind: 'nth-weekday'; readonly value: number; readonly nth: number }
  /** The last day of the week `value` of the month. */
  | { readonly kind: 'last-weekday'; readonly value: number };

/** What one field was read as. */
export interface ExtendedField {
  /** Whether it was `*` or `?`, which restrict nothing; it has all values then. */
  readonly isAny: boolean;
  readonly items: readonly ExtendedItem[];
}

/** Values as they are written: months and days of the month from 1, Sunday being 0. */
export interface ExtendedFields {
  readonly second: ExtendedField;
  readonly minute: ExtendedField;
  readonly hour: ExtendedField;
  readonly dayOfMonth: ExtendedField;
  readonly month: ExtendedField;
  readonly dayOfWeek: ExtendedField;
}

export type ExtendedReading =
  { readonly kind: 'read'; readonly fields: ExtendedFields } | InvalidCron;

/** What one field may hold. */
interface FieldRule {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** The greatest number that may be written. */
  readonly max: number;
  /** Names of the values, from `first` on, in lower case. */
  readonly names: readonly string[];
  /** Whether `?` may stand for any value. */
  readonly allowsQuestion: boolean;
  /** Reads what only this field knows; undefined for any other text. */
  readonly special: (item: string) => Reading | undefined;
  /** What else may be written, for people. */
  readonly also: string;
}

type Reading =
  | { readonly kind: 'items'; readonly items: readonly ExtendedItem[] }
  | { readonly kind: 'wrong'; readonly why: string };

const MACROS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

const PLAIN = { names: [], allowsQuestion: false, special: () => undefined, also: '' };
const SIXTY = { ...PLAIN, first: 0, last: 59, max: 59 };
const SECOND: FieldRule = { ...SIXTY, name: 'second' };
const MINUTE: FieldRule = { ...SIXTY, name: 'minute' };
const HOUR: FieldRule = { ...PLAIN, name: 'hour', first: 0, last: 23, max: 23 };
const DAY_OF_MONTH: FieldRule = {
  ...{ ...PLAIN, name: 'day of month', first: 1, last: 31, max: 31 },
  allowsQuestion: true,
  special: readMonthDay,
  also:
    ', L for the last day, L-3 for three days before it, 15W for the Monday to Friday nearest ' +
    'to the 15th, LW for the last one',
};
const MONTH: FieldRule = {
  ...{ ...PLAIN, name: 'month', first: 1, last: 12, max: 12 },
  names: MONTHS,
  also: ' or jan to dec',
};
const DAY_OF_WEEK: FieldRule = {
  ...{ ...PLAIN, name: 'day of week', first: 0, last: 6, max: 7 },
  names: WEEKDAYS,
  allowsQuestion: true,
  special: readMonthWeekday,
  also: ' (0 and 7 are Sunday) or sun to sat, friL for the last Friday, fri#2 for the second one',
};

/** Reads a text of the dialect, field by field. Whether its days exist is not checked here. */
export function readExtended(text: string): ExtendedReading {
  if (text.length > CRON_MAX_LENGTH) {
    return invalid(
      `a cron expression has at most ${CRON_MAX_LENGTH} characters, not ${text.length}`,
    );
  }
  const name = text.trim().toLowerCase();
  const spelledOut = MACROS.get(name);
  if (name.startsWith('@') && spelledOut === undefined) {
    const known = [...MACROS.keys()].join(', ');
    return invalid(`${quoted(text)} is none of the known names; write one of ${known}`);
  }
  const texts = (spelledOut ?? text).split(/\s+/).filter((field) => field !== '');
  if (texts.length !== 5 && texts.length !== 6) {
    return invalid(
      `${quoted(text)} has ${texts.length === 1 ? '1 field' : `${texts.length} fields`}; write five, ` +
        'separated by blanks: minute, hour, day of month, month, day of week; ' +
        'or six: second, then these',
    );
  }
  return readFields(texts.length === 6 ? texts : ['0', ...texts]);
}

function readFields(texts: readonly string[]): ExtendedReading {
  const problems: string[] = [];
  const read = (rule: FieldRule, index: number): ExtendedField => {
    const field = texts[index] ?? '';
    const reading = readField(rule, field);
    if (!('why' in reading)) return reading;
    problems.push(`${rule.name} ${quoted(field)}: ${reading.why}; ${rightFor(rule)}`);
    return { isAny: false, items: [] };
  };
  const fields = {
    second: read(SECOND, 0),
    minute: read(MINUTE, 1),
    hour: read(HOUR, 2),
    dayOfMonth: read(DAY_OF_MONTH, 3),
    month: read(MONTH, 4),
    dayOfWeek: read(DAY_OF_WEEK, 5),
  };
  const [problem] = problems;
  return problem === undefined ? { kind: 'read', fields } : invalid(problem);
}

function rightFor(rule: FieldRule): string {
  const any = rule.allowsQuestion ? '* or ?' : '*';
  const range = `${rule.first}-${rule.last}`;
  return (
    `write ${any}, or a list, separated by commas, of */2, ${range}, ${range}/2 ` +
    `and numbers from ${rule.first} to ${rule.max}${rule.also}`
  );
}

function readField(rule: FieldRule, field: string): ExtendedField | { readonly why: string } {
  if (field === '*' || (rule.allowsQuestion && field === '?')) {
    return { isAny: true, items: spread(rule, { low: rule.first, high: rule.last, step: 1 }) };
  }
  const items: ExtendedItem[] = [];
  for (const text of field.split(',')) {
    const reading = readItem(rule, text);
    if (reading.kind === 'wrong') return reading;
    items.push(...reading.items);
  }
  return { isAny: false, items };
}

/** What one item of a list stands for. */
function readItem(rule: FieldRule, item: string): Reading {
  if (item === '') return wrong('there is an empty item');
  if (item === '*') return wrong('"*" stands alone, not in a list');
  const special = rule.special(item);
  if (special !== undefined) return special;
  if (item.includes('/')) return readSteps(rule, item);
  if (item.includes('-')) return readRange(rule, item, 1);
  const value = valueOf(rule, item);
  if (value === undefined) return wrong(`${quoted(item)} is none of its values`);
  return { kind: 'items', items: spread(rule, { low: value, high: value, step: 1 }) };
}

function readSteps(rule: FieldRule, item: string): Reading {
  const [, range = '', stepText = ''] = /^([^/]*)\/(\d+)$/.exec(item) ?? [];
  if (range !== '*' && !range.includes('-')) {
    return wrong(`in ${quoted(item)} a step is a number, and follows * or a range`);
  }
  const step = Number(stepText);
  const size = sizeOf(rule);
  if (step < 1 || step > size) return wrong(`in ${quoted(item)} a step is from 1 to ${size}`);
  if (range !== '*') return readRange(rule, range, step);
  return { kind: 'items', items: spread(rule, { low: rule.first, high: rule.last, step }) };
}

function readRange(rule: FieldRule, range: string, step: number): Reading {
  const [lowText = '', highText = '', ...more] = range.split('-');
  const low = valueOf(rule, lowText);
  const high = valueOf(rule, highText);
  if (low === undefined || high === undefined || more.length > 0) {
    return wrong(`${quoted(range)} is no range between two of its values`);
  }
  // One that runs backward goes on from the first value: nov-feb is 11, 12, 1, 2.
  const end = high < low ? high + sizeOf(rule) : high;
  return { kind: 'items', items: spread(rule, { low, high: end, step }) };
}

/** `L`, `LW`, `L-3` and `15W`. */
function readMonthDay(item: string): Reading | undefined {
  const text = item.toUpperCase();
  if (text === 'L') return one({ kind: 'from-end', value: 0 });
  if (text === 'LW') return one({ kind: 'last-workday' });
  const [, before] = /^L-(\d+)$/.exec(text) ?? [];
  if (before !== undefined) {
    const value = Number(before);
    const isKnown = value >= 1 && value <= 30;
    if (!isKnown) return wrong(`${quoted(item)} is not 1 to 30 days before the last`);
    return one({ kind: 'from-end', value });
  }
  const [, day] = /^(\d+)W$/.exec(text) ?? [];
  if (day === undefined) return undefined;
  const value = valueOf(DAY_OF_MONTH, day);
  if (value === undefined) return wrong(`${quoted(item)} is near none of the days 1 to 31`);
  return one({ kind: 'near-workday', value });
}

/** `fri#2` and `friL`, with names or numbers. */
function readMonthWeekday(item: string): Reading | undefined {
  const [, dayText, place = ''] = /^(.+)([L#].*)$/i.exec(item) ?? [];
  if (dayText === undefined) return undefined;
  const weekday = valueOf(DAY_OF_WEEK, dayText);
  if (weekday === undefined)
    return wrong(`${quoted(item)} does not begin with one day of the week`);
  const value = weekday % sizeOf(DAY_OF_WEEK);
  if (place.toUpperCase() === 'L') return one({ kind: 'last-weekday', value });
  if (!/^#[1-5]$/.test(place)) {
    return wrong(`${quoted(item)} does not end with L or one of #1 to #5`);
  }
  return one({ kind: 'nth-weekday', value, nth: Number(place.slice(1)) });
}

/** The number that a text stands for, where it may be written in the field. */
function valueOf(rule: FieldRule, text: string): number | undefined {
  const nameIndex = rule.names.indexOf(text.toLowerCase());
  if (nameIndex >= 0) return rule.first + nameIndex;
  if (!/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value >= rule.first && value <= rule.max ? value : undefined;
}

/** Every `step`-th value; one above the last of the field is counted from its first again, as 7 is Sunday. */
function spread(
  rule: FieldRule,
  range: { readonly low: number; readonly high: number; readonly step: number },
): readonly ExtendedItem[] {
  const items: ExtendedItem[] = [];
  for (let value = range.low; value <= range.high; value += range.step) {
    items.push({ kind: 'value', value: value > rule.last ? value - sizeOf(rule) : value });
  }
  return items;
}

function sizeOf(rule: FieldRule): number {
  return rule.last - rule.first + 1;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function one(item: ExtendedItem): Reading {
  return { kind: 'items', items: [item] };
}

function wrong(why: string): Reading {
  return { kind: 'wrong', why };
}

function invalid(problem: string): InvalidCron {
  return { kind: 'invalid', problem };
}
