import { expect } from 'chai';
import { describe, it } from 'mocha';

import type { DesiredCalendar } from '../../../../src/cli/apply/desired.ts';
import { planCalendars } from '../../../../src/cli/apply/plan-calendars.ts';
import type { HeldCalendars } from '../../../../src/cli/apply/plan-calendars.ts';
import type { CalendarEntry } from '../../../../src/domain/calendar/calendar.ts';

const DAY: CalendarEntry = { date: '2030-12-25' };

function wanted(name: string, entries: readonly CalendarEntry[] = [DAY]): DesiredCalendar {
  return { tenant: 't', name, entries, place: `f.yaml:${name}` };
}

/** What is done, in words; what is wrong; and how many are left alone. */
function planned(desired: readonly DesiredCalendar[], held: HeldCalendars = new Map()): object {
  const { actions, problems, unchangedCount } = planCalendars(desired, () => held);
  return {
    does: actions.map((action) =>
      'calendar' in action ? `${action.kind} ${action.calendar.name}` : action.kind,
    ),
    problems: problems.map(({ at, key, text }) => `${at}: ${key}: ${text}`),
    unchangedCount,
  };
}

describe('planCalendars', () => {
  it('creates what is not there, changes what differs, and leaves the rest alone', () => {
    const held = new Map([
      ['same', [DAY]],
      ['other', []],
      ['unnamed', [DAY]],
    ]);

    expect(planned([wanted('new'), wanted('same'), wanted('other')], held)).to.deep.equal({
      ...{ does: ['create-calendar new', 'put-calendar other'], problems: [], unchangedCount: 1 },
    });
  });

  it('tells the values that change', () => {
    const { actions } = planCalendars([wanted('a')], () => new Map([['a', []]]));

    expect(actions[0]).to.deep.include({
      changes: { changes: [{ path: 'entries[0].date', after: '2030-12-25' }] },
    });
  });

  it('writes one anew that the node cannot read', () => {
    expect(planned([wanted('a')], new Map([['a', undefined]]))).to.deep.include({
      does: ['put-calendar a'],
    });
  });

  it('writes what others include before them, whatever they included before', () => {
    const held = new Map<string, readonly CalendarEntry[]>([
      ['b', [{ calendar: 'c' }]],
      ['between', [{ calendar: 'c' }]],
    ]);
    const desired = [
      wanted('a', [{ calendar: 'between' }]),
      wanted('b', []),
      wanted('c', [{ calendar: 'b' }]),
    ];

    expect(planned(desired, held)).to.deep.include({
      does: ['put-calendar b', 'create-calendar c', 'create-calendar a'],
      problems: [],
    });
  });

  it('finds calendars that include what is not there, or themselves, or too much', () => {
    const many = Array.from({ length: 300 }, () => DAY);
    const desired = [
      wanted('a', [{ calendar: 'b' }]),
      wanted('b', [{ calendar: 'a' }]),
      wanted('c', [{ calendar: 'nowhere' }]),
      wanted('d', [{ calendar: 'held' }, ...many]),
    ];

    expect(planned(desired, new Map([['held', many]]))).to.deep.include({
      problems: [
        'f.yaml:a: calendar "a": includes itself, received a → b → a; take one of these out of the other',
        'f.yaml:b: calendar "b": includes itself, received b → a → b; take one of these out of the other',
        'f.yaml:c: calendar "c": includes a calendar that there is not, received c → nowhere; write that one, too, or leave it out',
        'f.yaml:d: calendar "d": has too many entries with all that it includes, received 600; write fewer',
      ],
    });
  });

  it('keeps the calendars of tenants apart', () => {
    const desired = [wanted('a'), { ...wanted('a'), tenant: 'u' }];
    const held = new Map([['a', [DAY]]]);

    const { actions } = planCalendars(desired, (tenant) => (tenant === 't' ? held : new Map()));

    expect(actions).to.deep.equal([{ kind: 'create-calendar', calendar: desired[1] }]);
  });
});
