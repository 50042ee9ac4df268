import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { DAY_SECONDS, SECOND_MS, firstDayOf, monthLength, monthNumber } from './civil.ts';

const FORM = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?Z$/;

/**
 * The instant of `YYYY-MM-DD(T| )HH:MM(:SS(.digits)?)?Z`, in the years 1 to 9999; undefined for any
 * other text and for dates and times that do not exist. Digits beyond the millisecond are cut off: the
 * instant names the occurrence, and instants are whole milliseconds. May lie in the past.
 */
export function parseAt(text: string): EpochMs | undefined {
  const [, year, month, day, hour, minute, second = '0', fraction = ''] = FORM.exec(text) ?? [];
  const time = timeOfDay(Number(hour), Number(minute), Number(second));
  const days = daysTo(Number(year), Number(month), Number(day));
  if (time === undefined || days === undefined) return undefined;
  const millisecond = Number(fraction.slice(0, 3).padEnd(3, '0'));
  return epochMs((days * DAY_SECONDS + time) * SECOND_MS + millisecond);
}

/** Days from 1970-01-01 to a date; undefined where there is no such date. */
function daysTo(year: number, month: number, day: number): number | undefined {
  if (!(year >= 1 && isFrom(1, 12, month))) return undefined;
  const number = monthNumber(year, month);
  return isFrom(1, monthLength(number), day) ? firstDayOf(number) + day - 1 : undefined;
}

/** Seconds since midnight; undefined where there is no such time. Leap seconds cannot be expressed. */
function timeOfDay(hour: number, minute: number, second: number): number | undefined {
  const isTime = isFrom(0, 23, hour) && isFrom(0, 59, minute) && isFrom(0, 59, second);
  return isTime ? hour * 3600 + minute * 60 + second : undefined;
}

function isFrom(first: number, last: number, value: number): boolean {
  return value >= first && value <= last;
}
