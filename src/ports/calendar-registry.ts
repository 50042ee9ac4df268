import type { NamedCalendar, NamedCalendars } from '../domain/calendar/named-calendar.ts';
import type { TenantId } from '../domain/ids.ts';

/** All calendars of a tenant, read at one moment. */
export interface CalendarList extends NamedCalendars {
  /** Changes with every change to any of them; no tenant's ever has the same again. 0 before the first. */
  readonly revision: number;
}

/**
 * The calendars that there are, for all nodes alike. Methods make one attempt and reject where the place that
 * keeps them does not answer (`coordination-unavailable` or `store-unavailable`); whether a write was carried
 * out is then unknown, and a repeat of it is `moved` if it was.
 *
 * A write names the revision of the list that it was decided on, and is applied to that list only: so that no
 * two that are made at once give a tenant more than it may have, include each other, or lose what one includes.
 */
export interface CalendarRegistry {
  /** The tenant's, never from a stale copy. */
  list(tenantId: TenantId): Promise<CalendarList>;
  /** Adds or replaces a calendar. `moved`: the list has another revision, and nothing was done. */
  put(tenantId: TenantId, calendar: NamedCalendar, revision: number): Promise<'stored' | 'moved'>;
  /** Takes a calendar away, readable or not. `moved` as above. */
  remove(tenantId: TenantId, name: string, revision: number): Promise<'removed' | 'moved'>;
}
