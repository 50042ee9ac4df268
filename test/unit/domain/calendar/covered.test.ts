import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';

import type { DaysEntry } from '../../../../src/domain/calendar/calendar.ts';
import { coveredBy } from '../../../../src/domain/calendar/covered.ts';
import type { Covered } from '../../../../src/domain/calendar/covered.ts';

const WEEK = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

function local(text: string): number {
  return Date.parse(`${text}Z`);
}

function covered(entries: readonly DaysEntry[]): Covered {
  const made = coveredBy(entries);
  if (made === undefined) throw new Error('the entries cannot be read');
  return made;
}

/** Where the run of a local time begins and ends, as `YYYY-MM-DDTHH:MM`, and whether it is covered. */
function runAt(entries: readonly DaysEntry[], at: string): readonly (string | boolean)[] {
  const calendar = covered(entries);
  const instant = local(at);
  const shown = (end: number): string =>
    Number.isFinite(end) ? new Date(end).toISOString().slice(0, 16) : String(end);
  return [
    shown(calendar.runStart(instant)),
    calendar.covers(instant),
    shown(calendar.runEnd(instant)),
  ];
}

const RUNS: readonly {
  readonly name: string;
  readonly entries: readonly DaysEntry[];
  readonly at: string;
  readonly run: readonly [string, boolean, string];
}[] = [
  {
    name: 'a date',
    entries: [{ date: '2030-12-25' }],
    at: '2030-12-25T12:00',
    run: ['2030-12-25T00:00', true, '2030-12-26T00:00'],
  },
  {
    name: 'the millisecond before a date',
    entries: [{ date: '2030-12-25' }],
    at: '2030-12-24T23:59:59.999',
    run: ['-Infinity', false, '2030-12-25T00:00'],
  },
  {
    name: 'the end of a date',
    entries: [{ date: '2030-12-25' }],
    at: '2030-12-26T00:00',
    run: ['2030-12-26T00:00', false, 'Infinity'],
  },
  {
    name: 'a span, both days included',
    entries: [{ from: '2030-12-24', to: '2031-01-01' }],
    at: '2031-01-01T23:59',
    run: ['2030-12-24T00:00', true, '2031-01-02T00:00'],
  },
  {
    name: 'dates that touch as one',
    entries: [{ date: '2030-12-25' }, { date: '2030-12-24' }, { date: '2030-12-26' }],
    at: '2030-12-25T00:00',
    run: ['2030-12-24T00:00', true, '2030-12-27T00:00'],
  },
  {
    name: 'days of the week, every week',
    entries: [{ weekdays: ['SAT', 'SUN'] }],
    at: '2030-12-29T10:00',
    run: ['2030-12-28T00:00', true, '2030-12-30T00:00'],
  },
  {
    name: 'the days between them',
    entries: [{ weekdays: ['SAT', 'SUN'] }],
    at: '1969-12-31T10:00',
    run: ['1969-12-29T00:00', false, '1970-01-03T00:00'],
  },
  {
    name: 'hours of a day',
    entries: [{ date: '2030-12-24', start: '12:00', end: '14:30' }],
    at: '2030-12-24T12:00',
    run: ['2030-12-24T12:00', true, '2030-12-24T14:30'],
  },
  {
    name: 'the end of the hours',
    entries: [{ date: '2030-12-24', start: '12:00', end: '14:30' }],
    at: '2030-12-24T14:30',
    run: ['2030-12-24T14:30', false, 'Infinity'],
  },
  {
    name: 'hours from noon that a holiday follows',
    entries: [{ date: '2030-12-24', start: '12:00' }, { date: '2030-12-25' }],
    at: '2030-12-24T18:00',
    run: ['2030-12-24T12:00', true, '2030-12-26T00:00'],
  },
  {
    name: 'hours of days of the week, and a date in between',
    entries: [
      { weekdays: [...WEEK], end: '08:00' },
      { date: '2030-12-25', start: '08:00' },
    ],
    at: '2030-12-25T08:00',
    run: ['2030-12-25T00:00', true, '2030-12-26T08:00'],
  },
  {
    name: 'the week since an hour of a Monday',
    entries: [{ weekdays: ['MON'], start: '12:00', end: '13:00' }],
    at: '2030-12-23T11:00',
    run: ['2030-12-16T13:00', false, '2030-12-23T12:00'],
  },
  {
    name: 'the week until one',
    entries: [{ weekdays: ['MON'], start: '12:00', end: '13:00' }],
    at: '2030-12-23T14:00',
    run: ['2030-12-23T13:00', false, '2030-12-30T12:00'],
  },
  {
    name: 'every day, always',
    entries: [{ weekdays: [...WEEK] }, { date: '2030-12-25' }],
    at: '2030-06-01T08:00',
    run: ['-Infinity', true, 'Infinity'],
  },
  { name: 'nothing', entries: [], at: '2030-06-01T08:00', run: ['-Infinity', false, 'Infinity'] },
];

const UNREADABLE: readonly DaysEntry[] = [
  { date: '2030-02-29' },
  { from: '2030-02-02', to: '2030-02-01' },
  { weekdays: ['MON'], start: '24:30' },
  { weekdays: ['MON'], start: '12:00', end: '12:00' },
];

const half = fc.integer({ min: 0, max: 24 });
const entry: fc.Arbitrary<DaysEntry> = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: 0, max: 12 }).map((day) => ({ date: dateOf(day) })),
      fc
        .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 5 }))
        .map(([day, more]) => ({ from: dateOf(day), to: dateOf(day + more) })),
      fc.subarray([...WEEK], { minLength: 1 }).map((weekdays) => ({ weekdays })),
    ),
    fc.tuple(half, half).filter(([start, end]) => start < end),
  )
  .map(([days, [start, end]]) => ({ ...days, start: hourOf(start), end: hourOf(end) }));

function dateOf(day: number): string {
  return new Date(local('2030-03-01T00:00') + day * DAY_MS).toISOString().slice(0, 10);
}

function hourOf(hour: number): string {
  return `${String(hour).padStart(2, '0')}:00`;
}

describe('coveredBy', () => {
  for (const { name, entries, at, run } of RUNS) {
    it(`tells the run of ${name}`, () => {
      expect(runAt(entries, at)).to.deep.equal(run);
    });
  }

  it('tells runs that are all alike inside, and otherwise at both ends', () => {
    const hour = fc.integer({ min: -24, max: 20 * 24 });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), hour, (entries, hours) => {
        const calendar = covered(entries);
        const at = local('2030-03-01T00:00') + hours * HOUR_MS;
        const [start, end] = [calendar.runStart(at), calendar.runEnd(at)];
        const isCovered = calendar.covers(at);

        expect(start).to.be.at.most(at);
        expect(end).to.be.above(at);
        const from = Math.max(start, at - 10 * DAY_MS);
        for (let inside = from; inside < Math.min(end, at + 10 * DAY_MS); inside += HOUR_MS) {
          expect(calendar.covers(inside)).to.equal(isCovered);
        }
        if (Number.isFinite(end)) expect(calendar.covers(end)).to.equal(!isCovered);
        if (Number.isFinite(start)) expect(calendar.covers(start - 1)).to.equal(!isCovered);
      }),
    );
  });

  for (const unreadable of UNREADABLE) {
    it(`refuses ${JSON.stringify(unreadable)}`, () => {
      expect(coveredBy([{ date: '2030-01-01' }, unreadable])).to.equal(undefined);
    });
  }
});
