import { decodeCalendars, encodeCalendar } from '../../domain/calendar/named-calendar.ts';
import type { NamedCalendar } from '../../domain/calendar/named-calendar.ts';
import type { TenantId } from '../../domain/ids.ts';
import type { CalendarList, CalendarRegistry } from '../../ports/calendar-registry.ts';
import type { IRequestOp } from 'etcd3';
import type { EtcdConnection } from './connection.ts';
import { isAbsent, isChangedAt, NO_LEASE, put, remove } from './requests.ts';

/**
 * Calendars in etcd, where they stay until they are removed. An etcd that was emptied has lost them: groups go on
 * with their copies, and no node gives the calendars back, for nobody knows which of two copies is the newer.
 */
export class EtcdCalendarRegistry implements CalendarRegistry {
  readonly #connection: EtcdConnection;

  constructor(connection: EtcdConnection) {
    this.#connection = connection;
  }

  /** The revision first: of what is written in between, the next write is told that the list has moved. */
  async list(tenantId: TenantId): Promise<CalendarList> {
    const doing = 'reading the calendars';
    const { changes, calendars } = this.#connection.keys.calendars(tenantId);
    const latest = await this.#connection.get(doing, changes);
    const found = await this.#connection.range(doing, calendars);
    const records = found.map(({ key, value }) => ({
      ...{ name: key.slice(calendars.start.length), text: value },
      where: `the key ${key} of etcd`,
    }));
    return { revision: latest?.modRevision ?? 0, ...decodeCalendars(records) };
  }

  async put(
    tenantId: TenantId,
    calendar: NamedCalendar,
    revision: number,
  ): Promise<'stored' | 'moved'> {
    const { start } = this.#connection.keys.calendars(tenantId).calendars;
    const isDone = await this.#write('writing a calendar', {
      ...{ tenantId, revision },
      change: put(start + calendar.name, encodeCalendar(calendar), NO_LEASE),
    });
    return isDone ? 'stored' : 'moved';
  }

  async remove(tenantId: TenantId, name: string, revision: number): Promise<'removed' | 'moved'> {
    const { start } = this.#connection.keys.calendars(tenantId).calendars;
    const change = remove(start + name);
    const isDone = await this.#write('removing a calendar', { tenantId, revision, change });
    return isDone ? 'removed' : 'moved';
  }

  async #write(
    doing: string,
    write: {
      readonly tenantId: TenantId;
      readonly revision: number;
      readonly change: IRequestOp;
    },
  ): Promise<boolean> {
    const { tenantId, revision, change } = write;
    const { changes } = this.#connection.keys.calendars(tenantId);
    const { isDone } = await this.#connection.transact(doing, {
      when: [revision === 0 ? isAbsent(changes) : isChangedAt(changes, revision)],
      then: [change, put(changes, '', NO_LEASE)],
      otherwise: [],
    });
    return isDone;
  }
}
