/**
 * The walk over a compiled cron expression: next, latest, count.
 *
 * Answers depend only on the schedule and the instant, never on where an iteration began. The calendar
 * is UTC from 1970-01-01T00:00:00 to 9999-12-31T23:59:59; there are no occurrences outside it. Nothing
 * here makes an object: a node computes tens of thousands of next occurrences in a burst.
 */
import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import {
  bitFrom,
  bitUntil,
  bitsBelow,
  countBits,
  countSixty,
  hasBit,
  hasSixty,
  sixtyFrom,
  sixtyUntil,
} from './bits.ts';
import {
  DAY_SECONDS,
  SECOND_MS,
  dateOf,
  dayOf,
  firstDayOf,
  monthNumber,
  monthOf,
} from './civil.ts';
import type { CompiledCron } from './cron.ts';
import { daysOf } from './month-days.ts';

const FIRST_MONTH = monthNumber(1970, 1);
const LAST_MONTH = monthNumber(9999, 12);
const LAST_SECOND = firstDayOf(LAST_MONTH + 1) * DAY_SECONDS - 1;
/** What a search answers where there is nothing to find. */
const NONE = -1;

/** The first occurrence strictly after an instant; undefined where it would lie beyond the year 9999. */
export function nextCron(cron: CompiledCron, after: EpochMs): EpochMs | undefined {
  const second = Math.max(Math.floor(after / SECOND_MS) + 1, 0);
  if (second > LAST_SECOND) return undefined;
  const day = Math.floor(second / DAY_SECONDS);
  if (matchesDay(cron, day)) {
    const time = timeFrom(cron, second - day * DAY_SECONDS);
    if (time !== NONE) return instantOf(day, time);
  }
  const laterDay = dayFrom(cron, day + 1);
  return laterDay === NONE ? undefined : instantOf(laterDay, timeFrom(cron, 0));
}

/** The last occurrence at or before an instant; undefined where it would lie before 1970. */
export function latestCron(cron: CompiledCron, notAfter: EpochMs): EpochMs | undefined {
  const second = Math.min(Math.floor(notAfter / SECOND_MS), LAST_SECOND);
  if (second < 0) return undefined;
  const day = Math.floor(second / DAY_SECONDS);
  if (matchesDay(cron, day)) {
    const time = timeUntil(cron, second - day * DAY_SECONDS);
    if (time !== NONE) return instantOf(day, time);
  }
  const earlierDay = dayUntil(cron, day - 1);
  return earlierDay === NONE ? undefined : instantOf(earlierDay, timeUntil(cron, DAY_SECONDS - 1));
}

/**
 * How many occurrences there are from `first` to `last`, both included. Exact, and by whole days: the
 * cost grows with the months between the two, not with the occurrences.
 */
export function countCron(cron: CompiledCron, first: EpochMs, last: EpochMs): number {
  const firstSecond = Math.max(Math.ceil(first / SECOND_MS), 0);
  const lastSecond = Math.min(Math.floor(last / SECOND_MS), LAST_SECOND);
  if (firstSecond > lastSecond) return 0;
  const firstDay = Math.floor(firstSecond / DAY_SECONDS);
  const lastDay = Math.floor(lastSecond / DAY_SECONDS);
  const onWholeDays = countDays(cron, firstDay, lastDay) * countTimes(cron, DAY_SECONDS);
  const beforeFirst = countOnDay(cron, firstDay, firstSecond - firstDay * DAY_SECONDS);
  const untilLast = countOnDay(cron, lastDay, lastSecond + 1 - lastDay * DAY_SECONDS);
  return onWholeDays - beforeFirst + untilLast;
}

function instantOf(day: number, time: number): EpochMs {
  return epochMs((day * DAY_SECONDS + time) * SECOND_MS);
}

function matchesDay(cron: CompiledCron, day: number): boolean {
  const date = dateOf(day);
  const month = monthOf(date);
  return monthFrom(cron, month) === month && hasBit(daysOf(cron, month), dayOf(date) - 1);
}

/** The first matching day not before `day`, in days since 1970. */
function dayFrom(cron: CompiledCron, day: number): number {
  const date = dateOf(day);
  const start = monthOf(date);
  let month = monthFrom(cron, start);
  while (month <= LAST_MONTH) {
    const passed = month === start ? dayOf(date) - 1 : 0;
    const bit = bitFrom(daysOf(cron, month), passed);
    if (bit !== NONE) return firstDayOf(month) + bit;
    month = monthFrom(cron, month + 1);
  }
  return NONE;
}

/** The last matching day not after `day`. */
function dayUntil(cron: CompiledCron, day: number): number {
  const date = dateOf(day);
  const start = monthOf(date);
  let month = monthUntil(cron, start);
  while (month >= FIRST_MONTH) {
    const last = month === start ? dayOf(date) - 1 : 30;
    const bit = bitUntil(daysOf(cron, month), last);
    if (bit !== NONE) return firstDayOf(month) + bit;
    month = monthUntil(cron, month - 1);
  }
  return NONE;
}

/** How many matching days there are from `first` up to, but without, `end`. */
function countDays(cron: CompiledCron, first: number, end: number): number {
  const endDate = dateOf(end);
  const firstDate = dateOf(first);
  const endMonth = monthOf(endDate);
  let count = 0;
  for (
    let month = monthFrom(cron, monthOf(firstDate));
    month <= endMonth;
    month = monthFrom(cron, month + 1)
  ) {
    let days = daysOf(cron, month);
    if (month === endMonth) days &= bitsBelow(dayOf(endDate) - 1);
    if (month === monthOf(firstDate)) days &= ~bitsBelow(dayOf(firstDate) - 1);
    count += countBits(days);
  }
  return count;
}

/** The first matching month not before `month`. Every expression has a month. */
function monthFrom(cron: CompiledCron, month: number): number {
  const january = month - (month % 12);
  const bit = bitFrom(cron.months, month - january);
  return bit === NONE ? january + 12 + bitFrom(cron.months, 0) : january + bit;
}

/** The last matching month not after `month`. */
function monthUntil(cron: CompiledCron, month: number): number {
  const january = month - (month % 12);
  const bit = bitUntil(cron.months, month - january);
  return bit === NONE ? january - 12 + bitUntil(cron.months, 11) : january + bit;
}

/** The first matching second of the day not before `time`. */
function timeFrom(cron: CompiledCron, time: number): number {
  const hour = Math.floor(time / 3600);
  const minute = Math.floor(time / 60) - hour * 60;
  if (hasBit(cron.hours, hour)) {
    const second = hasSixty(cron.minutes, minute) ? sixtyFrom(cron.seconds, time % 60) : NONE;
    if (second !== NONE) return hour * 3600 + minute * 60 + second;
    const laterMinute = sixtyFrom(cron.minutes, minute + 1);
    if (laterMinute !== NONE) return hour * 3600 + laterMinute * 60 + firstSecond(cron);
  }
  const laterHour = bitFrom(cron.hours, hour + 1);
  if (laterHour === NONE) return NONE;
  const firstMinute = sixtyFrom(cron.minutes, 0);
  return laterHour * 3600 + firstMinute * 60 + firstSecond(cron);
}

/** The last matching second of the day not after `time`. */
function timeUntil(cron: CompiledCron, time: number): number {
  const hour = Math.floor(time / 3600);
  const minute = Math.floor(time / 60) - hour * 60;
  if (hasBit(cron.hours, hour)) {
    const second = hasSixty(cron.minutes, minute) ? sixtyUntil(cron.seconds, time % 60) : NONE;
    if (second !== NONE) return hour * 3600 + minute * 60 + second;
    const earlierMinute = sixtyUntil(cron.minutes, minute - 1);
    if (earlierMinute !== NONE) return hour * 3600 + earlierMinute * 60 + lastSecond(cron);
  }
  const earlierHour = bitUntil(cron.hours, hour - 1);
  if (earlierHour === NONE) return NONE;
  const lastMinute = sixtyUntil(cron.minutes, 59);
  return earlierHour * 3600 + lastMinute * 60 + lastSecond(cron);
}

function firstSecond(cron: CompiledCron): number {
  return sixtyFrom(cron.seconds, 0);
}

function lastSecond(cron: CompiledCron): number {
  return sixtyUntil(cron.seconds, 59);
}

/** How many occurrences a day has before its second `time`; none where the day does not match. */
function countOnDay(cron: CompiledCron, day: number, time: number): number {
  return matchesDay(cron, day) ? countTimes(cron, time) : 0;
}

/** How many seconds of a matching day match before `time` (0 to DAY_SECONDS). */
function countTimes(cron: CompiledCron, time: number): number {
  const hour = Math.floor(time / 3600);
  const minute = Math.floor(time / 60) - hour * 60;
  const perMinute = countSixty(cron.seconds, 60);
  const perHour = countSixty(cron.minutes, 60) * perMinute;
  const inWholeHours = countBits(cron.hours & bitsBelow(hour)) * perHour;
  if (!hasBit(cron.hours, hour)) return inWholeHours;
  const inWholeMinutes = countSixty(cron.minutes, minute) * perMinute;
  const inSeconds = hasSixty(cron.minutes, minute) ? countSixty(cron.seconds, time % 60) : 0;
  return inWholeHours + inWholeMinutes + inSeconds;
}
