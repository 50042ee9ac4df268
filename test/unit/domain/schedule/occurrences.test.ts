import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import { hasCode, messageOf } from '../../../../src/base/errors.ts';
import type { EpochMs } from '../../../../src/base/clock.ts';
import type { Schedule } from '../../../../src/domain/group/policy.ts';
import {
  compileSchedule,
  createScheduleCompiler,
} from '../../../../src/domain/schedule/occurrences.ts';

const AT = epochMs(Date.UTC(2050, 4, 20, 3, 12, 9, 123));
const before = epochMs(AT - 1);
const after = epochMs(AT + 1);

const MALFORMED: readonly { schedule: Schedule; message: string | RegExp }[] = [
  {
    schedule: { kind: 'at', at: '2050-02-30T00:00:00Z' },
    message:
      'cannot compile the stored schedule: at "2050-02-30T00:00:00Z" is not an instant YYYY-MM-DDTHH:MM:SSZ',
  },
  {
    schedule: { kind: 'at', at: '2050-05-20T00:00:00Z', timezone: 'Europe/Berlin' },
    message:
      'cannot compile the stored schedule: at "2050-05-20T00:00:00Z" is not a local time YYYY-MM-DDTHH:MM:SS',
  },
  {
    schedule: { kind: 'at', at: '2050-05-20T00:00:00', timezone: 'Mars/Olympus' },
    message: 'cannot compile the stored schedule: timezone "Mars/Olympus" is not known',
  },
  {
    schedule: { kind: 'cron', cron: '0 0 31 2 *' },
    message:
      'cannot compile the stored schedule: cron: "0 0 31 2 *" never fires: its day of month is in ' +
      'none of its months; write a day that one of them has',
  },
  {
    schedule: { kind: 'cron', cron: '@daily' },
    message: /^cannot compile the stored schedule: cron: ./,
  },
  {
    schedule: { kind: 'cron', cron: '0 9 * * *', timezone: 'Mars/Olympus' },
    message: 'cannot compile the stored schedule: timezone "Mars/Olympus" is not known',
  },
  {
    schedule: { kind: 'cron', cron: '0 9 * * *', start: 'x' },
    message: 'cannot compile the stored schedule: start "x" is not an instant YYYY-MM-DDTHH:MM:SSZ',
  },
  {
    schedule: { kind: 'cron', cron: '0 9 * * *', exclude: ['a'] },
    message: 'cannot compile the stored schedule: calendar "a" is not known',
  },
  {
    schedule: { kind: 'cron', cron: '0 9 * * *', only: ['constructor'], calendars: {} },
    message: 'cannot compile the stored schedule: calendar "constructor" is not known',
  },
  {
    schedule: {
      ...{ kind: 'cron', cron: '0 9 * * *', exclude: ['a'] },
      calendars: { a: { version: '1', entries: [{ date: '2030-02-30' }] } },
    },
    message: 'cannot compile the stored schedule: calendar "a" cannot be read',
  },
  {
    schedule: { kind: 'cron', cron: '0 9 * * *', end: 'y' },
    message: 'cannot compile the stored schedule: end "y" is not an instant YYYY-MM-DDTHH:MM:SSZ',
  },
];

/** The occurrences from an instant on, as ISO 8601 without what is the same in all. */
function listed(schedule: Schedule, from: string, count: number): readonly string[] {
  const occurrences = compileSchedule(schedule);
  const found: string[] = [];
  let at = epochMs(Date.parse(from) - 1);
  while (found.length < count) {
    const next = occurrences.next(at);
    if (next === undefined) break;
    found.push(new Date(next).toISOString().slice(0, 16));
    at = next;
  }
  return found;
}

function errorOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

describe('compileSchedule', () => {
  it('gives an instant exactly one occurrence', () => {
    const occurrences = compileSchedule({ kind: 'at', at: '2050-05-20T03:12:09.123456Z' });

    expect({
      next: [before, AT, after].map((instant) => occurrences.next(instant)),
      latest: [before, AT, after].map((instant) => occurrences.latest(instant)),
      count: [
        occurrences.count(AT, AT),
        occurrences.count(before, after),
        occurrences.count(after, after),
        occurrences.count(before, before),
      ],
    }).to.deep.equal({
      next: [AT, undefined, undefined],
      latest: [undefined, AT, AT],
      count: [1, 1, 0, 0],
    });
  });

  it('reads a local time on the clocks of its zone, and never finds one that is left out', () => {
    const schedule: Schedule = {
      ...{ kind: 'at', at: '2030-03-31T02:30:00', timezone: 'Europe/Berlin' },
    };
    const skipped = compileSchedule({ ...schedule, dst: { gap: 'skip' } });
    const [from, to] = [epochMs(0), epochMs(Date.UTC(2100, 0, 1))];

    expect(listed(schedule, '2030-01-01T00:00Z', 2)).to.deep.equal(['2030-03-31T01:30']);
    expect([skipped.next(from), skipped.latest(to), skipped.count(from, to)]).to.deep.equal([
      ...[undefined, undefined, 0],
    ]);
  });

  it('looks on the clocks of its zone from a local time on', () => {
    const occurrences = compileSchedule({
      ...{ kind: 'at', at: '2030-03-30T02:30:00', timezone: 'Europe/Berlin' },
    });
    const from = epochMs(Date.UTC(2030, 2, 30, 12));

    // The day that clocks are set forward has 23 hours.
    expect(occurrences.wallClockAfter(from, 86_400_000)).to.equal(Date.UTC(2030, 2, 31, 11));
  });

  it('walks a cron expression, seconds included', () => {
    const occurrences = compileSchedule({ kind: 'cron', cron: '*/20 * * * * *' });

    expect({
      next: occurrences.next(epochMs(20_000)),
      latest: occurrences.latest(epochMs(59_999)),
      count: occurrences.count(epochMs(20_000), epochMs(60_000)),
    }).to.deep.equal({ next: 40_000, latest: 40_000, count: 3 });
  });

  it('reads the extended dialect only where the schedule says so', () => {
    expect(
      listed({ kind: 'cron', cron: '0 9 LW * *', dialect: 'extended' }, '2030-03-01T00:00Z', 2),
    ).to.deep.equal(['2030-03-29T09:00', '2030-04-30T09:00']);
  });

  it('follows the clocks of its zone', () => {
    const schedule: Schedule = { kind: 'cron', cron: '0 9 * * *', timezone: 'Europe/Berlin' };

    expect(listed(schedule, '2030-03-30T00:00Z', 2)).to.deep.equal([
      '2030-03-30T08:00',
      '2030-03-31T07:00',
    ]);
    const occurrences = compileSchedule(schedule);
    expect([
      occurrences.latest(epochMs(Date.UTC(2030, 2, 31, 7, 30))),
      occurrences.count(epochMs(Date.UTC(2030, 2, 30)), epochMs(Date.UTC(2030, 3, 1))),
    ]).to.deep.equal([Date.UTC(2030, 2, 31, 7), 2]);
  });

  for (const { dst, wanted } of [
    { dst: undefined, wanted: ['2030-03-30T01:30', '2030-03-31T01:30', '2030-04-01T00:30'] },
    { dst: { gap: 'skip' }, wanted: ['2030-03-30T01:30', '2030-04-01T00:30', '2030-04-02T00:30'] },
  ] as const) {
    it(`plans a skipped time of day as ${JSON.stringify(dst ?? {})} says`, () => {
      const schedule: Schedule = { kind: 'cron', cron: '30 2 * * *', timezone: 'Europe/Berlin' };

      expect(
        listed(dst === undefined ? schedule : { ...schedule, dst }, '2030-03-30T00:00Z', 3),
      ).to.deep.equal(wanted);
    });
  }

  it('plans a repeated time of day once, or as often as it says', () => {
    const schedule: Schedule = { kind: 'cron', cron: '30 2 * * *', timezone: 'Europe/Berlin' };

    expect(listed(schedule, '2030-10-27T00:00Z', 1)).to.deep.equal(['2030-10-27T00:30']);
    expect(listed({ ...schedule, dst: { overlap: 'both' } }, '2030-10-27T00:00Z', 2)).to.deep.equal(
      ['2030-10-27T00:30', '2030-10-27T01:30'],
    );
  });

  it('has nothing before its start, and nothing from its end on', () => {
    const span = { start: '2030-01-01T01:00:00Z', end: '2030-01-01T04:00:00Z' };
    const occurrences = compileSchedule({ kind: 'cron', cron: '0 * * * *', ...span });
    const hour = (number: number): EpochMs => epochMs(Date.UTC(2030, 0, 1, number));

    expect({
      next: [-9, 0, 1, 2, 3, 9].map((number) => occurrences.next(hour(number))),
      latest: [-9, 0, 1, 2, 3, 4, 9].map((number) => occurrences.latest(hour(number))),
      count: [
        occurrences.count(hour(-9), hour(9)),
        occurrences.count(hour(2), hour(2)),
        occurrences.count(hour(-9), hour(0)),
        occurrences.count(hour(4), hour(9)),
      ],
    }).to.deep.equal({
      next: [hour(1), hour(1), hour(2), hour(3), undefined, undefined],
      latest: [undefined, undefined, hour(1), hour(2), hour(3), hour(3), hour(3)],
      count: [3, 1, 0, 0],
    });
  });

  it('may be open at either end of its span', () => {
    const cron: Schedule = { kind: 'cron', cron: '0 0 1 1 *' };

    expect(
      listed({ ...cron, start: '2031-06-01T00:00:00Z' }, '2030-01-01T00:00Z', 1),
    ).to.deep.equal(['2032-01-01T00:00']);
    expect(listed({ ...cron, end: '2031-01-01T00:00:00Z' }, '2030-01-01T00:00Z', 9)).to.deep.equal([
      '2030-01-01T00:00',
    ]);
  });

  MALFORMED.forEach(({ schedule, message }) => {
    it(`refuses the record ${JSON.stringify(schedule)}`, () => {
      const error = errorOf(() => compileSchedule(schedule));

      expect(hasCode(error, 'record-malformed')).to.equal(true);
      if (typeof message === 'string') expect(messageOf(error)).to.equal(message);
      else expect(messageOf(error)).to.match(message);
    });
  });
});

describe('createScheduleCompiler', () => {
  const cron = (minute: number): Schedule => ({ kind: 'cron', cron: `${minute} * * * *` });

  it('compiles an expression once', () => {
    const compile = createScheduleCompiler(2);

    expect(compile(cron(1))).to.equal(compile(cron(1)));
  });

  it('remembers no more expressions than its bound, and forgets the oldest', () => {
    const compile = createScheduleCompiler(2);
    const [first, second] = [compile(cron(1)), compile(cron(2))];
    compile(cron(3));

    expect(compile(cron(2))).to.equal(second);
    expect(compile(cron(1))).not.to.equal(first);
  });

  it('answers like compileSchedule for either kind', () => {
    const compile = createScheduleCompiler(2);
    const at: Schedule = { kind: 'at', at: '2050-05-20T03:12:09.123Z' };

    expect([compile(at).next(before), compile(cron(5)).next(epochMs(0))]).to.deep.equal([
      AT,
      300_000,
    ]);
  });

  it('tells apart all that occurrences depend on, and nothing else', () => {
    const compile = createScheduleCompiler(20);
    const plain = { kind: 'cron', cron: '0 9 * * *' } as const;
    const timezone = 'Europe/Berlin';
    const different: readonly Schedule[] = [
      plain,
      { ...plain, timezone },
      { ...plain, timezone, dst: { gap: 'skip' } },
      { ...plain, timezone, dst: { overlap: 'both' } },
      { ...plain, dialect: 'extended' },
      { ...plain, start: '2030-01-01T00:00:00Z' },
      { ...plain, end: '2030-01-01T00:00:00Z' },
      { ...plain, exclude: ['a'], calendars: { a: { version: '1', entries: [] } } },
      { ...plain, exclude: ['a'], calendars: { a: { version: '2', entries: [] } } },
      { ...plain, only: ['a'], calendars: { a: { version: '1', entries: [] } } },
    ];

    expect(new Set(different.map(compile)).size).to.equal(different.length);
    expect(compile({ ...plain, jitterSeconds: 5 })).to.equal(compile(plain));
  });

  it('does not remember a failure', () => {
    const compile = createScheduleCompiler(2);
    const malformed: Schedule = { kind: 'cron', cron: '@daily' };

    const errors = [errorOf(() => compile(malformed)), errorOf(() => compile(malformed))];

    expect(errors.every((error) => hasCode(error, 'record-malformed'))).to.equal(true);
  });
});
