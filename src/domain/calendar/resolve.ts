/** Calendars with all that they include written out. */
import type { CalendarCopy, CalendarEntry, DaysEntry } from './calendar.ts';
import { ENTRIES_MAX } from './read-calendar.ts';

/** Why a calendar cannot be written out. */
export type ResolveProblem =
  /** The last name of the path is that of no calendar; the others lead there. */
  | { readonly kind: 'no-such-calendar'; readonly path: readonly string[] }
  /** Each includes the one after it; the first and the last are the same. */
  | { readonly kind: 'circle'; readonly path: readonly string[] }
  /** With all that it includes, it has more than ENTRIES_MAX entries. */
  | { readonly kind: 'too-many-entries'; readonly count: number };

export type ResolveResult =
  { readonly kind: 'resolved'; readonly copy: CalendarCopy } | ResolveProblem;

/** What a calendar is written out from. */
interface ResolveInput {
  /** The entries of the calendar of a name; undefined where there is none. */
  readonly entriesOf: (name: string) => readonly CalendarEntry[] | undefined;
  /** SHA-256 of a text, in hexadecimal digits. */
  readonly sha256: (text: string) => string;
}

/** Hexadecimal digits of a version. Two calendars of one node that share one by chance: once in 10^19 pairs. */
const VERSION_DIGITS = 16;

/**
 * Writes a calendar out: its own entries and those of each calendar that it includes, once, however many ways lead
 * there, in the order in which they are come upon.
 */
export function resolveCalendar(name: string, input: ResolveInput): ResolveResult {
  const entries: DaysEntry[] = [];
  const done = new Set<string>();
  const problem = collect([name], { ...input, entries, done });
  if (problem !== undefined) return problem;
  if (entries.length > ENTRIES_MAX) return { kind: 'too-many-entries', count: entries.length };
  const version = input.sha256(JSON.stringify(entries)).slice(0, VERSION_DIGITS);
  return { kind: 'resolved', copy: { version, entries } };
}

interface Collected extends ResolveInput {
  readonly entries: DaysEntry[];
  /** Names of calendars whose entries were all collected. */
  readonly done: Set<string>;
}

/** Collects what the calendar at the end of the path covers. Goes no deeper than there are calendars. */
function collect(path: readonly string[], into: Collected): ResolveProblem | undefined {
  const name = path.at(-1) ?? '';
  const own = into.entriesOf(name);
  if (own === undefined) return { kind: 'no-such-calendar', path };
  for (const entry of own) {
    if (!('calendar' in entry)) {
      into.entries.push(inOrder(entry));
      continue;
    }
    const included = entry.calendar;
    const further = [...path, included];
    if (path.includes(included)) {
      return { kind: 'circle', path: further.slice(path.indexOf(included)) };
    }
    if (into.done.has(included)) continue;
    const problem = collect(further, into);
    if (problem !== undefined) return problem;
  }
  into.done.add(name);
  return undefined;
}

/** The same members in one order, so that equal entries have equal digests. */
function inOrder(entry: DaysEntry): DaysEntry {
  const { start, end } = entry;
  return {
    ...daysOf(entry),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
}

function daysOf(entry: DaysEntry): DaysEntry {
  if ('date' in entry) return { date: entry.date };
  if ('from' in entry) return { from: entry.from, to: entry.to };
  return { weekdays: entry.weekdays };
}
