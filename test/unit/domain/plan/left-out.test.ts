import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { EpochMs } from '../../../../src/base/clock.ts';
import type { CronSchedule, PolicyProgress } from '../../../../src/domain/group/policy.ts';
import { leftOutAfter, nextBesides, skippedRunsOf } from '../../../../src/domain/plan/left-out.ts';
import type { SkippedRun } from '../../../../src/domain/plan/left-out.ts';
import {
  compileSchedule,
  createScheduleCompiler,
} from '../../../../src/domain/schedule/occurrences.ts';
import { aPolicy } from '../../../support/scaling.ts';

const HOUR_MS = 3_600_000;
/** A Tuesday. */
const NEW_YEAR = Date.UTC(2030, 0, 1);
const BARE: CronSchedule = { kind: 'cron', cron: '*/30 * * * *' };
const compile = createScheduleCompiler(10);

function hours(count: number): EpochMs {
  return epochMs(NEW_YEAR + count * HOUR_MS);
}

const hour = fc.integer({ min: -10, max: 130 }).map(hours);
const run = fc
  .tuple(hour, fc.integer({ min: 0, max: 20 }))
  .map(([first, length]) => ({ first, last: epochMs(first + length * HOUR_MS) }));
const scene = fc.record({
  runs: fc.array(run, { maxLength: 3 }),
  after: hour,
  length: fc.integer({ min: 0, max: 80 }),
  count: fc.integer({ min: 1, max: 400 }),
  calendars: fc.constantFrom<Partial<CronSchedule>>(
    {},
    { exclude: ['nights'] },
    { only: ['days'] },
  ),
});

const COPIES = {
  nights: { version: 'n', entries: [{ from: '2030-01-01', to: '2030-01-09', end: '05:00' }] },
  days: { version: 'd', entries: [{ weekdays: ['TUE' as const, 'THU' as const], start: '08:00' }] },
};

function isIn(runs: readonly SkippedRun[], at: number): boolean {
  return runs.some(({ first, last }) => first <= at && at <= last);
}

describe('leftOutAfter', () => {
  it('finds what a look at every occurrence finds', () => {
    fc.assert(
      fc.property(scene, ({ runs, after, length, count, calendars }) => {
        const notAfter = epochMs(after + length * HOUR_MS);
        const occurrences = compile({ ...BARE, ...calendars, calendars: COPIES });
        const isStanding = (at: EpochMs): boolean => occurrences.latest(at) === at;
        const why =
          calendars.exclude === undefined ? { notIn: ['days'] } : { excludedBy: ['nights'] };
        const expected: object[] = [];
        const bare = compile(BARE);
        for (let at = bare.next(after); at !== undefined && at <= notAfter; at = bare.next(at)) {
          if (!isStanding(at)) expected.push({ at, ...why });
          else if (isIn(runs, at)) expected.push({ at, skipped: true });
        }

        const found = [...leftOutAfter(occurrences, runs, { after, notAfter, count })];

        expect(found).to.deep.equal(expected.slice(0, count));
      }),
    );
  });

  it('does not step through what takes place', () => {
    const seconds: CronSchedule = { kind: 'cron', cron: '* * * * * *', dialect: 'extended' };
    const all = compileSchedule(seconds);
    let askedCount = 0;
    const next = (after: EpochMs): EpochMs | undefined => {
      askedCount += 1;
      return all.next(after);
    };
    const runs = [{ first: hours(1000), last: hours(1001) }];
    const span = { after: hours(0), notAfter: hours(2000), count: 2 };

    expect([...leftOutAfter({ next }, runs, span)]).to.deep.equal([
      { at: hours(1000), skipped: true },
      { at: hours(1000) + 1000, skipped: true },
    ]);
    expect(askedCount).to.equal(3);
  });
});

describe('nextBesides', () => {
  it('finds what a look at every occurrence finds', () => {
    fc.assert(
      fc.property(scene, ({ runs, after }) => {
        const bare = compile(BARE);
        let expected = bare.next(after);
        while (expected !== undefined && isIn(runs, expected)) expected = bare.next(expected);

        expect(nextBesides(bare, runs, after)).to.equal(expected);
      }),
    );
  });

  it('does not step through a run', () => {
    const asked: EpochMs[] = [];
    const next = (after: EpochMs): EpochMs => {
      asked.push(after);
      return epochMs(after + 1);
    };

    const found = nextBesides({ next }, [{ first: hours(0), last: hours(9) }], hours(0));

    expect(found).to.equal(hours(9) + 1);
    expect(asked).to.deep.equal([hours(0), hours(9)]);
  });

  it('finds nothing where a run has all that is left', () => {
    const once = compileSchedule({ kind: 'at', at: '2030-01-01T01:00:00Z' });

    expect(nextBesides(once, [{ first: hours(1), last: hours(1) }], hours(0))).to.equal(undefined);
  });
});

describe('skippedRunsOf', () => {
  const skipped = { first: hours(1), last: hours(2) };
  const progress: PolicyProgress = { claimedAt: hours(3), skipped };

  it('has what is skipped by name, and all that a policy that fires has claimed ahead of now', () => {
    const definition = aPolicy({ schedule: BARE });

    expect(skippedRunsOf({ definition, progress }, hours(0))).to.deep.equal([
      skipped,
      { first: epochMs(hours(0) + 1), last: hours(3) },
    ]);
    expect(skippedRunsOf({ definition, progress }, hours(3))).to.deep.equal([skipped]);
    expect(skippedRunsOf({ definition, progress: {} }, hours(0))).to.deep.equal([]);
  });

  it('has of a window what is skipped by name alone', () => {
    const definition = aPolicy({
      ...{ cooldownSeconds: 0, schedule: BARE },
      adjustment: { kind: 'window', durationSeconds: 60, min: 1 },
    });

    expect(skippedRunsOf({ definition, progress }, hours(0))).to.deep.equal([skipped]);
  });
});
