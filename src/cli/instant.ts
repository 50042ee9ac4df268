/** Time as HTTP and people write it. */
import { epochMs } from '../base/clock.ts';
import type { EpochMs } from '../base/clock.ts';
import { DAY_SECONDS, SECOND_MS, firstDayOf, monthNumber } from '../domain/schedule/civil.ts';

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const HTTP_DATE = /^\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;

/** The instant of a Date header in the form that RFC 9110 has servers send; undefined for any other text. */
export function parseHttpDate(text: string): EpochMs | undefined {
  const [, day, monthName = '', year, ...time] = HTTP_DATE.exec(text) ?? [];
  const month = MONTHS.indexOf(monthName);
  if (month < 0) return undefined;
  const days = firstDayOf(monthNumber(Number(year), month + 1)) + Number(day) - 1;
  const [hours = 0, minutes = 0, seconds = 0] = time.map(Number);
  return epochMs((days * DAY_SECONDS + hours * 3600 + minutes * 60 + seconds) * SECOND_MS);
}

/** A span of time in its two largest units: `3 d 4 h`, `1 min 30 s`, `250 ms`. */
export function formatSpan(ms: number): string {
  if (ms < SECOND_MS) return `${String(ms)} ms`;
  const seconds = Math.floor(ms / SECOND_MS);
  const parts = [
    { unit: 'd', count: Math.floor(seconds / DAY_SECONDS) },
    { unit: 'h', count: Math.floor(seconds / 3600) % 24 },
    { unit: 'min', count: Math.floor(seconds / 60) % 60 },
    { unit: 's', count: seconds % 60 },
  ];
  const first = parts.findIndex(({ count }) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ unit, count }) => `${String(count)} ${unit}`)
    .join(' ');
}
