import { CronExpressionParser } from 'cron-parser';
import type { CronFieldCollection } from 'cron-parser';

import { bitsBelow, bitsOf, sixtyOf } from './bits.ts';
import type { Sixty } from './bits.ts';
import { translateCron } from './cron-grammar.ts';
import type { InvalidCron } from './cron-grammar.ts';

/**
 * A cron expression as sets of bits, which `next.ts` walks. Days of the month and months are counted
 * from 0 here; so are days of the week, Sunday being 0. Times are UTC.
 */
export interface CompiledCron {
  readonly seconds: Sixty;
  readonly minutes: Sixty;
  readonly hours: number;
  readonly months: number;
  /** A day matches where any of these three has it: a field that does not restrict days has none, unless both do not. */
  readonly daysOfMonth: number;
  readonly daysOfWeek: number;
  readonly hasLastDay: boolean;
}

export type CronCompilation =
  { readonly kind: 'compiled'; readonly cron: CompiledCron } | InvalidCron;

/**
 * Compiles a cron expression of Otter's v1.0 API: five fields, or six where seconds (first) are allowed.
 * Invalid are texts outside the grammar and schedules that can never fire, such as 31 February; the
 * problem names the field, what was received and what would be right.
 */
export function compileCron(
  text: string,
  options: { readonly seconds: 'refused' | 'allowed' },
): CronCompilation {
  const translation = translateCron(text);
  if (translation.kind === 'invalid') return translation;
  const fields = parse(translation.expression);
  if (fields === undefined) {
    const problem = 'its day of month is in none of its months; write a day that one of them has';
    return { kind: 'invalid', problem: `${JSON.stringify(text)} never fires: ${problem}` };
  }
  if (translation.hasSeconds && options.seconds === 'refused') {
    return { kind: 'invalid', problem: 'Seconds not allowed' };
  }
  return { kind: 'compiled', cron: compileFields(fields) };
}

/** The parser's reading; undefined for days that do not exist, the one thing it can object to after our own grammar. */
function parse(expression: string): CronFieldCollection | undefined {
  try {
    // A fixed date: without one the parser reads the host's clock.
    return CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: 0 }).fields;
  } catch {
    return undefined;
  }
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
  };
}

/** The days that `*` as day of the month adds: all, or none where the day of the week restricts them. */
function daysOfAnyMonth(isAnyWeekday: boolean): number {
  return isAnyWeekday ? bitsBelow(31) : 0;
}
