import { expect } from 'chai';
import { describe, it } from 'mocha';

import {
  dateOf,
  dayOf,
  firstDayOf,
  monthLength,
  monthNumber,
  monthOf,
} from '../../../../src/domain/schedule/civil.ts';

const DAY_MS = 86_400_000;

/** Days since 1970 by the host's calendar, which is right where the date exists. */
function hostDays(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) / DAY_MS;
}

describe('the calendar', () => {
  it('agrees with the host on the first day and the length of every month of the years 1 to 9999', () => {
    const wrong: string[] = [];
    for (let year = 1; year <= 9999; year += 1) {
      for (let month = 1; month <= 12; month += 1) {
        const number = monthNumber(year, month);
        const first = hostDays(year, month, 1);
        const length = hostDays(year, month + 1, 1) - first;
        if (firstDayOf(number) !== first || monthLength(number) !== length) {
          wrong.push(`${year}-${month}`);
        }
      }
    }
    expect(wrong).to.deep.equal([]);
  });

  it('turns every day from 1970 to 2400 back into its date', () => {
    const wrong: number[] = [];
    for (let days = 0; days < hostDays(2401, 1, 1); days += 1) {
      const date = new Date(days * DAY_MS);
      const month = monthNumber(date.getUTCFullYear(), date.getUTCMonth() + 1);
      const packed = dateOf(days);
      if (monthOf(packed) !== month || dayOf(packed) !== date.getUTCDate()) wrong.push(days);
    }
    expect(wrong).to.deep.equal([]);
  });

  it('knows the last day of the year 9999', () => {
    const packed = dateOf(hostDays(9999, 12, 31));

    expect({ month: monthOf(packed), day: dayOf(packed) }).to.deep.equal({
      month: monthNumber(9999, 12),
      day: 31,
    });
  });
});
