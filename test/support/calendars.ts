/** Calendars for tests: days from the start of the tests on. */
import type { EpochMs } from '../../src/base/clock.ts';
import type { CalendarEntry } from '../../src/domain/calendar/calendar.ts';
import type { CronSchedule } from '../../src/domain/group/policy.ts';
import { isoOf } from '../../src/domain/schedule/iso.ts';

/** At midnight in UTC, every day. */
export const DAILY: CronSchedule = { kind: 'cron', cron: '0 0 * * *' };

/** The days in UTC that these instants lie in. */
export function entriesOf(...instants: readonly EpochMs[]): readonly CalendarEntry[] {
  return instants.map((instant) => ({ date: isoOf(instant).slice(0, '2030-01-01'.length) }));
}
