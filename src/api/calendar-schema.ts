import { z } from 'zod';
import type { CalendarEntry } from '../domain/calendar/calendar.ts';
import {
  CALENDAR_NAME_MAX,
  CALENDAR_NAME_RIGHT,
  ENTRIES_MAX,
  isCalendarName,
  readCalendar,
} from '../domain/calendar/read-calendar.ts';
import { invalid } from './errors.ts';
import { objectOf } from './schemas.ts';
import { pathText, shown } from './validation.ts';

/** The names of calendars, as a regular expression. Two that it lets pass are no segments of paths. */
const NAME_PATTERN = `^[A-Za-z0-9._-]{1,${String(CALENDAR_NAME_MAX)}}$`;

const date = { type: 'string', format: 'date' };
const time = { type: 'string', pattern: String.raw`^(([01]\d|2[0-3]):[0-5]\d|24:00)$` };
const hours = {
  start: { ...time, description: 'From this time of each day on; 00:00 unless given.' },
  end: { ...time, description: 'Until this time of each day; 24:00 unless given.' },
};
const name = { type: 'string', pattern: NAME_PATTERN };
const weekdays = {
  type: 'array',
  minItems: 1,
  items: { type: 'string', description: 'MON, TUE, WED, THU, FRI, SAT, SUN, in any case.' },
};

function form(properties: Readonly<Record<string, object>>, required: readonly string[]): object {
  return { type: 'object', properties, required, additionalProperties: false };
}

/** What stands for an entry in the API's document. */
const ENTRY = {
  oneOf: [
    form({ date, ...hours }, ['date']),
    form({ from: date, to: { ...date, description: 'This day is covered, too.' }, ...hours }, [
      'from',
      'to',
    ]),
    form({ weekdays, ...hours }, ['weekdays']),
    form({ calendar: { ...name, description: 'All that this calendar covers.' } }, ['calendar']),
  ],
};

export const entriesMeta = { type: 'array', maxItems: ENTRIES_MAX, items: ENTRY };

/** What a calendar covers. */
export interface CalendarInput {
  readonly entries: unknown;
}

/** The body that writes a calendar. */
export const calendarSchema: z.ZodType<CalendarInput> = objectOf({
  entries: z
    .custom<unknown>((value) => value !== undefined, {
      error: `a list of up to ${String(ENTRIES_MAX)} entries`,
    })
    .meta(entriesMeta as Record<string, unknown>)
    .superRefine((entries: unknown, context) => {
      const read = readCalendar(entries);
      if (read.kind === 'read') return;
      const { path, wrong, received, right } = read.problem;
      const below = path.length === 0 ? '' : pathText(path);
      const predicate = `${wrong}, it is ${received === undefined ? 'missing' : shown(received)}: ${right}`;
      context.addIssue({ code: 'custom', params: { below, predicate } });
    }),
});

/** The entries of a body that has passed the schema. */
export function entriesOf({ entries }: CalendarInput): readonly CalendarEntry[] {
  const read = readCalendar(entries);
  if (read.kind === 'read') return read.entries;
  throw invalid(`entries ${read.problem.wrong}: ${read.problem.right}`);
}

/** The name in a path. Throws a `ValidationError` where it can be none. */
export function calendarNameIn(text: string): string {
  if (isCalendarName(text)) return text;
  throw invalid(`the name of the calendar must be ${CALENDAR_NAME_RIGHT}, not ${shown(text)}`);
}
