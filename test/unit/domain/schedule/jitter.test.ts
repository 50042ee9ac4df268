import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import type { EpochMs } from '../../../../src/base/clock.ts';
import type { Schedule } from '../../../../src/domain/group/policy.ts';
import { dueInstants } from '../../../../src/domain/schedule/jitter.ts';
import type { DueOf } from '../../../../src/domain/schedule/jitter.ts';
import { compileSchedule } from '../../../../src/domain/schedule/occurrences.ts';
import { aPolicyId } from '../../../support/builders.ts';

const START = Date.UTC(2030, 0, 1);
const MINUTE_MS = 60_000;

function minutely(jitterSeconds: number, rest: object = {}): Schedule {
  return { kind: 'cron', cron: '* * * * *', jitterSeconds, ...rest };
}

function dueOf(schedule: Schedule, policy = 1): DueOf {
  return dueInstants(aPolicyId(policy), schedule, compileSchedule(schedule));
}

/** Of the first policy, 1, 2 and 3 minutes after the start. */
const FIXED = [8045, 11588, 6008];

const minute = (number: number): EpochMs => epochMs(START + number * MINUTE_MS);

describe('dueInstants', () => {
  it('is the planned instant where there is no jitter', () => {
    expect(dueOf({ kind: 'cron', cron: '* * * * *' })(minute(3))).to.equal(minute(3));
    expect(dueOf({ kind: 'at', at: '2030-01-01T00:03:00Z' })(minute(3))).to.equal(minute(3));
  });

  it('says the same whenever it is asked, and whoever asks', () => {
    const wanted = [1, 2, 3].map((number) => dueOf(minutely(30))(minute(number)));

    expect([1, 2, 3].map((number) => dueOf(minutely(30))(minute(number)))).to.deep.equal(wanted);
    // A fixed value: another one after an upgrade would move what is armed.
    expect(wanted.map((at, index) => at - minute(index + 1))).to.deep.equal(FIXED);
  });

  it('stays within the jitter, in whole milliseconds, and before the next occurrence', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 500_000 }),
        fc.integer({ min: 1, max: 86_400 }),
        fc.integer({ min: 1, max: 99 }),
        (number, jitterSeconds, policy) => {
          const late = dueOf(minutely(jitterSeconds), policy)(minute(number)) - minute(number);

          expect(Number.isSafeInteger(late)).to.equal(true);
          expect(late).to.be.within(0, Math.min(jitterSeconds * 1000, MINUTE_MS) - 1);
        },
      ),
    );
  });

  it('spreads policies, and the occurrences of one, over all of the jitter', () => {
    const lates = {
      policies: Array.from({ length: 300 }, (_, policy) => dueOf(minutely(30), policy)(minute(0))),
      occurrences: Array.from({ length: 300 }, (_, number) =>
        epochMs(dueOf(minutely(30))(minute(number)) - number * MINUTE_MS),
      ),
    };

    for (const dueAts of Object.values(lates)) {
      const thirds = [0, 1, 2].map(
        (third) => dueAts.filter((at) => Math.floor((at - minute(0)) / 10_000) === third).length,
      );
      for (const count of thirds) expect(count).to.be.within(70, 130);
    }
  });

  it('leaves the last occurrence all of its jitter, though its schedule ends before', () => {
    const ending = minutely(3600, { end: '2030-01-01T00:00:30Z' });

    const dueAts = Array.from({ length: 20 }, (_, policy) => dueOf(ending, policy)(minute(0)));

    expect(Math.max(...dueAts)).to.be.above(minute(30));
    expect(Math.max(...dueAts)).to.be.below(minute(60));
  });
});
