import { decodeCalendars, encodeCalendar } from '../../domain/calendar/named-calendar.ts';
import type { NamedCalendar } from '../../domain/calendar/named-calendar.ts';
import type { TenantId } from '../../domain/ids.ts';
import type { CalendarList, CalendarRegistry } from '../../ports/calendar-registry.ts';

/** What one tenant has. */
interface TenantCalendars {
  revision: number;
  /** Records by name, as they would be stored. */
  readonly records: Map<string, string>;
}

/** What several processes would share. */
export type MemoryCalendarState = Map<TenantId, TenantCalendars>;

/** Calendars in memory. One instance is one process. */
export class MemoryCalendarRegistry implements CalendarRegistry {
  readonly #state: MemoryCalendarState;

  constructor(state: MemoryCalendarState = new Map()) {
    this.#state = state;
  }

  list(tenantId: TenantId): Promise<CalendarList> {
    const { revision, records } = this.#of(tenantId);
    const read = [...records].map(([name, text]) => ({ name, text, where: `the record ${name}` }));
    return Promise.resolve({ revision, ...decodeCalendars(read) });
  }

  put(tenantId: TenantId, calendar: NamedCalendar, revision: number): Promise<'stored' | 'moved'> {
    const tenant = this.#of(tenantId);
    if (tenant.revision !== revision) return Promise.resolve('moved');
    tenant.revision += 1;
    tenant.records.set(calendar.name, encodeCalendar(calendar));
    return Promise.resolve('stored');
  }

  remove(tenantId: TenantId, name: string, revision: number): Promise<'removed' | 'moved'> {
    const tenant = this.#of(tenantId);
    if (tenant.revision !== revision) return Promise.resolve('moved');
    tenant.revision += 1;
    tenant.records.delete(name);
    return Promise.resolve('removed');
  }

  #of(tenantId: TenantId): TenantCalendars {
    const found = this.#state.get(tenantId) ?? { revision: 0, records: new Map() };
    this.#state.set(tenantId, found);
    return found;
  }
}
