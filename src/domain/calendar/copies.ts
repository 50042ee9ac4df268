/**
 * Copies of calendars in the group whose policies name them.
 *
 * A group holds one copy of each calendar, in a field of its own, and not one in each schedule: a change of a
 * calendar is one field of each group. A schedule that was read has the copies that it names beside its members.
 */
import type { CronSchedule, PolicyDefinition, Schedule } from '../group/policy.ts';
import type { CalendarCopies, CalendarCopy } from './calendar.ts';

/** The field of a group that holds the copies; absent where its policies name no calendar. */
export const COPIES_FIELD = 'calendars';

/** The names of the calendars that a schedule is subject to, each once. */
export function calendarNamesOf(schedule: Schedule | undefined): readonly string[] {
  if (schedule?.kind !== 'cron') return [];
  const { exclude, only } = schedule;
  if (exclude === undefined && only === undefined) return [];
  return [...new Set([...(exclude ?? []), ...(only ?? [])])];
}

/** The definition with those of the copies that its schedule names. One that is not there shows when it is compiled. */
export function withCopies(definition: PolicyDefinition, copies: CalendarCopies): PolicyDefinition {
  const { schedule } = definition;
  const names = calendarNamesOf(schedule);
  if (schedule?.kind !== 'cron' || names.length === 0) return definition;
  return { ...definition, schedule: { ...schedule, calendars: onlyNamed(copies, names) } };
}

/** The definition as it is stored. */
export function withoutCopies(definition: PolicyDefinition): PolicyDefinition {
  const { schedule } = definition;
  return schedule === undefined ? definition : { ...definition, schedule: bareSchedule(schedule) };
}

/** The schedule as its user wrote it: without what its calendars cover. */
export function bareSchedule(schedule: Schedule): Schedule {
  if (schedule.kind !== 'cron' || schedule.calendars === undefined) return schedule;
  const members = Object.entries(schedule).filter(([name]) => name !== 'calendars');
  return Object.fromEntries(members) as unknown as CronSchedule; // the same members, less one that may be absent
}

/** Those of the copies that are named. */
function onlyNamed(copies: CalendarCopies, names: Iterable<string>): CalendarCopies {
  const wanted = new Set(names);
  return Object.fromEntries(Object.entries(copies).filter(([name]) => wanted.has(name)));
}

/** The copy of a calendar; undefined where there is none. Names are the users', and `constructor` is one. */
export function copyOf(copies: CalendarCopies | undefined, name: string): CalendarCopy | undefined {
  return copies !== undefined && Object.hasOwn(copies, name) ? copies[name] : undefined;
}
