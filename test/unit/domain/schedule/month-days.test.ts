/** Days of extended expressions against a look at every day; `test/oracle` says which days match. */
import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import { compileCron } from '../../../../src/domain/schedule/cron.ts';
import type { CompiledCron } from '../../../../src/domain/schedule/cron.ts';
import { dayOf, dateOf, monthNumber, monthOf } from '../../../../src/domain/schedule/civil.ts';
import { daysOf } from '../../../../src/domain/schedule/month-days.ts';
import { countCron, latestCron, nextCron } from '../../../../src/domain/schedule/next.ts';
import { Dice } from '../../../fuzz/dice.ts';
import { randomDays } from '../../../oracle/cases.ts';
import { readExpression } from '../../../oracle/expression.ts';

const DAY_MS = 86_400_000;
const CYCLE_DAYS = 146_097;
const FORTY_YEARS_DAYS = 14_610;
const IS_LONG = process.env['LUTRA_TEST_LONG'] === '1';
const EXPRESSIONS = IS_LONG ? 3_000 : 100;
const WALKED_DAYS = 1_200;

function compiled(text: string): CompiledCron {
  const compilation = compileCron(text, { dialect: 'extended', seconds: 'refused' });
  if (compilation.kind === 'invalid') throw new Error(compilation.problem);
  return compilation.cron;
}

function datesOf(days: string, year: number, month: number): readonly number[] {
  const bits = daysOf(compiled(`0 0 ${days}`), monthNumber(year, month));
  return Array.from({ length: 31 }, (_, index) => index + 1).filter(
    (date) => ((bits >> (date - 1)) & 1) === 1,
  );
}

const DATES = [
  { days: '1W * *', year: 2026, month: 8, what: 'Saturday the 1st', dates: [3] },
  { days: '1W * *', year: 2026, month: 11, what: 'Sunday the 1st', dates: [2] },
  { days: '15W * *', year: 2026, month: 7, what: 'a Wednesday', dates: [15] },
  { days: '15W * *', year: 2026, month: 8, what: 'a Saturday', dates: [14] },
  { days: '15W * *', year: 2026, month: 11, what: 'a Sunday', dates: [16] },
  { days: '31W * *', year: 2026, month: 5, what: 'Sunday the last', dates: [29] },
  { days: '31W * *', year: 2026, month: 10, what: 'Saturday the last', dates: [30] },
  { days: '28W * *', year: 2027, month: 2, what: 'Sunday the last of 28', dates: [26] },
  { days: '31W * *', year: 2026, month: 4, what: 'a day that is not there', dates: [] },
  { days: '30W * *', year: 2028, month: 2, what: 'a day that is not there', dates: [] },
  { days: '13W,15W * *', year: 2026, month: 8, what: 'a Thursday and a Saturday', dates: [13, 14] },
  { days: 'LW * *', year: 2026, month: 5, what: 'Sunday the last', dates: [29] },
  { days: 'LW * *', year: 2026, month: 10, what: 'Saturday the last', dates: [30] },
  { days: 'LW * *', year: 2026, month: 4, what: 'Thursday the last', dates: [30] },
  { days: 'L-3 * *', year: 2026, month: 2, what: '28 days', dates: [25] },
  { days: 'L-30 * *', year: 2026, month: 3, what: '31 days', dates: [1] },
  { days: 'L-30 * *', year: 2026, month: 4, what: '30 days', dates: [] },
  { days: 'L,L-1 * *', year: 2028, month: 2, what: '29 days', dates: [28, 29] },
  { days: '* * FRIL', year: 2026, month: 1, what: 'five Fridays', dates: [30] },
  { days: '* * SATL,5L', year: 2026, month: 2, what: '28 days', dates: [27, 28] },
  { days: '* * MON#2', year: 2026, month: 6, what: 'Monday the 1st', dates: [8] },
  { days: '* * MON#5', year: 2026, month: 6, what: 'five Mondays', dates: [29] },
  { days: '* * MON#5', year: 2026, month: 7, what: 'four Mondays', dates: [] },
  { days: '* * TUE#5', year: 2028, month: 2, what: 'a leap day', dates: [29] },
  { days: '* * SUN#1,7#3,WED#3', year: 2026, month: 7, what: 'more than one', dates: [5, 15, 19] },
  { days: '10 * MON#1', year: 2026, month: 6, what: 'both fields restricted', dates: [1, 10] },
  { days: '15W * 6', year: 2026, month: 2, what: 'a Sunday', dates: [7, 14, 16, 21, 28] },
];

describe('daysOf', () => {
  DATES.forEach(({ days, year, month, what, dates }) => {
    it(`finds ${JSON.stringify(dates)} of ${days} in ${year}-${month} (${what})`, () => {
      expect(datesOf(days, year, month)).to.deep.equal(dates);
    });
  });

  it('agrees with a look at every day of 40 years, which begin on every day of the week', () => {
    const text = '0 0 L-2,1W,31W,LW * 3#1,SUN#5,6L';
    const cron = compiled(text);
    const { matchesDate } = readExpression(text);
    let found = 0;
    for (let day = 0; day < FORTY_YEARS_DAYS; day += 1) {
      const date = dateOf(day);
      const isMatching = ((daysOf(cron, monthOf(date)) >> (dayOf(date) - 1)) & 1) === 1;
      if (isMatching !== matchesDate(day)) expect.fail(`day ${String(day)} of ${text} differs`);
      found += isMatching ? 1 : 0;
    }
    expect(countCron(cron, epochMs(0), epochMs(FORTY_YEARS_DAYS * DAY_MS - 1))).to.equal(found);
  });
});

describe('the walk over extended expressions', function () {
  this.timeout(600_000);

  it('finds, from either side, and counts what a look at every day finds', () => {
    for (let index = 0; index < EXPRESSIONS; index += 1) {
      const dice = new Dice(20_260_101, index);
      const text = `0 0 ${randomDays(dice)}`;
      const cron = compiled(text);
      const { matchesDate } = readExpression(text);
      const first = dice.below(CYCLE_DAYS);
      const days = Array.from({ length: WALKED_DAYS }, (_, offset) => first + offset);
      const matching = days.filter(matchesDate);
      const end = epochMs((first + WALKED_DAYS) * DAY_MS - 1);
      const start = epochMs(first * DAY_MS);

      const forward: number[] = [];
      for (let at = nextCron(cron, epochMs(start - 1)); at !== undefined && at <= end;) {
        forward.push(at / DAY_MS);
        at = nextCron(cron, at);
      }
      const backward: number[] = [];
      for (let at = latestCron(cron, end); at !== undefined && at >= start;) {
        backward.unshift(at / DAY_MS);
        at = latestCron(cron, epochMs(at - 1));
      }
      const count = countCron(cron, start, end);
      expect({ text, forward, backward, count }).to.deep.equal({
        ...{ text, forward: matching, backward: matching, count: matching.length },
      });
    }
  });
});
