import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Schedule } from '../../../src/domain/group/policy.ts';
import { isPlanned, nextPlanned, plannedBetween } from '../../support/calendar.ts';

const MIDNIGHT = Date.parse('2026-01-01T00:00:00Z');

function cron(text: string): Schedule {
  return { kind: 'cron', cron: text };
}

describe('the calendar of the checkers', () => {
  for (const { expression, seconds } of [
    { expression: '* * * * * *', seconds: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
    { expression: '*/4 * * * * *', seconds: [4, 8] },
    { expression: '1-59/3 * * * * *', seconds: [1, 4, 7] },
    { expression: '2-5 * * * * *', seconds: [2, 3, 4, 5] },
    { expression: '7,3 * * * * *', seconds: [3, 7] },
    { expression: '5 1 * * * *', seconds: [] },
    { expression: '5 0 0 * * *', seconds: [5] },
    { expression: '5 0 1 * * *', seconds: [] },
  ]) {
    it(`finds the seconds of ${expression}`, () => {
      const planned = plannedBetween(cron(expression), MIDNIGHT, MIDNIGHT + 9_000);

      expect(planned.map((instant) => (instant - MIDNIGHT) / 1000)).to.deep.equal(seconds);
    });
  }

  it('plans nothing between seconds', () => {
    expect(isPlanned(cron('* * * * * *'), MIDNIGHT + 1)).to.equal(false);
  });

  it('leaves out the beginning of a span and includes its end', () => {
    const everySecond = cron('* * * * * *');

    expect(plannedBetween(everySecond, MIDNIGHT, MIDNIGHT)).to.deep.equal([]);
    expect(plannedBetween(everySecond, MIDNIGHT - 1, MIDNIGHT)).to.deep.equal([MIDNIGHT]);
  });

  it('finds the next instant in another hour', () => {
    expect(nextPlanned(cron('3 2 1 * * *'), MIDNIGHT)).to.equal(MIDNIGHT + 3_723_000);
    expect(nextPlanned(cron('3 2 3 * * *'), MIDNIGHT)).to.equal(undefined);
  });

  it('plans an instant once', () => {
    const schedule: Schedule = { kind: 'at', at: '2026-01-01T00:00:00.250Z' };

    expect(isPlanned(schedule, MIDNIGHT + 250)).to.equal(true);
    expect(isPlanned(schedule, MIDNIGHT)).to.equal(false);
    expect(plannedBetween(schedule, MIDNIGHT, MIDNIGHT + 250)).to.deep.equal([MIDNIGHT + 250]);
    expect(plannedBetween(schedule, MIDNIGHT, MIDNIGHT + 249)).to.deep.equal([]);
    expect(nextPlanned(schedule, MIDNIGHT)).to.equal(MIDNIGHT + 250);
    expect(nextPlanned(schedule, MIDNIGHT + 250)).to.equal(undefined);
  });

  it('refuses schedules that depend on the day', () => {
    expect(() => isPlanned(cron('0 0 0 1 * *'), MIDNIGHT)).to.throw('cannot read');
    expect(() => isPlanned(cron('0 0 * * *'), MIDNIGHT)).to.throw('cannot read');
  });
});
