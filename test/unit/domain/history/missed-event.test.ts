import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { Schedule } from '../../../../src/domain/group/policy.ts';
import { missedEvent } from '../../../../src/domain/history/missed-event.ts';
import type { PolicyId } from '../../../../src/domain/ids.ts';
import { compileSchedule } from '../../../../src/domain/schedule/occurrences.ts';

const HOUR_MS = 3_600_000;
const HOURLY = { kind: 'cron', cron: '0 * * * *' } as const;
/** Thursday, 1 January 1970, from two o'clock until four. */
const calendars = {
  early: { version: '1', entries: [{ date: '1970-01-01', start: '02:00', end: '04:00' }] },
};

function missed(schedule: Schedule, firstHour: number, lastHour: number): object {
  const run = {
    ...({ policyId: 'p' as PolicyId, reason: 'too-late', schedule } as const),
    first: epochMs(firstHour * HOUR_MS),
    last: epochMs(lastHour * HOUR_MS),
  };
  return missedEvent(run, () => compileSchedule(schedule));
}

describe('missedEvent', () => {
  it('leaves counting to whoever reads it where the schedule says all', () => {
    expect(missed(HOURLY, 1, 5)).to.deep.equal({
      ...{ event: 'policy.missed', policyId: 'p', reason: 'too-late', schedule: HOURLY },
      ...{ first: HOUR_MS, last: 5 * HOUR_MS },
    });
  });

  it('counts at once where calendars have a say, and keeps their names alone', () => {
    const schedule = { ...HOURLY, exclude: ['early'] };

    expect(missed({ ...schedule, calendars }, 1, 5)).to.deep.include({ schedule, count: 3 });
  });

  it('counts what was armed, though it is left out by now or the calendar is gone', () => {
    const schedule = { ...HOURLY, exclude: ['early'] };

    expect(missed({ ...schedule, calendars }, 2, 2)).to.include({ count: 1 });
    expect(missed({ ...schedule, calendars: {} }, 2, 2)).to.include({ count: 1 });
  });
});
