import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import { hasCode, messageOf } from '../../../../src/base/errors.ts';
import type { Schedule } from '../../../../src/domain/group/policy.ts';
import {
  compileSchedule,
  createScheduleCompiler,
} from '../../../../src/domain/schedule/occurrences.ts';

const AT = epochMs(Date.UTC(2050, 4, 20, 3, 12, 9, 123));
const before = epochMs(AT - 1);
const after = epochMs(AT + 1);

const MALFORMED: readonly { schedule: Schedule; message: string }[] = [
  {
    schedule: { kind: 'at', at: '2050-02-30T00:00:00Z' },
    message:
      'cannot compile the stored schedule: at "2050-02-30T00:00:00Z" is not an instant YYYY-MM-DDTHH:MM:SSZ',
  },
  {
    schedule: { kind: 'cron', cron: '0 0 31 2 *' },
    message:
      'cannot compile the stored schedule: cron: "0 0 31 2 *" never fires: its day of month is in ' +
      'none of its months; write a day that one of them has',
  },
];

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

  it('walks a cron expression, seconds included', () => {
    const occurrences = compileSchedule({ kind: 'cron', cron: '*/20 * * * * *' });

    expect({
      next: occurrences.next(epochMs(20_000)),
      latest: occurrences.latest(epochMs(59_999)),
      count: occurrences.count(epochMs(20_000), epochMs(60_000)),
    }).to.deep.equal({ next: 40_000, latest: 40_000, count: 3 });
  });

  MALFORMED.forEach(({ schedule, message }) => {
    it(`refuses the record ${JSON.stringify(schedule)}`, () => {
      const error = errorOf(() => compileSchedule(schedule));

      expect(hasCode(error, 'record-malformed')).to.equal(true);
      expect(messageOf(error)).to.equal(message);
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

  it('does not remember a failure', () => {
    const compile = createScheduleCompiler(2);
    const malformed: Schedule = { kind: 'cron', cron: '@daily' };

    const errors = [errorOf(() => compile(malformed)), errorOf(() => compile(malformed))];

    expect(errors.every((error) => hasCode(error, 'record-malformed'))).to.equal(true);
  });
});
