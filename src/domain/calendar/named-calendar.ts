/** Calendars as a tenant keeps them: by name, with what they include still to be looked up. */
import { hasCode, LutraError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import type { CalendarEntry } from './calendar.ts';

/** How many a tenant can have: all of them are read in one reply. */
export const CALENDARS_MAX = 100;
/** How long the record of one can be, in characters of ASCII. All together stay below what etcd sends at once (4 MiB). */
export const CALENDAR_MAX_LENGTH = 40_000;

/** One calendar of a tenant. */
export interface NamedCalendar {
  readonly name: string;
  readonly entries: readonly CalendarEntry[];
}

/** A record under this name that is none of a calendar. */
interface MalformedCalendar {
  readonly name: string;
  readonly error: LutraError;
}

/** Records as a registry keeps them, read. */
export interface NamedCalendars {
  /** By name, ascending. */
  readonly calendars: readonly NamedCalendar[];
  readonly malformed: readonly MalformedCalendar[];
}

/** The calendar as the text that is stored under its name. */
export function encodeCalendar({ entries }: Pick<NamedCalendar, 'entries'>): string {
  return JSON.stringify({ entries });
}

/** All calendars of these records, and what is wrong with those that cannot be read; each is called `where`. */
export function decodeCalendars(
  records: readonly { readonly name: string; readonly text: string; readonly where: string }[],
): NamedCalendars {
  const calendars: NamedCalendar[] = [];
  const malformed: MalformedCalendar[] = [];
  for (const { name, text, where } of records) {
    try {
      calendars.push({ name, entries: entriesIn(text, where) });
    } catch (error) {
      if (!hasCode(error, 'record-malformed')) throw error;
      malformed.push({ name, error });
    }
  }
  calendars.sort((one, other) => (one.name < other.name ? -1 : 1));
  return { calendars, malformed };
}

function entriesIn(text: string, where: string): readonly CalendarEntry[] {
  const record = parsed(text);
  const entries = isJsonObject(record) ? record['entries'] : undefined;
  if (Array.isArray(entries) && entries.every(isEntry)) return entries;
  throw new LutraError(
    'record-malformed',
    `${where} does not hold a calendar of Lutra's making: write it anew, or delete it`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused as any other text that is no calendar
  }
}

/** Whether it has the members of an entry. Dates and hours were checked when they were written. */
function isEntry(value: unknown): value is CalendarEntry {
  if (!isJsonObject(value)) return false;
  const { calendar, date, from, to, weekdays, start, end } = value;
  if (!isAbsentOrText(start) || !isAbsentOrText(end)) return false;
  if (typeof from === 'string') return typeof to === 'string';
  return [calendar, date].some(isText) || (Array.isArray(weekdays) && weekdays.every(isText));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isAbsentOrText(value: unknown): boolean {
  return value === undefined || isText(value);
}
