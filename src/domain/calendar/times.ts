/** Civil dates and times of day as calendars spell them, in numbers. */
import { firstDayOf, monthLength, monthNumber } from '../schedule/civil.ts';
import type { WeekdayName } from './calendar.ts';

/** The days of the week in the order in which they are shown. */
export const WEEKDAY_NAMES: readonly WeekdayName[] = [
  'MON',
  'TUE',
  'WED',
  'THU',
  'FRI',
  'SAT',
  'SUN',
];

/** Minutes of one day. */
export const DAY_MINUTES = 1440;

/** Days from 1970-01-01 to a date `YYYY-MM-DD`, in the years 1 to 9999; undefined where there is no such date. */
export function dayOfDate(text: string): number | undefined {
  const month = monthOfDate(text);
  const day = Number(text.slice('0000-00-'.length));
  if (month === undefined || day < 1 || day > monthLength(month)) return undefined;
  return firstDayOf(month) + day - 1;
}

/** The month of a text that has the form of a date, whatever its day; undefined where there is no such month. */
export function monthOfDate(text: string): number | undefined {
  const [, year, month] = /^(\d{4})-(\d\d)-\d\d$/.exec(text) ?? [];
  const isMonth = Number(year) >= 1 && Number(month) >= 1 && Number(month) <= 12;
  return isMonth ? monthNumber(Number(year), Number(month)) : undefined;
}

/** Minutes from midnight to a time `HH:MM`, up to 24:00; undefined where there is no such time. */
export function minuteOfTime(text: string): number | undefined {
  const [, hours, minutes] = /^(\d\d):([0-5]\d)$/.exec(text) ?? [];
  const minute = Number(hours) * 60 + Number(minutes);
  return minute <= DAY_MINUTES ? minute : undefined;
}

/** The place of a day in the week, Monday being 0. */
export function weekdayOf(day: number): number {
  // 1970-01-01 was a Thursday.
  return (((day + 3) % 7) + 7) % 7;
}
