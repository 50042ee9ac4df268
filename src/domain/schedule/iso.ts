import type { EpochMs } from '../../base/clock.ts';
import { DAY_SECONDS, SECOND_MS, dateOf, dayOf, monthOf } from './civil.ts';

/** An instant as ISO 8601 in UTC, always with milliseconds: `2030-01-01T00:00:00.000Z`. For the years 0 to 9999. */
export function isoOf(at: EpochMs): string {
  const seconds = Math.floor(at / SECOND_MS);
  const days = Math.floor(seconds / DAY_SECONDS);
  const time = seconds - days * DAY_SECONDS;
  const date = dateOf(days);
  const year = padded(Math.floor(monthOf(date) / 12), 4);
  const month = padded((monthOf(date) % 12) + 1, 2);
  const clock = [time / 3600, (time / 60) % 60, time % 60].map((part) =>
    padded(Math.floor(part), 2),
  );
  const fraction = padded(at - seconds * SECOND_MS, 3);
  return `${year}-${month}-${padded(dayOf(date), 2)}T${clock.join(':')}.${fraction}Z`;
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
