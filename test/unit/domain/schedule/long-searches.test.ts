import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import { coveredBy } from '../../../../src/domain/calendar/covered.ts';
import { compileSchedule } from '../../../../src/domain/schedule/occurrences.ts';
import { withCalendars } from '../../../../src/domain/schedule/with-calendars.ts';

describe('withCalendars', () => {
  it('gives up a search that would take long, and does not make the same one again', () => {
    const daily = compileSchedule({ kind: 'cron', cron: '0 9 * * *' });
    const hours = { start: '08:00', end: '10:00' };
    const morning = coveredBy([{ from: '2025-01-01', to: '2034-01-01', ...hours }]);
    if (morning === undefined) throw new Error('the entry cannot be read');
    let lookCount = 0;
    const occurrences = withCalendars(
      {
        next: (after) => ((lookCount += 1), daily.next(after)),
        latest: (notAfter) => ((lookCount += 1), daily.latest(notAfter)),
        count: () => 0,
      },
      { exclude: [{ name: 'morning', ...morning }], only: undefined, zone: undefined },
    );
    const at = epochMs(Date.UTC(2030, 0, 1));

    expect([occurrences.next(at), occurrences.next(at)]).to.deep.equal([undefined, undefined]);
    expect(lookCount).to.equal(1_001);
    expect([occurrences.latest(at), occurrences.latest(at)]).to.deep.equal([undefined, undefined]);
    expect(lookCount).to.equal(2_002);
  });
});
