import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import type { Misfire } from '../../../../src/domain/group/policy.ts';
import { DEFAULT_MISFIRE, judgeDue, misfireOf } from '../../../../src/domain/schedule/judge.ts';
import { compileSchedule } from '../../../../src/domain/schedule/occurrences.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const ANY_LATENESS = Number.POSITIVE_INFINITY;

const everyMinute = compileSchedule({ kind: 'cron', cron: '* * * * *' });

describe('judgeDue with jitter', () => {
  /** Every minute, each occurrence due 40 s later. */
  const judge = (input: { planned: number; now: number; misfire?: Misfire }): unknown => {
    const judgement = judgeDue({
      plannedAt: epochMs(input.planned * MINUTE),
      dueAt: epochMs(input.planned * MINUTE + 40 * SECOND),
      now: epochMs(input.now * SECOND),
      misfire: input.misfire ?? DEFAULT_MISFIRE,
      occurrences: everyMinute,
      dueOf: (plannedAt) => epochMs(plannedAt + 40 * SECOND),
    });
    if (judgement.kind === 'not-due') return 'not-due';
    const { missed, fire, next } = judgement;
    return {
      missed: missed.map(({ first, last, reason }) => [first / MINUTE, last / MINUTE, reason]),
      fire: fire.map((at) => at / MINUTE),
      next: (next ?? Number.NaN) / MINUTE,
    };
  };

  it('judges nothing before it is due, though it was planned', () => {
    expect(judge({ planned: 10, now: 639.999 })).to.equal('not-due');
    expect(judge({ planned: 10, now: 640 })).to.deep.equal({ missed: [], fire: [10], next: 11 });
  });

  it('leaves one that is planned and not due yet for later, and arms it', () => {
    expect(judge({ planned: 10, now: 720 })).to.deep.equal({
      missed: [[10, 10, 'superseded']],
      fire: [11],
      next: 12,
    });
    expect(judge({ planned: 10, now: 660 })).to.deep.equal({ missed: [], fire: [10], next: 11 });
  });

  for (const policy of ['latest', 'all', 'skip'] as const) {
    it(`measures lateness from when it was due, with ${policy}`, () => {
      const misfire = { policy, withinMs: 10 * SECOND };

      expect(judge({ planned: 10, now: 650, misfire })).to.deep.equal({
        ...{ missed: [], fire: [10], next: 11 },
      });
      expect(judge({ planned: 10, now: 650.001, misfire })).to.deep.equal({
        ...{ missed: [[10, 10, 'too-late']], fire: [], next: 11 },
      });
    });
  }

  it('splits what is late between too late and in time by when each was due', () => {
    const misfire = { policy: 'all', withinMs: 100 * SECOND } as const;

    // Due at 640, 700, 760 and 820; in time from 730 on.
    expect(judge({ planned: 10, now: 830, misfire })).to.deep.equal({
      missed: [[10, 11, 'too-late']],
      fire: [12, 13],
      next: 14,
    });
  });
});

describe('misfireOf', () => {
  for (const { choice, wanted } of [
    { choice: undefined, wanted: { policy: 'latest', withinMs: ANY_LATENESS } },
    { choice: { policy: 'latest' }, wanted: { policy: 'latest', withinMs: ANY_LATENESS } },
    { choice: { policy: 'all' }, wanted: { policy: 'all', withinMs: ANY_LATENESS } },
    { choice: { policy: 'skip' }, wanted: { policy: 'skip', withinMs: MINUTE } },
    {
      choice: { policy: 'latest', withinSeconds: 1.5 },
      wanted: { policy: 'latest', withinMs: 1500 },
    },
  ] as const) {
    it(`reads ${JSON.stringify(choice)}`, () => {
      expect(misfireOf(choice)).to.deep.equal(wanted);
    });
  }
});
