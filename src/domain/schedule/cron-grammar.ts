/**
 * The cron dialect of Otter's v1.0 API, translated into one that cron-parser reads alike.
 *
 * Otter validated with croniter 0.3.5, and clients rely on its particulars: 0 is the first day and the
 * first month, 7 is Sunday, `l` is the last day of the month, a step may exceed its range, lists may
 * repeat themselves, and there are no macros and no `?`, `W`, `#`, `H`. cron-parser refuses some of these
 * and accepts far more, down to the empty text, so it never sees what a user wrote.
 */

/** A text outside the dialect, and what would be inside it; the sentence is shown to users. */
export interface InvalidCron {
  readonly kind: 'invalid';
  readonly problem: string;
}

export type TranslatedCron =
  | {
      readonly kind: 'translated';
      /** Six fields, seconds first, each `*` or a list of distinct values. */
      readonly expression: string;
      /** Whether the text had six fields. */
      readonly hasSeconds: boolean;
    }
  | InvalidCron;

/** What one field may hold. */
interface FieldRule {
  readonly name: string;
  /** The values that `*` stands for. A number that may be written but is none of them means `first`. */
  readonly first: number;
  readonly last: number;
  /** The greatest number that may be written; the least is 0. */
  readonly max: number;
  /** Names of the values, from `first` on, in lower case. */
  readonly names: readonly string[];
  readonly allowsLastDay: boolean;
  /** What else may be written, for people. */
  readonly also: string;
}

/** The most characters of an expression, in either dialect. */
export const CRON_MAX_LENGTH = 256;
/** The days of the week, Sunday being 0. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** The months, in order. */
export const MONTHS = [
  ...['jan', 'feb', 'mar', 'apr', 'may', 'jun'],
  ...['jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
];

const PLAIN = { names: [], allowsLastDay: false, also: '' };
const SECOND: FieldRule = { ...PLAIN, name: 'second', first: 0, last: 59, max: 59 };
const FIVE_FIELDS: readonly FieldRule[] = [
  { ...PLAIN, name: 'minute', first: 0, last: 59, max: 59 },
  { ...PLAIN, name: 'hour', first: 0, last: 23, max: 23 },
  {
    ...{ ...PLAIN, name: 'day of month', first: 1, last: 31, max: 31 },
    allowsLastDay: true,
    also: ', L for the last day',
  },
  {
    ...{ ...PLAIN, name: 'month', first: 1, last: 12, max: 12 },
    names: MONTHS,
    also: ' or jan to dec',
  },
  {
    ...{ ...PLAIN, name: 'day of week', first: 0, last: 6, max: 7 },
    names: WEEKDAYS,
    also: ' (0 is Sunday) or sun to sat',
  },
];

/** Checks a text against the dialect, field by field. Whether its days exist is not checked here. */
export function translateCron(text: string): TranslatedCron {
  if (text.length > CRON_MAX_LENGTH) {
    return invalid(
      `a cron expression has at most ${CRON_MAX_LENGTH} characters, not ${text.length}`,
    );
  }
  const fields = text.split(/\s+/).filter((field) => field !== '');
  const rules = fields.length === 6 ? [SECOND, ...FIVE_FIELDS] : FIVE_FIELDS;
  if (fields.length !== rules.length) {
    return invalid(
      `${quoted(text)} has ${countOf(fields)}; write five, separated by blanks: ` +
        'minute, hour, day of month, month, day of week',
    );
  }
  const translated: string[] = [];
  for (const [index, rule] of rules.entries()) {
    const field = translateField(rule, fields[index] ?? '');
    if (field.kind === 'invalid') return field;
    translated.push(field.list);
  }
  const hasSeconds = fields.length === 6;
  const expression = (hasSeconds ? translated : ['0', ...translated]).join(' ');
  return { kind: 'translated', expression, hasSeconds };
}

function translateField(
  rule: FieldRule,
  field: string,
): { readonly kind: 'translated'; readonly list: string } | InvalidCron {
  // A literal `*` is kept: only it leaves the day of the month or of the week unrestricted.
  if (field === '*') return { kind: 'translated', list: '*' };
  const values = new Set<number | 'L'>();
  for (const item of field.split(',')) {
    const expansion = expandItem(rule, item);
    if (expansion.kind === 'wrong') {
      return invalid(
        `${rule.name} ${quoted(field)}: ${expansion.why}; write *, or a list, separated by commas, ` +
          `of */2, ${rule.first}-${rule.last}, ${rule.first}-${rule.last}/2 ` +
          `and numbers from ${rule.first} to ${rule.last}${rule.also}`,
      );
    }
    expansion.values.forEach((value) => values.add(value));
  }
  return { kind: 'translated', list: [...values].join(',') };
}

type Expansion =
  | { readonly kind: 'values'; readonly values: readonly (number | 'L')[] }
  | { readonly kind: 'wrong'; readonly why: string };

/** The values of one item of a list. */
function expandItem(rule: FieldRule, item: string): Expansion {
  if (item === '') return wrong('there is an empty item');
  if (item === '*') return wrong('"*" stands alone, not in a list');
  if (rule.allowsLastDay && item.toLowerCase() === 'l') return { kind: 'values', values: ['L'] };

  const every = /^\*\/(\d+)$/.exec(item);
  if (every !== null) return spread(rule, { low: rule.first, high: rule.last, step: every[1] });
  const range = /^([^-/]+)-([^-/]+)(?:\/(\d+))?$/.exec(item);
  if (range !== null) return expandRange(rule, item, range);

  if (item.includes('/')) return wrong('a step is a number, and follows * or a range');
  const value = readValue(rule, item);
  if (value === undefined) return wrong(`${quoted(item)} is none of its values`);
  return { kind: 'values', values: [meant(rule, value)] };
}

function expandRange(rule: FieldRule, item: string, range: RegExpExecArray): Expansion {
  const [, lowText = '', highText = '', step] = range;
  // croniter takes the 0 that `sun` stands for as "no value", so Otter's users never had this range.
  if ([lowText, highText].some((end) => end.toLowerCase() === 'sun')) {
    return wrong(`${quoted(item)} has "sun" as an end of a range, where only 0 and 7 are known`);
  }
  const low = readValue(rule, lowText);
  const high = readValue(rule, highText);
  if (low === undefined || high === undefined) {
    return wrong(`${quoted(item)} has an end that is none of its values`);
  }
  if (low > high) return wrong(`${quoted(item)} runs backward`);
  return spread(rule, { low, high, step });
}

function spread(
  rule: FieldRule,
  range: { readonly low: number; readonly high: number; readonly step: string | undefined },
): Expansion {
  const step = Number(range.step ?? '1');
  if (step < 1) return wrong('a step is at least 1');
  const values: number[] = [];
  // The meaning of 0 and 7 comes after the steps: the days 0-30/5 are 1, 5, 10 and so on.
  for (let value = range.low; value <= range.high; value += step) values.push(meant(rule, value));
  return { kind: 'values', values };
}

/** The number that a text stands for, where it may be written in the field. */
function readValue(rule: FieldRule, text: string): number | undefined {
  const nameIndex = rule.names.indexOf(text.toLowerCase());
  if (nameIndex >= 0) return rule.first + nameIndex;
  if (!/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value <= rule.max ? value : undefined;
}

/** 0 is read as the first day and the first month, 7 as Sunday. */
function meant(rule: FieldRule, value: number): number {
  return value < rule.first || value > rule.last ? rule.first : value;
}

function countOf(fields: readonly string[]): string {
  return fields.length === 1 ? '1 field' : `${fields.length} fields`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function wrong(why: string): Expansion {
  return { kind: 'wrong', why };
}

function invalid(problem: string): InvalidCron {
  return { kind: 'invalid', problem };
}
