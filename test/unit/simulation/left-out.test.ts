/** The checker's reading of what calendars leave out, held against the product's. */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../src/base/clock.ts';
import type { DaysEntry } from '../../../src/domain/calendar/calendar.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import { Calendars } from '../../simulation/checker/calendar.ts';

const MINUTE_MS = 60_000;
const AROUND = Date.parse('2026-03-29T00:00Z');
const CRONS = ['30 2 * * *', '*/20 0-3 * * *', '*/15 * * * *', '10 23,1 * * *'];
const DAYS = ['2026-03-28', '2026-03-29', '2026-03-30'];

const hours = fc.constantFrom(
  {},
  { start: '01:00', end: '02:30' },
  { start: '22:00', end: '24:00' },
  { start: '00:00', end: '04:00' },
);
const entries: fc.Arbitrary<DaysEntry> = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(...DAYS).map((date) => ({ date })),
      fc.constant({ from: '2026-03-28', to: '2026-03-29' }),
      fc.constantFrom(['SAT'] as const, ['SUN', 'MON'] as const).map((weekdays) => ({ weekdays })),
    ),
    hours,
  )
  .map(([days, of]) => ({ ...days, ...of }));
const copies = fc
  .tuple(fc.array(entries, { minLength: 1, maxLength: 3 }), fc.array(entries, { maxLength: 2 }))
  .map(([one, other]) => ({
    one: { version: JSON.stringify(['one', one]), entries: one },
    other: { version: JSON.stringify(['other', other]), entries: other },
  }));
const namings = fc.constantFrom(
  { exclude: ['one'] },
  { only: ['one'] },
  { exclude: ['other'], only: ['one'] },
  { only: ['one', 'other'] },
);
const schedules = fc
  .tuple(fc.constantFrom(...CRONS), fc.constantFrom(undefined, 'Europe/Berlin'), namings)
  .map(([cron, timezone, naming]) => ({
    ...{ kind: 'cron' as const, cron, ...naming },
    ...(timezone === undefined ? {} : { timezone }),
  }));

describe('standing', () => {
  it('has the occurrences that the product has', function manySchedules() {
    this.timeout(30_000);
    const read = new Calendars();
    const minutes = fc.integer({ min: -3_000, max: 3_000 });
    fc.assert(
      fc.property(schedules, copies, minutes, (schedule, calendars, minute) => {
        const at = epochMs(AROUND + minute * MINUTE_MS);
        const product = compileSchedule({ ...schedule, calendars });
        const own = read.of(schedule, calendars);

        expect(own?.next(at)).to.equal(product.next(at));
        expect(own?.latest(at)).to.equal(product.latest(at));
        expect(own?.has(at)).to.equal(product.latest(at) === at);
      }),
      { numRuns: 200 },
    );
  });

  it('has none where the schedule names a calendar that is not there', () => {
    const schedule = { kind: 'cron', cron: '0 * * * *', exclude: ['one'] } as const;

    expect(new Calendars().of(schedule)).to.equal(undefined);
  });
});
