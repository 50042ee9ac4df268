/** The entries of a calendar as a user writes them, checked and brought into one form. */
import { isJsonObject } from '../../base/json.ts';
import type { JsonObject } from '../../base/json.ts';
import { monthLength } from '../schedule/civil.ts';
import type { CalendarEntry, DaysEntry, WeekdayName } from './calendar.ts';
import { DAY_MINUTES, WEEKDAY_NAMES, dayOfDate, minuteOfTime, monthOfDate } from './times.ts';

/** Entries of one calendar, those of the calendars that it includes among them. */
export const ENTRIES_MAX = 500;
/** Characters of a calendar's name. */
export const CALENDAR_NAME_MAX = 64;
/** How many days the last day of a span may come after its first. */
const SPAN_DAYS_MAX = 3660;
/** Words for what a name may be made of, after "write". */
export const CALENDAR_NAME_RIGHT = `1 to ${String(CALENDAR_NAME_MAX)} characters of A-Z a-z 0-9 . _ -`;

/** What is wrong with what was written. `wrong` follows the name of the part, `right` is an advice. */
export interface CalendarProblem {
  /** The way to the part, from the list of entries on. */
  readonly path: readonly (string | number)[];
  readonly wrong: string;
  readonly received: unknown;
  readonly right: string;
}

type ReadCalendar =
  | { readonly kind: 'read'; readonly entries: readonly CalendarEntry[] }
  | { readonly kind: 'invalid'; readonly problem: CalendarProblem };

/** Whether a text can be the name of a calendar. Names stand in paths of URLs, where `.` and `..` are none. */
export function isCalendarName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= CALENDAR_NAME_MAX &&
    /^[A-Za-z0-9._-]+$/.test(value) &&
    value !== '.' &&
    value !== '..'
  );
}

/**
 * Reads a list of entries: members in one order, days of the week in capitals, in the order of the week, each
 * once. Whether an included calendar exists is not looked at. Answers the first problem there is.
 */
export function readCalendar(entries: unknown): ReadCalendar {
  if (!Array.isArray(entries) || entries.length > ENTRIES_MAX) {
    const right = `write a list of up to ${String(ENTRIES_MAX)} entries`;
    const wrong = Array.isArray(entries) ? 'has too many entries' : 'is no list';
    const received = Array.isArray(entries) ? entries.length : entries;
    return { kind: 'invalid', problem: { path: [], wrong, received, right } };
  }
  const read: CalendarEntry[] = [];
  for (const [index, entry] of entries.entries()) {
    const result = readEntry(entry);
    if ('problem' in result) {
      const { problem } = result;
      return { kind: 'invalid', problem: { ...problem, path: [index, ...problem.path] } };
    }
    read.push(result.entry);
  }
  return { kind: 'read', entries: read };
}

type Read<Value> = Value | { readonly problem: CalendarProblem };
type ReadEntry = Read<{ readonly entry: CalendarEntry }>;

const ENTRY_RIGHT =
  'write an object with date, with from and to, with weekdays, or with calendar; start and end may stand beside the first three';

function readEntry(value: unknown): ReadEntry {
  if (!isJsonObject(value)) return problem([], 'is no entry', value, ENTRY_RIGHT);
  const kinds = ['date', 'from', 'weekdays', 'calendar'].filter((name) =>
    Object.hasOwn(value, name),
  );
  const [kind] = kinds;
  const form = kind === undefined ? undefined : FORMS[kind];
  if (kinds.length !== 1 || form === undefined) {
    return problem([], 'is no entry', value, ENTRY_RIGHT);
  }
  const unknown = Object.keys(value).find((name) => !form.members.includes(name));
  if (unknown !== undefined) {
    const right = `write no other members than ${form.members.join(', ')}`;
    return problem([unknown], 'is not known here', value[unknown], right);
  }
  return form.read(value);
}

interface EntryForm {
  readonly members: readonly string[];
  readonly read: (value: JsonObject) => ReadEntry;
}

const FORMS: Readonly<Record<string, EntryForm>> = {
  date: { members: ['date', 'start', 'end'], read: readDate },
  from: { members: ['from', 'to', 'start', 'end'], read: readSpan },
  weekdays: { members: ['weekdays', 'start', 'end'], read: readWeekdays },
  calendar: { members: ['calendar'], read: readIncluded },
};

function readDate(value: JsonObject): ReadEntry {
  const { date } = value;
  if (!isDate(date)) return dateProblem('date', date);
  return withHours(value, { date });
}

function readSpan(value: JsonObject): ReadEntry {
  const { from, to } = value;
  if (!isDate(from)) return dateProblem('from', from);
  if (!isDate(to)) return dateProblem('to', to);
  const days = (dayOfDate(to) ?? 0) - (dayOfDate(from) ?? 0);
  if (days < 0) {
    return problem(['to'], 'is before from', to, `write ${JSON.stringify(from)} or a later date`);
  }
  if (days > SPAN_DAYS_MAX) {
    const right = `write a date at most ${String(SPAN_DAYS_MAX)} days after from`;
    return problem(['to'], 'is too far from from', to, right);
  }
  return withHours(value, { from, to });
}

function readWeekdays(value: JsonObject): ReadEntry {
  const { weekdays } = value;
  const right = `write a list of ${WEEKDAY_NAMES.join(', ')}`;
  if (!Array.isArray(weekdays) || weekdays.length === 0) {
    return problem(['weekdays'], 'is no list of days', weekdays, right);
  }
  const days = new Set<WeekdayName>();
  for (const [index, name] of (weekdays as readonly unknown[]).entries()) {
    const day = WEEKDAY_NAMES.find(
      (known) => typeof name === 'string' && known === name.toUpperCase(),
    );
    if (day === undefined) {
      return problem(['weekdays', index], 'is no day of the week', name, right);
    }
    days.add(day);
  }
  return withHours(value, { weekdays: WEEKDAY_NAMES.filter((day) => days.has(day)) });
}

function readIncluded({ calendar }: JsonObject): ReadEntry {
  if (isCalendarName(calendar)) return { entry: { calendar } };
  return problem(
    ['calendar'],
    'is not the name of a calendar',
    calendar,
    `write ${CALENDAR_NAME_RIGHT}`,
  );
}

/** An entry of days with the hours that were written, if any. */
function withHours(value: JsonObject, days: DaysEntry): ReadEntry {
  const { start, end } = value;
  const minutes = { start: 0, end: DAY_MINUTES };
  for (const [name, written] of Object.entries({ start, end })) {
    if (written === undefined) continue;
    const minute = typeof written === 'string' ? minuteOfTime(written) : undefined;
    if (minute === undefined) {
      const right = 'write a time of day HH:MM from 00:00 to 24:00';
      return problem([name], 'is no time of day', written, right);
    }
    minutes[name as keyof typeof minutes] = minute; // of the two that were listed
  }
  if (minutes.start >= minutes.end) {
    const right = 'write a start that is before end; what goes past midnight is two entries';
    return problem([start === undefined ? 'end' : 'start'], 'leaves no time', start ?? end, right);
  }
  const hours = {
    ...(typeof start === 'string' ? { start } : {}),
    ...(typeof end === 'string' ? { end } : {}),
  };
  return { entry: { ...days, ...hours } };
}

function isDate(value: unknown): value is string {
  return typeof value === 'string' && dayOfDate(value) !== undefined;
}

function dateProblem(name: string, value: unknown): { readonly problem: CalendarProblem } {
  const month = typeof value === 'string' ? monthOfDate(value) : undefined;
  if (typeof value !== 'string' || month === undefined) {
    return problem([name], 'is no date', value, 'write a date YYYY-MM-DD such as 2030-12-25');
  }
  const right = `write a day from 01 to ${String(monthLength(month))} of ${value.slice(0, '0000-00'.length)}`;
  return problem([name], 'is a date that does not exist', value, right);
}

function problem(
  path: CalendarProblem['path'],
  wrong: string,
  received: unknown,
  right: string,
): { readonly problem: CalendarProblem } {
  return { problem: { path, wrong, received, right } };
}
