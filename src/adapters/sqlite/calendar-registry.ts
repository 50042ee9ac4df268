import { decodeCalendars, encodeCalendar } from '../../domain/calendar/named-calendar.ts';
import type { NamedCalendar } from '../../domain/calendar/named-calendar.ts';
import type { TenantId } from '../../domain/ids.ts';
import type { CalendarList, CalendarRegistry } from '../../ports/calendar-registry.ts';
import { translated } from './errors.ts';
import type { StoreFile } from './file.ts';
import type { Statement } from './open.ts';
import { transactionsOn } from './transaction.ts';
import type { Transactions } from './transaction.ts';

interface CalendarRow {
  readonly name: string;
  readonly record: string;
}

/** Calendars in the store's file. */
export class SqliteCalendarRegistry implements CalendarRegistry {
  readonly #transactions: Transactions;
  readonly #all: Statement<CalendarRow>;
  readonly #revision: Statement<{ readonly revision: number }>;
  readonly #raise: Statement<never>;
  readonly #put: Statement<never>;
  readonly #remove: Statement<never>;

  constructor({ db }: Pick<StoreFile, 'db'>) {
    this.#transactions = transactionsOn(db);
    this.#all = db.prepare('select name, record from calendar where tenant_id = ?');
    this.#revision = db.prepare('select revision from calendar_list where tenant_id = ?');
    this.#raise = db.prepare(
      `insert into calendar_list (tenant_id, revision) values (?, 1)
       on conflict (tenant_id) do update set revision = revision + 1`,
    );
    this.#put = db.prepare(
      `insert into calendar (tenant_id, name, record) values (?, ?, ?)
       on conflict (tenant_id, name) do update set record = excluded.record`,
    );
    this.#remove = db.prepare('delete from calendar where tenant_id = ? and name = ?');
  }

  list(tenantId: TenantId): Promise<CalendarList> {
    return settled('reading the calendars', () =>
      this.#transactions.read(() => ({
        revision: this.#revisionOf(tenantId),
        ...decodeCalendars(
          this.#all.all(tenantId).map(({ name, record }) => ({
            ...{ name, text: record },
            where: `the row ${name} of tenant ${tenantId} in the table calendar`,
          })),
        ),
      })),
    );
  }

  async put(
    tenantId: TenantId,
    calendar: NamedCalendar,
    revision: number,
  ): Promise<'stored' | 'moved'> {
    const isDone = await this.#write('writing a calendar', { tenantId, revision }, () =>
      this.#put.run(tenantId, calendar.name, encodeCalendar(calendar)),
    );
    return isDone ? 'stored' : 'moved';
  }

  async remove(tenantId: TenantId, name: string, revision: number): Promise<'removed' | 'moved'> {
    const isDone = await this.#write('removing a calendar', { tenantId, revision }, () =>
      this.#remove.run(tenantId, name),
    );
    return isDone ? 'removed' : 'moved';
  }

  /** Does the work if the tenant's list is still at this revision, and raises that. */
  #write(
    doing: string,
    { tenantId, revision }: { readonly tenantId: TenantId; readonly revision: number },
    work: () => unknown,
  ): Promise<boolean> {
    return settled(doing, () =>
      this.#transactions.write(() => {
        if (this.#revisionOf(tenantId) !== revision) return false;
        this.#raise.run(tenantId);
        work();
        return true;
      }),
    );
  }

  #revisionOf(tenantId: TenantId): number {
    return this.#revision.get(tenantId)?.revision ?? 0;
  }
}

/** Does `work` at once and answers as a promise. */
function settled<Result>(doing: string, work: () => Result): Promise<Result> {
  return new Promise((resolve) => {
    try {
      resolve(work());
    } catch (error) {
      throw translated(doing, error);
    }
  });
}
