import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { EpochMs } from '../../../../src/base/clock.ts';
import type {
  CalendarCopies,
  DaysEntry,
  WeekdayName,
} from '../../../../src/domain/calendar/calendar.ts';
import { coveredBy } from '../../../../src/domain/calendar/covered.ts';
import type { CronSchedule } from '../../../../src/domain/group/policy.ts';
import {
  compileSchedule,
  createScheduleCompiler,
} from '../../../../src/domain/schedule/occurrences.ts';
import type { Occurrences } from '../../../../src/domain/schedule/occurrences.ts';
import { withCalendars } from '../../../../src/domain/schedule/with-calendars.ts';

const CRONS = ['0 * * * *', '*/30 0-3 * * *', '30 2 * * *', '0 9 * * 1-5'];
const ZONES = [undefined, 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];
const WEEK: readonly WeekdayName[] = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'];
/** Around both changes of clocks in Berlin and in New York in 2030. */
const FROM = [
  '2030-03-08T00:00:00Z',
  '2030-03-29T00:00:00Z',
  '2030-04-05T00:00:00Z',
  '2030-10-25T00:00:00Z',
];
const SPAN_MS = 5 * 86_400_000;

const hours = fc.option(
  fc
    .tuple(fc.integer({ min: 0, max: 47 }), fc.integer({ min: 1, max: 48 }))
    .filter(([a, b]) => a < b)
    .map(([a, b]) => ({ start: timeOf(a), end: timeOf(b) })),
  { nil: {} },
);

/** `HH:MM` of a half-hour of the day. */
function timeOf(half: number): string {
  return `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 === 0 ? '00' : '30'}`;
}

function dateAt(from: string, days: number): string {
  return new Date(Date.parse(from) + days * 86_400_000).toISOString().slice(0, 10);
}

function entryNear(from: string): fc.Arbitrary<DaysEntry> {
  const day = fc.integer({ min: -2, max: 8 });
  const days = fc.oneof(
    day.map((at) => ({ date: dateAt(from, at) })),
    fc
      .tuple(day, fc.integer({ min: 0, max: 9 }))
      .map(([at, more]) => ({ from: dateAt(from, at), to: dateAt(from, at + more) })),
    fc.subarray([...WEEK], { minLength: 1 }).map((weekdays) => ({ weekdays })),
  );
  return fc.tuple(days, hours).map(([what, when]) => ({ ...what, ...when }));
}

interface Scene {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly schedule: CronSchedule;
}

const scene: fc.Arbitrary<Scene> = fc.constantFrom(...FROM).chain((from) =>
  fc
    .record({
      cron: fc.constantFrom(...CRONS),
      timezone: fc.constantFrom(...ZONES),
      overlap: fc.constantFrom('first', 'second', 'both'),
      calendars: fc.array(fc.array(entryNear(from), { maxLength: 4 }), {
        minLength: 1,
        maxLength: 3,
      }),
      exclude: fc.integer({ min: 0, max: 3 }),
      offset: fc.integer({ min: 0, max: 2 * 86_400_000 }),
    })
    .map(({ cron, timezone, overlap, calendars, exclude, offset }) => {
      const names = calendars.map((_, index) => `c${String(index)}`);
      const only = names.slice(exclude);
      return {
        from: epochMs(Date.parse(from) + offset),
        to: epochMs(Date.parse(from) + offset + SPAN_MS),
        schedule: {
          kind: 'cron' as const,
          cron,
          ...(timezone === undefined ? {} : { timezone, dst: { overlap } }),
          exclude: names.slice(0, exclude),
          ...(only.length === 0 ? {} : { only }),
          calendars: copiesOf(calendars),
        },
      };
    }),
);

function copiesOf(calendars: readonly (readonly DaysEntry[])[]): CalendarCopies {
  const named = calendars.map((entries, index) => [
    `c${String(index)}`,
    { version: JSON.stringify(entries), entries },
  ]);
  return Object.fromEntries(named) as CalendarCopies; // entries lose their types
}

/** What clocks show at an instant, as the host's own calendar has it: `2030-03-31`, `SUN`, `09:30`. */
function shownIn(timezone: string): (at: number) => { date: string; day: string; time: string } {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    hourCycle: 'h23',
    weekday: 'short',
    ...({ year: 'numeric', month: '2-digit', day: '2-digit' } as const),
    ...({ hour: '2-digit', minute: '2-digit' } as const),
  });
  return (at) => {
    const part = Object.fromEntries(
      format.formatToParts(at).map(({ type, value }) => [type, value]),
    );
    return {
      date: `${String(part['year'])}-${String(part['month'])}-${String(part['day'])}`,
      day: String(part['weekday']).slice(0, 3).toUpperCase(),
      time: `${String(part['hour'])}:${String(part['minute'])}`,
    };
  };
}

const SHOWN = Object.fromEntries(ZONES.map((zone = 'UTC') => [zone, shownIn(zone)] as const));
/** Keeps zones: reading one takes longer than all that is asked of it here. */
const compile = createScheduleCompiler(1);

/** One after the other, by the words of the definition. */
function filtered(drawn: Scene): readonly number[] {
  return judged(drawn).flatMap(({ at, why }) => (why === undefined ? [at] : []));
}

/** Every occurrence, and what leaves it out. */
function judged({ from, to, schedule }: Scene): readonly { at: number; why?: object }[] {
  const { exclude = [], only, calendars = {}, ...bare } = schedule;
  const show = SHOWN[schedule.timezone ?? 'UTC'] ?? shownIn('UTC');
  type Shown = ReturnType<typeof show>;
  const isIn = (name: string, { date, day, time }: Shown): boolean => {
    return (calendars[name]?.entries ?? []).some((entry) => {
      const { start = '00:00', end = '24:00' } = entry;
      if (time < start || time >= end) return false;
      if ('date' in entry) return entry.date === date;
      if ('from' in entry) return entry.from <= date && date <= entry.to;
      return entry.weekdays.some((name) => name === day);
    });
  };
  return listed(compile(bare), from, to).map((at) => {
    const shown = show(at);
    const excludedBy = exclude.filter((name) => isIn(name, shown));
    if (excludedBy.length > 0) return { at, why: { excludedBy } };
    const isKept = only === undefined || only.some((name) => isIn(name, shown));
    return isKept ? { at } : { at, why: { notIn: only } };
  });
}

/** What calendars leave out, as the search finds it. */
function listedLeftOut(occurrences: Occurrences, from: EpochMs, to: EpochMs): readonly object[] {
  const last = epochMs(to - 1);
  const found: object[] = [];
  for (
    let each = occurrences.leftOut?.(epochMs(from - 1), last);
    each !== undefined;
    each = occurrences.leftOut?.(each.at, last)
  ) {
    found.push(each);
  }
  return found;
}

/** From `from` on and before `to`. */
function listed(occurrences: Occurrences, from: EpochMs, to: EpochMs): readonly number[] {
  const found: number[] = [];
  for (
    let at = occurrences.next(epochMs(from - 1));
    at !== undefined && at < to;
    at = occurrences.next(at)
  ) {
    found.push(at);
  }
  return found;
}

function listedBackward(occurrences: Occurrences, from: EpochMs, to: EpochMs): readonly number[] {
  const found: number[] = [];
  for (
    let at = occurrences.latest(epochMs(to - 1));
    at !== undefined && at >= from;
    at = occurrences.latest(epochMs(at - 1))
  ) {
    found.unshift(at);
  }
  return found;
}

function instant(text: string): EpochMs {
  return epochMs(Date.parse(text));
}

describe('withCalendars', function withCalendarsSuite() {
  this.timeout(20_000); // most of it goes into what the host's calendar shows, and into reading zones

  it('leaves out what the calendars say, forward, backward and in counts', () => {
    fc.assert(
      fc.property(scene, (drawn) => {
        const { from, to, schedule } = drawn;
        const occurrences = compile(schedule);
        const expected = filtered(drawn);

        expect(listed(occurrences, from, to)).to.deep.equal(expected);
        expect(listedBackward(occurrences, from, to)).to.deep.equal(expected);
        expect(occurrences.count(from, epochMs(to - 1))).to.equal(expected.length);
      }),
      { numRuns: 40 },
    );
  });

  it('finds what the calendars leave out, and which of them do', () => {
    fc.assert(
      fc.property(scene, (drawn) => {
        const { from, to, schedule } = drawn;
        const expected = judged(drawn).flatMap(({ at, why }) =>
          why === undefined ? [] : [{ at, ...why }],
        );

        expect(listedLeftOut(compile(schedule), from, to)).to.deep.equal(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('jumps over a year that stands, to what is left out after it', () => {
    let askedCount = 0;
    const everyMinute = compileSchedule({ kind: 'cron', cron: '* * * * *' });
    const next = (after: EpochMs): EpochMs | undefined => {
      askedCount += 1;
      return everyMinute.next(after);
    };
    const covered = coveredBy([{ date: '2031-01-01', start: '09:00' }]);
    if (covered === undefined) throw new Error('the calendar can be read');
    const rules = { exclude: [{ name: 'c0', ...covered }], only: undefined, zone: undefined };
    const { leftOut } = withCalendars({ ...everyMinute, next, count: () => 0 }, rules);
    const from = instant('2030-01-01T00:00:00Z');
    const at = instant('2031-01-01T09:00:00Z');

    expect(leftOut(from, at)).to.deep.equal({ at, excludedBy: ['c0'] });
    expect(leftOut(from, epochMs(at - 1))).to.equal(undefined);
    expect(askedCount).to.be.lessThan(10);
  });

  it('has nothing left out where a schedule names no calendar', () => {
    expect(compileSchedule({ kind: 'cron', cron: '* * * * *' })).not.to.have.property('leftOut');
  });

  it('jumps over a year that is left out, whatever the rule', () => {
    const occurrences = compileSchedule({
      ...{ kind: 'cron', cron: '* * * * *', timezone: 'Europe/Berlin', exclude: ['c0'] },
      calendars: copiesOf([[{ from: '2030-01-01', to: '2030-12-31' }]]),
    });
    const [before, after] = [
      Date.parse('2029-12-31T22:59:00Z'),
      Date.parse('2030-12-31T23:00:00Z'),
    ];

    expect(occurrences.next(epochMs(before))).to.equal(after);
    expect(occurrences.latest(epochMs(after - 1))).to.equal(before);
    expect(occurrences.count(epochMs(before), epochMs(after))).to.equal(2);
  });

  it('does not count through more stretches than take a moment', () => {
    const occurrences = compileSchedule({
      ...{ kind: 'cron', cron: '0 * * * *', exclude: ['c0'] },
      calendars: copiesOf([[{ weekdays: WEEK, start: '08:00', end: '10:00' }]]),
    });
    const from = instant('2030-01-01T00:00:00Z');

    expect(occurrences.count(from, instant('2030-01-02T23:59:59Z'))).to.equal(44);
    expect(occurrences.count(from, instant('2050-01-01T00:00:00Z'))).to.equal(undefined);
  });

  it('has no occurrence where nothing stands', () => {
    const never: readonly Partial<CronSchedule>[] = [
      { exclude: ['c0'], calendars: copiesOf([[{ weekdays: WEEK }]]) },
      { only: ['c0'], calendars: copiesOf([[]]) },
      // In a stretch of its own every day.
      {
        exclude: ['c0'],
        calendars: copiesOf([[{ weekdays: WEEK, start: '08:00', end: '10:00' }]]),
      },
    ];
    const at = epochMs(Date.parse('2030-01-01T00:00:00Z'));
    for (const members of never) {
      const zones = ['UTC', 'Europe/Berlin'];
      for (const timezone of zones) {
        const schedule = { kind: 'cron', cron: '0 9 * * *', timezone, ...members } as const;
        const occurrences = compileSchedule(schedule);

        expect(occurrences.next(at)).to.equal(undefined);
        expect(occurrences.latest(at)).to.equal(undefined);
        expect(occurrences.count(at, epochMs(at + SPAN_MS))).to.equal(0);
      }
    }
  });

  it('looks at the time that clocks show, for the first and for the second time', () => {
    const schedule: CronSchedule = {
      ...{ kind: 'cron', cron: '30 2 * * *', timezone: 'Europe/Berlin', dst: { overlap: 'both' } },
      exclude: ['c0'],
      calendars: copiesOf([[{ date: '2030-10-27', start: '02:00', end: '03:00' }]]),
    };
    const occurrences = compileSchedule(schedule);
    const from = epochMs(Date.parse('2030-10-26T12:00:00Z'));

    expect(occurrences.next(from)).to.equal(Date.parse('2030-10-28T01:30:00Z'));
  });

  it('keeps to the span of the schedule', () => {
    const occurrences = compileSchedule({
      ...{ kind: 'cron', cron: '0 9 * * *', exclude: ['c0'] },
      ...{ start: '2030-01-02T00:00:00Z', end: '2030-01-05T00:00:00Z' },
      calendars: copiesOf([[{ date: '2030-01-02' }, { date: '2030-01-04' }]]),
    });
    const only = Date.parse('2030-01-03T09:00:00Z');

    const next = [0, only].map((at) => occurrences.next(epochMs(at)));
    const latest = [only * 2, only - 1].map((at) => occurrences.latest(epochMs(at)));
    expect({ next, latest }).to.deep.equal({ next: [only, undefined], latest: [only, undefined] });
  });
});
