/** Calendars of a few days and hours around the present, and policies that go by them. */
import type { Random } from '../../../src/base/random.ts';
import type {
  CalendarEntry,
  DaysEntry,
  WeekdayName,
} from '../../../src/domain/calendar/calendar.ts';
import type { PolicyDefinition } from '../../../src/domain/group/policy.ts';
import { drawFiring, drawWindow } from './planned-policies.ts';
import type { Drawing } from './planned-policies.ts';
import { oneOf, wholeBetween } from './settings.ts';

/** The calendars of every tenant. */
export const CALENDAR_NAMES = ['holidays', 'hours', 'closed'] as const;

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const DAY_MS = DAY_MINUTES * MINUTE_MS;
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const;
/** How many calendars include another one. */
const INCLUDING_SHARE = 0.3;

/** What a calendar of this name covers: some of it soon, or now. */
export function drawEntries(drawing: Drawing, name: string): readonly CalendarEntry[] {
  const { random } = drawing;
  const own = Array.from({ length: wholeBetween(random, 1, 2) }, () => drawDays(drawing));
  const [other, isIncluding] = [oneOf(random, CALENDAR_NAMES), random.fraction() < INCLUDING_SHARE];
  return isIncluding && other !== name ? [...own, { calendar: other }] : own;
}

/** A policy that leaves calendars out, or keeps to some. */
export function drawUnderCalendars(drawing: Drawing, isWindow: boolean): PolicyDefinition {
  const { random } = drawing;
  const definition = isWindow ? drawWindow(drawing) : drawFiring(drawing);
  const [one, other] = [oneOf(random, CALENDAR_NAMES), oneOf(random, CALENDAR_NAMES)];
  const named = oneOf(random, [
    ...[{ exclude: [one] }, { exclude: [one] }, { exclude: [one] }],
    ...(one === other ? [] : [{ exclude: [one, other] }, { exclude: [one], only: [other] }]),
    { only: [other] },
  ]);
  const { schedule } = definition;
  if (schedule?.kind !== 'cron') return definition;
  return { ...definition, schedule: { ...schedule, ...named } };
}

function drawDays({ random, nowMs }: Drawing): DaysEntry {
  const day = Math.floor(nowMs / DAY_MS) + oneOf(random, [0, 0, 0, 1, -1]);
  const hours = drawHours(random, Math.floor((nowMs % DAY_MS) / MINUTE_MS));
  const weekdays = WEEKDAYS.filter(
    (_, index) => index === (day + 4) % 7 || random.fraction() < 0.4,
  );
  return oneOf<DaysEntry>(random, [
    { date: dateOf(day) },
    ...[
      { date: dateOf(day), ...hours },
      { date: dateOf(day), ...hours },
    ],
    { from: dateOf(day), to: dateOf(day + 1) },
    { from: dateOf(day - 1), to: dateOf(day + 1), ...hours },
    { weekdays: weekdays satisfies readonly WeekdayName[], ...hours },
  ]);
}

/** From an hour before the present minute of the day to two after it, for up to four hours. */
function drawHours(
  random: Random,
  minute: number,
): { readonly start: string; readonly end: string } {
  const drawn = minute + wholeBetween(random, -12, 24) * 5 + DAY_MINUTES;
  const start = (drawn - (drawn % 5)) % DAY_MINUTES;
  const end = Math.min(start + wholeBetween(random, 1, 16) * 15, DAY_MINUTES);
  return { start: timeOf(start), end: timeOf(end) };
}

function timeOf(minute: number): string {
  const [hours, minutes] = [Math.floor(minute / 60), minute % 60];
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
