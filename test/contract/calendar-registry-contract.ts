import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { CalendarEntry } from '../../src/domain/calendar/calendar.ts';
import type { NamedCalendar } from '../../src/domain/calendar/named-calendar.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import type { CalendarRegistry } from '../../src/ports/calendar-registry.ts';

/** One implementation of the registry. */
export interface CalendarRegistrySubject {
  readonly name: string;
  open(): Promise<CalendarRegistryFixture>;
}

/** One place where calendars are kept. */
interface CalendarRegistryFixture {
  /** Another process that uses it. */
  process(): Promise<CalendarRegistry>;
  /** Puts a record of this name there that is not of our making. */
  spoil(tenantId: TenantId, name: string): Promise<void>;
  close(): Promise<void>;
}

const ACME = 'acme' as TenantId;

function calendar(name: string, ...entries: readonly CalendarEntry[]): NamedCalendar {
  return { name, entries };
}

/** Every registry passes this suite. A behaviour that is not here is not part of the port. */
export function calendarRegistryContract(subject: CalendarRegistrySubject): void {
  describe(`Calendar registry contract: ${subject.name}`, () => {
    let fixture: CalendarRegistryFixture;
    let registry: CalendarRegistry;
    beforeEach(async () => {
      fixture = await subject.open();
      registry = await fixture.process();
    });
    afterEach(() => fixture.close());

    async function names(tenantId = ACME, from = registry): Promise<readonly string[]> {
      return (await from.list(tenantId)).calendars.map(({ name }) => name);
    }

    /** Writes on the list as it is now. */
    async function put(given: NamedCalendar, tenantId = ACME): Promise<unknown> {
      return registry.put(tenantId, given, (await registry.list(tenantId)).revision);
    }

    it('holds nothing at first', async () => {
      expect(await registry.list(ACME)).to.deep.equal({
        ...{ revision: 0, calendars: [], malformed: [] },
      });
    });

    it('keeps every member of every entry, and shows it to other processes', async () => {
      const given = calendar(
        'Public.holidays-2030_x',
        ...[{ date: '2030-12-25' }, { from: '2030-12-24', to: '2031-01-01', start: '12:00' }],
        ...[{ weekdays: ['SAT', 'SUN'], end: '24:00' } as const, { calendar: 'others' }],
      );

      expect(await put(given)).to.equal('stored');

      expect((await registry.list(ACME)).calendars).to.deep.equal([given]);
      expect((await (await fixture.process()).list(ACME)).calendars).to.deep.equal([given]);
    });

    it('lists them by name', async () => {
      for (const name of ['b', 'a', 'B']) await put(calendar(name));

      expect(await names()).to.deep.equal(['B', 'a', 'b']);
    });

    it('replaces a calendar, and gives the list another revision', async () => {
      await put(calendar('a', { date: '2030-01-01' }));
      const before = (await registry.list(ACME)).revision;

      await put(calendar('a', { date: '2030-01-02' }));

      const { revision, calendars } = await registry.list(ACME);
      expect(calendars).to.deep.equal([calendar('a', { date: '2030-01-02' })]);
      expect(revision).not.to.equal(before);
    });

    it('writes nothing that was decided on an older list, whichever calendar that changed', async () => {
      await put(calendar('a'));
      const { revision } = await registry.list(ACME);
      await put(calendar('b'));

      expect(await registry.put(ACME, calendar('a', { date: '2030-01-01' }), revision)).to.equal(
        'moved',
      );
      expect(await registry.put(ACME, calendar('c'), revision)).to.equal('moved');
      expect(await registry.remove(ACME, 'a', revision)).to.equal('moved');
      expect((await registry.list(ACME)).calendars).to.deep.equal([calendar('a'), calendar('b')]);
    });

    it('writes nothing that was decided before a calendar was removed, the last one too', async () => {
      const { revision: empty } = await registry.list(ACME);
      await put(calendar('a'));
      const { revision } = await registry.list(ACME);
      expect(await registry.remove(ACME, 'a', revision)).to.equal('removed');

      expect(await registry.put(ACME, calendar('b'), revision)).to.equal('moved');
      expect(await registry.put(ACME, calendar('b'), empty)).to.equal('moved');
      expect(await names()).to.deep.equal([]);
    });

    it('stores one of many that write at the same time', async () => {
      const processes = await Promise.all([fixture.process(), fixture.process()]);
      const { revision } = await registry.list(ACME);

      const results = await Promise.all(
        ['a', 'b', 'c', 'd'].map((name, index) =>
          (processes[index % 2] ?? registry).put(ACME, calendar(name), revision),
        ),
      );

      expect(results.filter((result) => result === 'stored')).to.have.length(1);
      expect(await names()).to.have.length(1);
    });

    it('keeps tenants apart, whatever they are called', async () => {
      const tenants = ['a', 'a/b', 'a%2Fb', 'a/calendars', 'ü 😀'] as TenantId[];
      for (const tenantId of tenants)
        await put(calendar(`of-${String(tenantId.length)}`), tenantId);

      for (const tenantId of tenants) {
        expect(await names(tenantId), tenantId).to.deep.equal([`of-${String(tenantId.length)}`]);
      }
    });

    it('reads the others where a record is not of its making, and says which one that is', async () => {
      await put(calendar('a'));
      await fixture.spoil(ACME, 'spoiled');

      const { calendars, malformed } = await registry.list(ACME);

      expect(calendars.map(({ name }) => name)).to.deep.equal(['a']);
      expect(malformed.map(({ name, error }) => [name, error.code])).to.deep.equal([
        ['spoiled', 'record-malformed'],
      ]);
    });

    it('replaces a record that cannot be read, and removes it', async () => {
      await fixture.spoil(ACME, 'a');
      await fixture.spoil(ACME, 'b');

      await put(calendar('a'));
      await registry.remove(ACME, 'b', (await registry.list(ACME)).revision);

      const { calendars, malformed } = await registry.list(ACME);
      expect(calendars).to.deep.equal([calendar('a')]);
      expect(malformed).to.deep.equal([]);
    });
  });
}
