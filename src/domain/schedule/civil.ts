/**
 * Arithmetic on dates of the Gregorian calendar.
 *
 * The host's Date is not used: it corrects impossible dates silently, reads the host's zone, and
 * allocates. Months are counted from the first one of the year 0, so that the next month is always one
 * more. Inside, years begin in March: the leap day is then the last day of its year.
 */

/** Milliseconds of one second. */
export const SECOND_MS = 1000;
/** Seconds of one day: UTC as computers keep it has no leap seconds. */
export const DAY_SECONDS = 86_400;

const MONTHS_PER_YEAR = 12;
const DAYS_PER_4_YEARS = 1461;
const DAYS_PER_100_YEARS = 36_524;
const DAYS_PER_400_YEARS = 146_097;
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAY = 719_468;
/** Months before March. */
const MARCH = 2;

/** Counts the months since January of the year 0. `month` is 1 to 12. */
export function monthNumber(year: number, month: number): number {
  return year * MONTHS_PER_YEAR + month - 1;
}

/** Days from 1970-01-01 to the first day of a month; negative for earlier months. */
export function firstDayOf(month: number): number {
  const year = Math.floor((month - MARCH) / MONTHS_PER_YEAR);
  const leapDays = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
  return year * 365 + leapDays + daysBefore(month - MARCH - year * MONTHS_PER_YEAR) - EPOCH_DAY;
}

/** How many days a month has. */
export function monthLength(month: number): number {
  return firstDayOf(month + 1) - firstDayOf(month);
}

/** A date in one number, so that a walk over the calendar allocates nothing: month number and day of the month. */
export type PackedDate = number;

/** The date that lies `days` after 1970-01-01; not before the year 0. */
export function dateOf(days: number): PackedDate {
  const day = days + EPOCH_DAY;
  const cycle = Math.floor(day / DAYS_PER_400_YEARS);
  const dayOfCycle = day - cycle * DAYS_PER_400_YEARS;
  const leapDays =
    Math.floor(dayOfCycle / (DAYS_PER_4_YEARS - 1)) -
    Math.floor(dayOfCycle / DAYS_PER_100_YEARS) +
    Math.floor(dayOfCycle / (DAYS_PER_400_YEARS - 1));
  const yearOfCycle = Math.floor((dayOfCycle - leapDays) / 365);
  const dayOfYear =
    dayOfCycle - yearOfCycle * 365 - Math.floor(yearOfCycle / 4) + Math.floor(yearOfCycle / 100);
  const monthOfYear = Math.floor((5 * dayOfYear + 2) / 153);
  const month = (cycle * 400 + yearOfCycle) * MONTHS_PER_YEAR + monthOfYear + MARCH;
  return (month << 5) | (dayOfYear - daysBefore(monthOfYear) + 1);
}

/** The month number of a packed date. */
export function monthOf(date: PackedDate): number {
  return date >> 5;
}

/** The day of the month of a packed date, 1 to 31. */
export function dayOf(date: PackedDate): number {
  return date & 31;
}

/** Days of the months before one, in a year that begins in March (0): 31, 30, 31, 30, 31, and again. */
function daysBefore(monthOfYear: number): number {
  return Math.floor((153 * monthOfYear + 2) / 5);
}
