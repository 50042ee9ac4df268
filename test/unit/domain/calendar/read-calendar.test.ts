import { expect } from 'chai';
import { describe, it } from 'mocha';

import { isCalendarName, readCalendar } from '../../../../src/domain/calendar/read-calendar.ts';
import type { CalendarProblem } from '../../../../src/domain/calendar/read-calendar.ts';

const ENTRY_RIGHT =
  'write an object with date, with from and to, with weekdays, or with calendar; start and end may stand beside the first three';
const DATE_RIGHT = 'write a date YYYY-MM-DD such as 2030-12-25';
const TIME_RIGHT = 'write a time of day HH:MM from 00:00 to 24:00';
const HOURS_RIGHT = 'write a start that is before end; what goes past midnight is two entries';
const DAYS_RIGHT = 'write a list of MON, TUE, WED, THU, FRI, SAT, SUN';

/** An entry after a good one, and the problem, its path from the entry on. */
const WRONG: readonly {
  readonly entry: unknown;
  readonly problem: Omit<CalendarProblem, 'path'> & { readonly path: CalendarProblem['path'] };
}[] = [
  { entry: 'x', problem: { path: [], wrong: 'is no entry', received: 'x', right: ENTRY_RIGHT } },
  { entry: {}, problem: { path: [], wrong: 'is no entry', received: {}, right: ENTRY_RIGHT } },
  {
    entry: { date: '2030-01-01', weekdays: ['MON'] },
    problem: {
      ...{ path: [], wrong: 'is no entry', right: ENTRY_RIGHT },
      received: { date: '2030-01-01', weekdays: ['MON'] },
    },
  },
  {
    entry: { date: '2030-01-01', color: 'red' },
    problem: {
      ...{ path: ['color'], wrong: 'is not known here', received: 'red' },
      right: 'write no other members than date, start, end',
    },
  },
  {
    entry: { calendar: 'a', start: '12:00' },
    problem: {
      ...{ path: ['start'], wrong: 'is not known here', received: '12:00' },
      right: 'write no other members than calendar',
    },
  },
  {
    entry: { date: '2030-02-31' },
    problem: {
      ...{ path: ['date'], wrong: 'is a date that does not exist', received: '2030-02-31' },
      right: 'write a day from 01 to 28 of 2030-02',
    },
  },
  {
    entry: { date: '2030-13-01' },
    problem: { path: ['date'], wrong: 'is no date', received: '2030-13-01', right: DATE_RIGHT },
  },
  {
    entry: { date: 20301225 },
    problem: { path: ['date'], wrong: 'is no date', received: 20301225, right: DATE_RIGHT },
  },
  {
    entry: { from: '2030-01-01' },
    problem: { path: ['to'], wrong: 'is no date', received: undefined, right: DATE_RIGHT },
  },
  {
    entry: { from: '2030-01-02', to: '2030-01-01' },
    problem: {
      ...{ path: ['to'], wrong: 'is before from', received: '2030-01-01' },
      right: 'write "2030-01-02" or a later date',
    },
  },
  {
    entry: { from: '2030-01-01', to: '2040-01-10' },
    problem: {
      ...{ path: ['to'], wrong: 'is too far from from', received: '2040-01-10' },
      right: 'write a date at most 3660 days after from',
    },
  },
  {
    entry: { weekdays: [] },
    problem: {
      ...{ path: ['weekdays'], wrong: 'is no list of days', received: [], right: DAYS_RIGHT },
    },
  },
  {
    entry: { weekdays: ['MON', 'MONDAY'] },
    problem: {
      ...{ path: ['weekdays', 1], wrong: 'is no day of the week', received: 'MONDAY' },
      right: DAYS_RIGHT,
    },
  },
  {
    entry: { calendar: 'a b' },
    problem: {
      ...{ path: ['calendar'], wrong: 'is not the name of a calendar', received: 'a b' },
      right: 'write 1 to 64 characters of A-Z a-z 0-9 . _ -',
    },
  },
  {
    entry: { date: '2030-01-01', start: '24:01' },
    problem: { path: ['start'], wrong: 'is no time of day', received: '24:01', right: TIME_RIGHT },
  },
  {
    entry: { date: '2030-01-01', end: 12 },
    problem: { path: ['end'], wrong: 'is no time of day', received: 12, right: TIME_RIGHT },
  },
  {
    entry: { date: '2030-01-01', start: '12:00', end: '12:00' },
    problem: { path: ['start'], wrong: 'leaves no time', received: '12:00', right: HOURS_RIGHT },
  },
  {
    entry: { date: '2030-01-01', end: '00:00' },
    problem: { path: ['end'], wrong: 'leaves no time', received: '00:00', right: HOURS_RIGHT },
  },
];

describe('readCalendar', () => {
  it('brings entries into one form', () => {
    expect(
      readCalendar([
        { end: '24:00', start: '12:00', date: '2028-02-29' },
        { to: '2040-01-09', from: '2030-01-01' },
        { weekdays: ['sun', 'Sat', 'SUN'] },
        { calendar: 'public-holidays' },
      ]),
    ).to.deep.equal({
      kind: 'read',
      entries: [
        { date: '2028-02-29', start: '12:00', end: '24:00' },
        { from: '2030-01-01', to: '2040-01-09' },
        { weekdays: ['SAT', 'SUN'] },
        { calendar: 'public-holidays' },
      ],
    });
  });

  for (const { entry, problem } of WRONG) {
    it(`refuses ${JSON.stringify(entry)}`, () => {
      expect(readCalendar([{ date: '2030-01-01' }, entry])).to.deep.equal({
        kind: 'invalid',
        problem: { ...problem, path: [1, ...problem.path] },
      });
    });
  }

  it('takes up to 500 entries in a list', () => {
    const entries = Array.from({ length: 500 }, () => ({ date: '2030-01-01' }));
    const right = 'write a list of up to 500 entries';

    expect(readCalendar(entries)).to.include({ kind: 'read' });
    expect(readCalendar([...entries, { date: '2030-01-01' }])).to.deep.equal({
      kind: 'invalid',
      problem: { path: [], wrong: 'has too many entries', received: 501, right },
    });
    expect(readCalendar({})).to.deep.equal({
      kind: 'invalid',
      problem: { path: [], wrong: 'is no list', received: {}, right },
    });
  });
});

describe('isCalendarName', () => {
  it('takes names that can stand in a path', () => {
    const names = ['a', 'public-holidays', 'DE_2030.v1', 'a'.repeat(64), '...'];
    const others = ['', '.', '..', 'a/b', 'a b', 'ä', 'a'.repeat(65), 1, undefined];

    expect(names.filter(isCalendarName)).to.deep.equal(names);
    expect(others.filter(isCalendarName)).to.deep.equal([]);
  });
});
