/** Cron expressions as questions: does this time, this date match? Nothing of the program is used here. */

export interface Expression {
  readonly seconds: readonly number[];
  /** Whether all 24 hours match. */
  readonly hasAllHours: boolean;
  readonly matchesTime: (minuteOfDay: number) => boolean;
  /** `day` counts from 1970-01-01. */
  readonly matchesDate: (day: number) => boolean;
}

const DAY_MS = 86_400_000;
const NAMES = [
  ...['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  ...['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
];
const SIXTY = { first: 0, last: 59 };
const HOUR = { first: 0, last: 23 };
const DAY = { first: 1, last: 31 };
const MONTH = { first: 1, last: 12 };
const WEEKDAY = { first: 0, last: 6 };

interface Scale {
  readonly first: number;
  readonly last: number;
}

const MACROS = new Map([
  ...(['@yearly', '@annually'] as const).map((name) => [name, '0 0 1 1 *'] as const),
  ...(['@daily', '@midnight'] as const).map((name) => [name, '0 0 * * *'] as const),
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@hourly', '0 * * * *'],
]);

/** Reads an expression that is known to be right, of five fields or six, of either dialect. */
export function readExpression(text: string): Expression {
  const lower = text.toLowerCase().replaceAll('?', '*');
  const fields = (MACROS.get(lower) ?? lower).split(' ');
  const second = fields.length === 6 ? (fields.shift() ?? '*') : '0';
  const [minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] = fields;
  const minutes = valuesOf(minute, SIXTY);
  const hours = valuesOf(hour, HOUR);
  const months = valuesOf(month, MONTH);
  const dates = new Map<number, boolean>();
  const matchesDate = (number: number): boolean => {
    const date = new Date(number * DAY_MS);
    if (!months.includes(date.getUTCMonth() + 1)) return false;
    const byDay = day.split(',').some((item) => isDay(item, date));
    const byWeekday = weekday.split(',').some((item) => isWeekday(item, date));
    return day === '*' || weekday === '*' ? byDay && byWeekday : byDay || byWeekday;
  };
  return {
    seconds: valuesOf(second, SIXTY),
    hasAllHours: hours.length === 24,
    matchesTime: (time) => hours.includes(Math.floor(time / 60)) && minutes.includes(time % 60),
    matchesDate: (number) => {
      const known = dates.get(number) ?? matchesDate(number);
      dates.set(number, known);
      return known;
    },
  };
}

function isDay(item: string, date: Date): boolean {
  const day = date.getUTCDate();
  const last = lastDayOf(date);
  if (item === 'l') return day === last;
  if (item.startsWith('l-')) return last - day === Number(item.slice(2));
  if (!item.endsWith('w')) return includes(item, day, DAY);
  const aim = item === 'lw' ? last : Number(item.slice(0, -1));
  if (aim > last) return false;
  return day === nearestWorkday(date, aim, last);
}

/** The working day of the month that is closest to a day of it. */
function nearestWorkday(date: Date, aim: number, last: number): number {
  const weekday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), aim)).getUTCDay();
  if (weekday === 6) return aim === 1 ? 3 : aim - 1;
  if (weekday === 0) return aim === last ? aim - 2 : aim + 1;
  return aim;
}

function isWeekday(item: string, date: Date): boolean {
  const [weekdayText = '', count] = item.split('#');
  const week = Math.ceil(date.getUTCDate() / 7);
  if (count !== undefined) {
    return includes(weekdayText, date.getUTCDay(), WEEKDAY) && week === Number(count);
  }
  if (/.l$/.test(item)) {
    const isLast = date.getUTCDate() + 7 > lastDayOf(date);
    return isLast && includes(item.slice(0, -1), date.getUTCDay(), WEEKDAY);
  }
  return includes(item, date.getUTCDay(), WEEKDAY);
}

function lastDayOf(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

function valuesOf(field: string, scale: Scale): readonly number[] {
  const all = Array.from({ length: scale.last - scale.first + 1 }, (_, n) => scale.first + n);
  return all.filter((value) => field.split(',').some((item) => includes(item, value, scale)));
}

/** Whether one item, a number, a name, a range or a step, has a value of the scale. */
function includes(item: string, value: number, scale: Scale): boolean {
  const [range = '', step = '1'] = item.split('/');
  const isEvery = range === '*';
  const [lowText = '', highText = lowText] = isEvery
    ? [String(scale.first), String(scale.last)]
    : range.split('-');
  const low = numberOf(lowText, scale);
  const high = numberOf(highText, scale);
  const size = scale.last - scale.first + 1;
  // Sunday is 0 as the beginning of a range and 7 as its end.
  const isUntilSunday = scale === WEEKDAY && highText === '7' && lowText !== '7';
  const length = isUntilSunday ? 7 - low : (high - low + size) % size;
  const distance = (value - low + size) % size;
  const again = length >= size ? distance + size : distance;
  return [distance, again].some((way) => way <= length && way % Number(step) === 0);
}

function numberOf(text: string, scale: Scale): number {
  const name = NAMES.indexOf(text);
  if (name >= 12) return name - 12;
  const number = name >= 0 ? name + 1 : Number(text);
  return number > scale.last || number < scale.first ? scale.first : number;
}
