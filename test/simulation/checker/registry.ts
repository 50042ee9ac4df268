/** What the calendars of every tenant were, and came to with all that they include, by the trace. */
import type { EntriesByKind } from './entries.ts';
import type { DaysRecord } from './records.ts';

/** An entry as somebody wrote it. */
type EntryRecord = DaysRecord & { readonly calendar?: string };

/** From when on a calendar was what. */
interface Since {
  readonly t: number;
  /** As it was written; undefined where there is none. */
  readonly entries: readonly EntryRecord[] | undefined;
  /** With all that it includes, in a form that is equal for what covers the same; undefined where it comes to nothing. */
  readonly whole: string | undefined;
}

/** By tenant and name, the oldest first: each time something of it changed. */
export type RegistryHistory = ReadonlyMap<string, readonly Since[]>;

export function keyOfCalendar(tenantId: string, name: string): string {
  return `${tenantId}/${name}`;
}

/** Follows the registry through a trace. */
export function registryHistoryOf(byKind: EntriesByKind): RegistryHistory {
  const tenants = new Map<string, Map<string, readonly EntryRecord[]>>();
  const history = new Map<string, Since[]>();
  for (const { t, tenantId, name, entries } of byKind.of('calendar.kept')) {
    const calendars = tenants.get(tenantId) ?? new Map<string, readonly EntryRecord[]>();
    tenants.set(tenantId, calendars);
    if (entries === undefined) calendars.delete(name);
    else calendars.set(name, entries);
    for (const other of new Set([name, ...calendars.keys()])) {
      const key = keyOfCalendar(tenantId, other);
      const known = history.get(key) ?? [];
      history.set(key, known);
      const whole = wholeOf(calendars, [other]);
      const now = { t, entries: calendars.get(other), whole };
      const last = known.at(-1);
      if (last === undefined || last.entries !== now.entries || last.whole !== whole) {
        known.push(now);
      }
    }
  }
  return history;
}

/** What entries cover, as one text. */
export function wholeText(entries: readonly DaysRecord[]): string {
  return [...new Set(entries.map(textOf))].sort().join();
}

function wholeOf(
  calendars: ReadonlyMap<string, readonly EntryRecord[]>,
  path: readonly string[],
): string | undefined {
  const found = collected(calendars, path);
  return found && wholeText(found);
}

/** Undefined where something that is included is not there, or includes itself. */
function collected(
  calendars: ReadonlyMap<string, readonly EntryRecord[]>,
  path: readonly string[],
): readonly DaysRecord[] | undefined {
  const own = calendars.get(path.at(-1) ?? '');
  if (own === undefined) return undefined;
  const all: DaysRecord[] = [];
  for (const entry of own) {
    if (entry.calendar === undefined) {
      all.push(entry);
      continue;
    }
    if (path.includes(entry.calendar)) return undefined;
    const included = collected(calendars, [...path, entry.calendar]);
    if (included === undefined) return undefined;
    all.push(...included);
  }
  return all;
}

function textOf({ date, from, to, weekdays, start, end }: DaysRecord): string {
  return JSON.stringify([date, from, to, weekdays, start, end]);
}
