import type { NamedCalendar } from '../../domain/calendar/named-calendar.ts';
import { deleteCalendar, putCalendar } from '../../scaling/change-calendars.ts';
import type {
  CalendarExpectation,
  CalendarTarget,
  DeleteCalendarResult,
  NamedGroup,
  PutCalendarResult,
} from '../../scaling/change-calendars.ts';
import type { FanOut } from '../../scaling/fan-out.ts';
import { findCalendar, listCalendars } from '../../scaling/read-calendars.ts';
import { noSuchCalendar, unresolvable } from '../calendar-errors.ts';
import { calendarNameIn, calendarSchema, entriesOf } from '../calendar-schema.ts';
import { expectedBodies, tagged } from '../entity-tag.ts';
import { ApiError, invalid, notAsExpected } from '../errors.ts';
import { parseBody, shown } from '../validation.ts';
import { needs } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';
import { tenantOf } from './targets.ts';

/** A tenant's calendars. */
export function calendarRoutes(deps: RouteDeps): readonly Route[] {
  return [
    {
      path: '/v1.0/:tenantId/calendars',
      methods: { GET: needs('read', (call) => list(deps, call)) },
    },
    {
      path: '/v1.0/:tenantId/calendars/:calendarName',
      methods: {
        GET: needs(
          'read',
          tagged((call) => show(deps, call)),
        ),
        PUT: needs('change', (call) => put(deps, call)),
        DELETE: needs('change', (call) => remove(deps, call)),
      },
    },
  ];
}

/** There are few, so they are shown in one piece; one that cannot be read is named apart. */
async function list({ scaling }: RouteDeps, call: Call): Promise<Reply> {
  const { calendars, malformed } = await listCalendars(scaling, tenantOf(call));
  return {
    status: 200,
    body: {
      calendars: calendars.map(({ name, entries }) => ({ name, entries })),
      malformed: malformed.map(({ name }) => name),
    },
  };
}

async function show({ scaling }: RouteDeps, call: Call): Promise<Reply> {
  const { tenantId, name } = targetOf(call);
  const calendar = await findCalendar(scaling, tenantId, name);
  if (calendar === undefined) throw noSuchCalendar(tenantId, name);
  return { status: 200, body: shownCalendar(calendar) };
}

/** What a GET shows, and entity tags are of. */
function shownCalendar({ name, entries }: NamedCalendar): object {
  return { calendar: { name, entries } };
}

async function put({ scaling }: RouteDeps, call: Call): Promise<Reply> {
  const target = targetOf(call);
  const entries = entriesOf(parseBody(calendarSchema, await call.body()));
  // What is not there is not what anybody saw.
  const result = await putCalendar(scaling, target, { entries, expectation: seen(call, false) });
  if (result.kind !== 'put') throw putRefusal(target, result);
  const { isNew, calendar, changedCount, pendingCount } = result;
  return {
    status: isNew ? 201 : 200,
    body: {
      ...shownCalendar(calendar),
      groups: { changed: changedCount, pending: pendingCount },
      ...silencedBody(result),
    },
  };
}

function silencedBody({ silencedCount: count, silenced }: FanOut): object {
  return count === 0 ? {} : { silenced: { count, policies: silenced } };
}

function putRefusal(
  { tenantId }: CalendarTarget,
  result: Exclude<PutCalendarResult, { kind: 'put' }>,
): ApiError {
  switch (result.kind) {
    case 'unresolvable': {
      const { name, problem } = result;
      return invalid(`entries cannot be these: ${unresolvable(name, problem)}`);
    }
    case 'too-long': {
      const { length, max } = result;
      return invalid(
        `entries must be fewer: the record of the calendar has ${String(length)} characters, and may have ${String(max)}`,
      );
    }
    case 'over-calendar-limit':
      return new ApiError(
        'CalendarsOverLimitError',
        `Allowed limit of ${String(result.max)} calendars reached by tenant ${tenantId}`,
      );
    case 'not-as-expected':
      return notAsExpected();
  }
}

async function remove({ scaling }: RouteDeps, call: Call): Promise<Reply> {
  const target = targetOf(call);
  const result = await deleteCalendar(scaling, target, { expectation: seen(call, true) });
  if (result.kind === 'deleted') return { status: 204 };
  throw deleteRefusal(target, result);
}

function deleteRefusal(
  { tenantId, name }: CalendarTarget,
  result: Exclude<DeleteCalendarResult, { kind: 'deleted' }>,
): ApiError {
  switch (result.kind) {
    case 'no-such-calendar':
      return noSuchCalendar(tenantId, name);
    case 'not-as-expected':
      return notAsExpected();
    case 'in-use': {
      const { calendars, groups } = result;
      const users = [
        ...(calendars.length === 0 ? [] : [`the calendars ${calendars.join(', ')} include it`]),
        ...(groups.length === 0
          ? []
          : [`policies of the groups ${groups.map(groupText).join(', ')} name it`]),
      ];
      return new ApiError(
        'CalendarInUseError',
        `Calendar ${name} for tenant ${tenantId} is in use: ${users.join(', and ')}`,
      );
    }
  }
}

function groupText({ id, name }: NamedGroup): string {
  return name === undefined ? id : `${shown(name)} (${id})`;
}

function targetOf(call: Call): CalendarTarget {
  const { by, caller, signal } = call;
  const name = calendarNameIn(call.param('calendarName'));
  return { tenantId: tenantOf(call), name, by, caller, signal };
}

/** What a request takes for granted of its calendar; `ifAbsent` says whether one that is not there is as expected. */
function seen(call: Call, ifAbsent: boolean): CalendarExpectation | undefined {
  const isExpected = expectedBodies(call);
  if (isExpected === undefined) return undefined;
  return (calendar) => {
    if (calendar === undefined) return ifAbsent;
    return isExpected(calendar === 'unreadable' ? calendar : shownCalendar(calendar));
  };
}
