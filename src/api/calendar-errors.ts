/** Why calendars cannot be used as somebody asks, in words. */
import { ENTRIES_MAX } from '../domain/calendar/read-calendar.ts';
import type { ResolveProblem } from '../domain/calendar/resolve.ts';
import type { CalendarsProblem } from '../scaling/tenant-calendars.ts';
import { ApiError, invalid } from './errors.ts';

/** Policies name calendars that they cannot be given. `argsOf` has the path to the arguments of the policy at a place. */
export function calendarsRefusal(
  problem: CalendarsProblem,
  argsOf: (index: number) => string,
): ApiError {
  if (problem.kind === 'over-calendar-limit') {
    const { count, max } = problem;
    return new ApiError(
      'CalendarsOverLimitError',
      `The policies of the group would name ${String(count)} calendars, and may name ${String(max)} in all`,
    );
  }
  const { index, where, name, problem: why, known } = problem;
  const place = `${argsOf(index)}.${where}`;
  if (why.kind === 'no-such-calendar' && why.path.length === 1) {
    const names = known.map((each) => JSON.stringify(each)).join(', ');
    const right = known.length === 0 ? 'the tenant has none' : `there are ${names}`;
    return invalid(
      `${place} must be the name of a calendar, not ${JSON.stringify(name)}: ${right}`,
    );
  }
  return invalid(`${place} cannot be ${JSON.stringify(name)}: ${unresolvable(name, why)}`);
}

/** Why the calendar of this name cannot be written out. */
export function unresolvable(name: string, problem: ResolveProblem): string {
  switch (problem.kind) {
    case 'no-such-calendar': {
      const missing = JSON.stringify(problem.path.at(-1));
      return `there is no calendar ${missing}, which it includes (${way(problem.path)})`;
    }
    case 'circle':
      return `calendars must not include themselves (${way(problem.path)})`;
    case 'too-many-entries':
      return (
        `the calendar ${JSON.stringify(name)} would have ${String(problem.count)} entries with all that it includes, ` +
        `and may have ${String(ENTRIES_MAX)}`
      );
  }
}

function way(path: readonly string[]): string {
  return path.join(' → ');
}

export function noSuchCalendar(tenantId: string, name: string): ApiError {
  return new ApiError('NoSuchCalendarError', `No such calendar ${name} for tenant ${tenantId}`);
}
