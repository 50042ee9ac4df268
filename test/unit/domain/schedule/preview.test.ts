import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs, plusMs } from '../../../../src/base/clock.ts';
import { isoOf } from '../../../../src/domain/schedule/iso.ts';
import { compileSchedule } from '../../../../src/domain/schedule/occurrences.ts';
import { occurrencesAfter } from '../../../../src/domain/schedule/preview.ts';

const NOON = epochMs(Date.UTC(2030, 0, 1, 12));

describe('occurrencesAfter', () => {
  it('gives as many as are asked for, each later than the instant', () => {
    const noons = compileSchedule({ kind: 'cron', cron: '0 12 * * *' });

    expect(Array.from(occurrencesAfter(noons, NOON, 2), isoOf)).to.deep.equal([
      '2030-01-02T12:00:00.000Z',
      '2030-01-03T12:00:00.000Z',
    ]);
  });

  it('ends where the schedule does', () => {
    const once = compileSchedule({ kind: 'at', at: '2030-01-01T12:00:00.001Z' });

    expect([...occurrencesAfter(once, NOON, 5)]).to.deep.equal([NOON + 1]);
    expect([...occurrencesAfter(once, epochMs(NOON + 1), 5)]).to.deep.equal([]);
  });

  it('does not look for what nobody asked for', () => {
    const asked: number[] = [];
    const next = (after: number): ReturnType<typeof epochMs> => {
      asked.push(after);
      return epochMs(after + 1);
    };

    const occurrences = { next, latest: () => NOON, count: () => 0, wallClockAfter: plusMs };
    expect([...occurrencesAfter(occurrences, NOON, 2)]).to.have.length(2);
    expect(asked).to.deep.equal([NOON, NOON + 1]);
  });
});
