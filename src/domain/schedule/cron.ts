import {
  CronDayOfMonth,
  CronDayOfWeek,
  CronFieldCollection,
  CronHour,
  CronMinute,
  CronMonth,
  CronSecond,
} from 'cron-parser';
import type {
  CronFieldOptions,
  DayOfMonthRange,
  DayOfWeekRange,
  HourRange,
  MonthRange,
  SixtyRange,
} from 'cron-parser';

import { bitsBelow, bitsOf, sixtyOf } from './bits.ts';
import type { Sixty } from './bits.ts';
import { translateCron } from './cron-grammar.ts';
import type { InvalidCron } from './cron-grammar.ts';
import { readExtended } from './extended-grammar.ts';
import type { ExtendedField, ExtendedFields, ExtendedItem } from './extended-grammar.ts';
import { hasAnyDay } from './month-days.ts';
import type { DayRules, FloatingDays } from './month-days.ts';

/**
 * A cron expression as sets of bits, which `next.ts` walks. Times are local to whoever walks: UTC, or the
 * clocks of a zone.
 */
export interface CompiledCron extends DayRules {
  readonly seconds: Sixty;
  readonly minutes: Sixty;
  readonly hours: number;
}

export type CronCompilation =
  { readonly kind: 'compiled'; readonly cron: CompiledCron } | InvalidCron;

/**
 * Compiles a cron expression: of Otter's v1.0 API, five fields, or six where seconds (first) are allowed;
 * or of the extended dialect, five fields or six, whatever `seconds` says. Invalid are texts outside the
 * grammar and schedules that can never fire, such as 31 February; the problem names the field, what was
 * received and what would be right.
 */
export function compileCron(
  text: string,
  options: {
    /** Absent: that of the v1.0 API. */
    readonly dialect?: 'v1' | 'extended' | undefined;
    readonly seconds: 'refused' | 'allowed';
  },
): CronCompilation {
  if (options.dialect === 'extended') return compileExtended(text);
  const translation = translateCron(text);
  if (translation.kind === 'invalid') return translation;
  const fields = parse(translation.expression);
  if (fields === undefined) return neverFires(text);
  if (translation.hasSeconds && options.seconds === 'refused') {
    return { kind: 'invalid', problem: 'Seconds not allowed' };
  }
  return { kind: 'compiled', cron: compileFields(fields) };
}

function compileExtended(text: string): CronCompilation {
  const reading = readExtended(text);
  if (reading.kind === 'invalid') return reading;
  const cron = compileExtendedFields(reading.fields);
  return hasAnyDay(cron) ? { kind: 'compiled', cron } : neverFires(text);
}

function neverFires(text: string): InvalidCron {
  const problem = 'its day of month is in none of its months; write a day that one of them has';
  return { kind: 'invalid', problem: `${JSON.stringify(text)} never fires: ${problem}` };
}

/**
 * The parser's reading; undefined for days that do not exist, the one thing it can object to after our own grammar.
 *
 * Its fields are made of the values that our grammar has found already. Its parser of texts would make an iterator as
 * well, and with that a date of a library that first asks the runtime for its language: 20 ms for the first expression
 * of a process, which nobody wants to wait for.
 */
function parse(expression: string): CronFieldCollection | undefined {
  const [second = '', minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] =
    expression.split(' ');
  try {
    const months = valuesIn<MonthRange>(month, CronMonth);
    const days = valuesIn<DayOfMonthRange>(dayOfMonth, CronDayOfMonth);
    return new CronFieldCollection({
      second: new CronSecond(valuesIn<SixtyRange>(second, CronSecond), written(second)),
      minute: new CronMinute(valuesIn<SixtyRange>(minute, CronMinute), written(minute)),
      hour: new CronHour(valuesIn<HourRange>(hour, CronHour), written(hour)),
      dayOfMonth: CronDayOfMonth.fromMonth(months, days, written(dayOfMonth)),
      month: new CronMonth(months, written(month)),
      dayOfWeek: new CronDayOfWeek(dayOfWeekValues(dayOfWeek), written(dayOfWeek)),
    });
  } catch {
    return undefined;
  }
}

/** The values of a field of the translation: a list of distinct ones, or all. */
function valuesIn<Value extends number | 'L'>(
  list: string,
  { min, max }: { readonly min: number; readonly max: number },
): Value[] {
  const values =
    list === '*'
      ? Array.from({ length: max - min + 1 }, (_, index) => min + index)
      : list.split(',').map((value) => (value === 'L' ? value : Number(value)));
  return values as Value[]; // which the fields check
}

/** Sunday is 0, and for the parser 7 as well. */
function dayOfWeekValues(list: string): DayOfWeekRange[] {
  return valuesIn<DayOfWeekRange>(list, { min: 0, max: 6 });
}

/** Only `*` as it was written leaves days unrestricted. */
function written(rawValue: string): CronFieldOptions {
  return { rawValue };
}

function compileFields(fields: CronFieldCollection): CompiledCron {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = fields;
  return {
    seconds: sixtyOf(second.values),
    minutes: sixtyOf(minute.values),
    hours: bitsOf(hour.values),
    months: bitsOf(month.values.map((value) => value - 1)),
    daysOfMonth: dayOfMonth.isWildcard
      ? daysOfAnyMonth(dayOfWeek.isWildcard)
      : bitsOf(dayOfMonth.values.filter((day) => day !== 'L').map((day) => day - 1)),
    daysOfWeek: dayOfWeek.isWildcard ? 0 : bitsOf(dayOfWeek.values.map(Number)),
    hasLastDay: dayOfMonth.hasLastChar,
    floating: undefined,
  };
}

function compileExtendedFields(fields: ExtendedFields): CompiledCron {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = fields;
  return {
    seconds: sixtyOf(valuesOf(second)),
    minutes: sixtyOf(valuesOf(minute)),
    hours: bitsOf(valuesOf(hour)),
    months: bitsOf(valuesOf(month).map((value) => value - 1)),
    daysOfMonth: dayOfMonth.isAny
      ? daysOfAnyMonth(dayOfWeek.isAny)
      : bitsOf(valuesOf(dayOfMonth).map((day) => day - 1)),
    daysOfWeek: dayOfWeek.isAny ? 0 : bitsOf(valuesOf(dayOfWeek)),
    hasLastDay: valuesOf(dayOfMonth, 'from-end').includes(0),
    floating: floatingOf(dayOfMonth, dayOfWeek),
  };
}

function floatingOf(dayOfMonth: ExtendedField, dayOfWeek: ExtendedField): FloatingDays | undefined {
  const items = [...dayOfMonth.items, ...dayOfWeek.items];
  const isFloating = items.some(
    (item) => item.kind !== 'value' && !(item.kind === 'from-end' && item.value === 0),
  );
  if (!isFloating) return undefined;
  return {
    fromEnd: bitsOf(valuesOf(dayOfMonth, 'from-end').map((days) => 30 - days)),
    nearWorkday: bitsOf(valuesOf(dayOfMonth, 'near-workday').map((day) => day - 1)),
    hasLastWorkday: items.some((item) => item.kind === 'last-workday'),
    nthWeekdays: [1, 2, 3, 4, 5].map((nth) =>
      bitsOf(
        dayOfWeek.items.flatMap((item) =>
          item.kind === 'nth-weekday' && item.nth === nth ? [item.value] : [],
        ),
      ),
    ),
    lastWeekdays: bitsOf(valuesOf(dayOfWeek, 'last-weekday')),
  };
}

/** The values of a field's items of one kind. */
function valuesOf(
  { items }: ExtendedField,
  kind: Exclude<ExtendedItem['kind'], 'last-workday'> = 'value',
): readonly number[] {
  return items.flatMap((item) => (item.kind === kind ? [item.value] : []));
}

/** The days that `*` as day of the month adds: all, or none where the day of the week restricts them. */
function daysOfAnyMonth(isAnyWeekday: boolean): number {
  return isAnyWeekday ? bitsBelow(31) : 0;
}
