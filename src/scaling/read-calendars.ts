/** What people read of a tenant's calendars. */
import type { NamedCalendar } from '../domain/calendar/named-calendar.ts';
import type { TenantId } from '../domain/ids.ts';
import type { CalendarList, CalendarRegistry } from '../ports/calendar-registry.ts';

/** All of a tenant's calendars, with the names of those that cannot be read. Rejects as the registry does. */
export function listCalendars(
  { calendars }: { readonly calendars: CalendarRegistry },
  tenantId: TenantId,
): Promise<CalendarList> {
  return calendars.list(tenantId);
}

/** The calendar of this name; undefined where there is none. Throws `record-malformed` where it cannot be read. */
export async function findCalendar(
  deps: { readonly calendars: CalendarRegistry },
  tenantId: TenantId,
  name: string,
): Promise<NamedCalendar | undefined> {
  const list = await listCalendars(deps, tenantId);
  const spoiled = list.malformed.find((record) => record.name === name);
  if (spoiled !== undefined) throw spoiled.error;
  return list.calendars.find((calendar) => calendar.name === name);
}
