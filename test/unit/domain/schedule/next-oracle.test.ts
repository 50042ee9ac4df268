/**
 * Random expressions, walked by an oracle that knows one question: does cron-parser say that the
 * schedule includes this minute? It walks every minute of the included days, and asks the days between
 * them once each, at the first time of day that the expression has.
 */
import { expect } from 'chai';
import { CronExpressionParser } from 'cron-parser';
import type { CronExpression } from 'cron-parser';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import { compileCron } from '../../../../src/domain/schedule/cron.ts';
import { nextCron } from '../../../../src/domain/schedule/next.ts';
import {
  randomCron,
  randomCronWithSeconds,
  randomInstant,
  randomMonthEndCron,
} from './cron-arbitrary.ts';
import type { RandomCron } from './cron-arbitrary.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const WALKED_SECONDS = 300;
const IS_LONG = process.env['LUTRA_TEST_LONG'] === '1';
const RUNS = IS_LONG ? 100_000 : 3_200;
const RUNS_OF_MONTH_ENDS = IS_LONG ? 10_000 : 300;
const RUNS_WITH_SECONDS = IS_LONG ? 20_000 : 500;

describe('nextCron against a walk by minutes', function () {
  this.timeout(IS_LONG ? 600_000 : 10_000);

  it('agrees for thousands of random expressions and instants', () => {
    fc.assert(fc.property(randomCron, randomInstant, agree), { numRuns: RUNS });
  });

  it('agrees for random expressions of the ends of months, which may not come for years', () => {
    fc.assert(fc.property(randomMonthEndCron, randomInstant, agree), {
      numRuns: RUNS_OF_MONTH_ENDS,
    });
  });

  it('agrees for random expressions with seconds', () => {
    fc.assert(
      fc.property(randomCronWithSeconds, randomInstant, (cron, after) => {
        const compilation = compileCron(cron.ours, { seconds: 'allowed' });
        if (compilation.kind === 'invalid') return;
        const next = nextCron(compilation.cron, epochMs(after)) ?? Number.NaN;
        const oracle = parse(cron.theirs);
        const firstSecond = after - (after % SECOND_MS) + SECOND_MS;
        const walkedUntil = firstSecond + WALKED_SECONDS * SECOND_MS;
        const found = firstIncluded(oracle, {
          from: firstSecond,
          until: walkedUntil,
          stepMs: SECOND_MS,
        });
        if (found === undefined) expect(next).to.be.at.least(walkedUntil);
        else expect(next).to.equal(found);
        expect(includes(oracle, next)).to.equal(true);
      }),
      { numRuns: RUNS_WITH_SECONDS },
    );
  });
});

function agree(cron: RandomCron, after: number): void {
  const compilation = compileCron(cron.ours, { seconds: 'refused' });
  expect(compilation.kind).to.equal(cron.canFire ? 'compiled' : 'invalid');
  if (compilation.kind === 'invalid') return;
  expect(nextCron(compilation.cron, epochMs(after))).to.equal(walk(cron.theirs, after));
}

/** The first whole minute after an instant that the parser says is included. */
function walk(expression: string, after: number): number {
  const oracle = parse(expression);
  // The days of an expression have all of its times, so the first time tells whether a day is included.
  const { hour, minute } = oracle.fields;
  const timeOfDay = ((hour.values[0] ?? 0) * 60 + (minute.values[0] ?? 0)) * MINUTE_MS;
  const firstMinute = after - (after % MINUTE_MS) + MINUTE_MS;
  for (let day = firstMinute - (firstMinute % DAY_MS); ; day += DAY_MS) {
    if (!includes(oracle, day + timeOfDay)) continue;
    const from = Math.max(day, firstMinute);
    const found = firstIncluded(oracle, { from, until: day + DAY_MS, stepMs: MINUTE_MS });
    if (found !== undefined) return found;
  }
}

function firstIncluded(
  oracle: CronExpression,
  span: { readonly from: number; readonly until: number; readonly stepMs: number },
): number | undefined {
  for (let at = span.from; at < span.until; at += span.stepMs) {
    if (includes(oracle, at)) return at;
  }
  return undefined;
}

function includes(oracle: CronExpression, at: number): boolean {
  return oracle.includesDate(new Date(at));
}

function parse(expression: string): CronExpression {
  return CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: 0 });
}
