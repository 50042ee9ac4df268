/** Which days of a month a cron expression has, as bits. Nothing on this path makes an object: see `next.ts`. */
import { bitsBelow, hasBit } from './bits.ts';
import { firstDayOf, monthNumber } from './civil.ts';

/**
 * Days of months as a cron expression restricts them. Days of the month and months are counted from 0 here;
 * so are days of the week, Sunday being 0.
 */
export interface DayRules {
  readonly months: number;
  /** A day matches where any of these four has it: a field that does not restrict days has none, unless both do not. */
  readonly daysOfMonth: number;
  readonly daysOfWeek: number;
  readonly hasLastDay: boolean;
  /** Undefined where there are none, as in every expression of the v1.0 grammar: then it costs one comparison. */
  readonly floating: FloatingDays | undefined;
}

/** Days whose date depends on how the month falls. */
export interface FloatingDays {
  /** Days counted from the end, as days of a month of 31: bit 29 is the day before the last. */
  readonly fromEnd: number;
  /** Days whose nearest Monday to Friday of the same month matches. */
  readonly nearWorkday: number;
  /** Whether the last Monday to Friday of the month matches. */
  readonly hasLastWorkday: boolean;
  /** Days of the week by which one of the month it is: five sets, the first ones first. */
  readonly nthWeekdays: readonly number[];
  /** Days of the week whose last one of the month matches. */
  readonly lastWeekdays: number;
}

const SUNDAY = 0b000_0001;
const SATURDAY = 0b100_0000;
/** The calendar repeats itself after 400 years, days of the week included: any 400 of them stand for all. */
const CYCLE_FIRST = monthNumber(1970, 1);
const CYCLE_END = monthNumber(2370, 1);

/** The matching days of a month, bit 0 being its first. The month is not compared with the months of the rules. */
export function daysOf(rules: DayRules, month: number): number {
  const first = firstDayOf(month);
  const length = firstDayOf(month + 1) - first;
  const lastDay = rules.hasLastDay ? 1 << (length - 1) : 0;
  const fixed = rules.daysOfMonth | weekdaysFrom(rules.daysOfWeek, first) | lastDay;
  const floating = rules.floating === undefined ? 0 : floatingDays(rules.floating, first, length);
  return (fixed | floating) & bitsBelow(length);
}

/** Whether there is a matching day at all. Exact: where 400 years have none, no year has one. */
export function hasAnyDay(rules: DayRules): boolean {
  for (let month = CYCLE_FIRST; month < CYCLE_END; month += 1) {
    if (hasBit(rules.months, month % 12) && daysOf(rules, month) !== 0) return true;
  }
  return false;
}

function floatingDays(floating: FloatingDays, first: number, length: number): number {
  const fromEnd = floating.fromEnd >> (31 - length);
  const lastDay = floating.hasLastWorkday ? 1 << (length - 1) : 0;
  const aims = (floating.nearWorkday | lastDay) & bitsBelow(length);
  const workdays = aims === 0 ? 0 : nearestWorkdays(aims, first, length);
  // The last seven days begin on the same day of the week as the seven after them.
  const last = weekFrom(floating.lastWeekdays, first + length) << (length - 7);
  return fromEnd | workdays | last | nthDays(floating.nthWeekdays, first);
}

/** For each day of `aims` the nearest Monday to Friday that the month has. */
function nearestWorkdays(aims: number, first: number, length: number): number {
  const saturdays = aims & weekdaysFrom(SATURDAY, first);
  const sundays = aims & weekdaysFrom(SUNDAY, first);
  const firstDay = saturdays & 1;
  const lastDay = sundays & (1 << (length - 1));
  // Friday before and Monday after, but for a Saturday without the one and a Sunday without the other.
  const moved = (saturdays >> 1) | ((sundays & ~lastDay) << 1) | (firstDay << 2) | (lastDay >> 2);
  return (aims & ~saturdays & ~sundays) | moved;
}

/** Each seven days from the first of a month on have a set of their own. */
function nthDays(nthWeekdays: readonly number[], first: number): number {
  let days = 0;
  for (let index = 0; index < nthWeekdays.length; index += 1) {
    days |= weekFrom(nthWeekdays[index] ?? 0, first) << (7 * index);
  }
  return days;
}

/** The matching days of the week over the 31 days from `firstDay` on. */
function weekdaysFrom(daysOfWeek: number, firstDay: number): number {
  const week = weekFrom(daysOfWeek, firstDay);
  return week | (week << 7) | (week << 14) | (week << 21) | (week << 28);
}

/** The matching days of the week over the 7 days from `firstDay` on. */
function weekFrom(daysOfWeek: number, firstDay: number): number {
  const weekday = (firstDay + 4) % 7; // 1970-01-01 was a Thursday
  return ((daysOfWeek | (daysOfWeek << 7)) >> weekday) & 127;
}
