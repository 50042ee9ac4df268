/** The calendars that stand at the top of a file: `calendars: { holidays: [ … ] }`. */
import { isJsonObject } from '../../base/json.ts';
import { shown } from '../../config/problem.ts';
import type { Path, Problem } from '../../config/problem.ts';
import { anyObject } from '../../config/shape.ts';
import type { YamlDocument } from '../../config/yaml-source.ts';
import {
  CALENDAR_NAME_RIGHT,
  isCalendarName,
  readCalendar,
} from '../../domain/calendar/read-calendar.ts';
import type { DesiredCalendar } from './desired.ts';

/** By name: the entries, or an object that has them, as the body of a request does. */
type FileCalendars = Readonly<Record<string, unknown>>;

/** Calendars by their names. */
export const CALENDARS = anyObject<FileCalendars>(
  'write a mapping of names to lists of entries',
).superRefine((calendars, context) => {
  for (const [name, written] of Object.entries(calendars)) {
    const problem = problemWith(name, written);
    if (problem === undefined) continue;
    const { path, wrong, right } = problem;
    context.addIssue({ code: 'custom', path: [name, ...path], message: right, params: { wrong } });
  }
});

interface Wrong {
  readonly path: (string | number)[];
  readonly wrong: string;
  readonly right: string;
}

function problemWith(name: string, written: unknown): Wrong | undefined {
  if (!isCalendarName(name)) {
    return {
      path: [],
      wrong: 'has a name that it cannot have',
      right: `write ${CALENDAR_NAME_RIGHT}`,
    };
  }
  const members = isJsonObject(written) ? Object.keys(written) : [];
  const other = members.find((member) => member !== 'entries');
  if (other !== undefined) {
    return { path: [other], wrong: 'is not known here', right: 'write entries and nothing else' };
  }
  const { entries, below } = entriesIn(written);
  const read = readCalendar(entries);
  if (read.kind === 'read') return undefined;
  const { path, wrong, right } = read.problem;
  return { path: [...below, ...path], wrong, right };
}

function entriesIn(written: unknown): { readonly entries: unknown; readonly below: Path } {
  return isJsonObject(written)
    ? { entries: written['entries'], below: ['entries'] }
    : { entries: written, below: [] };
}

/** The calendars of a document that has its shape. */
export function calendarsOf(
  calendars: FileCalendars,
  { tenant, document }: { readonly tenant: string; readonly document: YamlDocument },
): readonly DesiredCalendar[] {
  return Object.entries(calendars).flatMap(([name, written]) => {
    const read = readCalendar(entriesIn(written).entries);
    if (read.kind !== 'read') return []; // not of a document that has its shape
    const place = document.locateKey(['calendars', name]);
    return [{ tenant, name, entries: read.entries, place }];
  });
}

/** A name is that of one calendar of a tenant, over all files. */
export function repeatedCalendars(calendars: readonly DesiredCalendar[]): readonly Problem[] {
  const seen = new Map<string, DesiredCalendar>();
  return calendars.flatMap((calendar) => {
    const { tenant, name, place } = calendar;
    const id = JSON.stringify([tenant, name]);
    const earlier = seen.get(id);
    if (earlier === undefined) {
      seen.set(id, calendar);
      return [];
    }
    const text = `is the name of the calendar at ${earlier.place} too, received ${shown(name)}; write another one`;
    return [{ at: place, key: 'calendars', text }];
  });
}
