import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  cronOf,
  dueAt,
  everySecond,
  HOUR_MS,
  instantFor,
  MINUTE_MS,
  nextAt,
  plannedAtOf,
} from '../../../bench/peers/rules.ts';
import type { Rules } from '../../../bench/peers/rules.ts';
import { compileSchedule } from '../../../../src/domain/schedule/occurrences.ts';
import { epochMs } from '../../../../src/base/clock.ts';

const NOON = Date.UTC(2026, 0, 1, 12);

describe('rules of the benchmark of peers', () => {
  it('are due at their instant and every hour after it', () => {
    const rules = dueAt(NOON + 61_000, 3);

    expect(nextAt(rules, 2, NOON)).to.equal(NOON + 61_000);
    expect(nextAt(rules, 2, NOON + 61_000)).to.equal(NOON + 61_000 + HOUR_MS);
  });

  it('are due in equal numbers at every second', () => {
    const rules = everySecond(20, 10);

    const due = Array.from({ length: 20 }, (_, index) => nextAt(rules, index, NOON - 1) - NOON);

    expect(due.slice(0, 12)).to.deep.equal([
      ...[0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000],
      ...[0, 1_000],
    ]);
  });

  it('say the same as cron expressions as they do as numbers', () => {
    const anyRules = fc.oneof(
      fc.integer({ min: 0, max: 3_599 }).map((second) => dueAt(NOON + second * 1_000, 1)),
      fc.constantFrom(1, 2, 5, 10, 30).map((seconds) => everySecond(seconds, seconds)),
      fc.constant<Rules>({ count: 1, periodMs: MINUTE_MS, offsetsMs: [7_000] }),
    );
    fc.assert(
      fc.property(anyRules, fc.nat(29), fc.nat(2 * HOUR_MS), (rules, index, sinceMs) => {
        const now = NOON + sinceMs;
        const cron = cronOf(rules, index, 'second');
        const next = compileSchedule({ kind: 'cron', cron }).next(epochMs(now));

        expect(nextAt(rules, index, now)).to.equal(next);
      }),
    );
  });

  it('have five fields for whoever has no seconds', () => {
    expect(cronOf(dueAt(NOON + 5 * MINUTE_MS, 1), 0, 'minute')).to.equal('5 * * * *');
    expect(() => cronOf(dueAt(NOON + 1_000, 1), 0, 'minute')).to.throw('needs seconds');
  });

  it('are fired for the latest instant, and for the next one where a timer comes early', () => {
    const rules = dueAt(NOON, 1);

    expect(plannedAtOf(rules, 0, NOON)).to.equal(NOON);
    expect(plannedAtOf(rules, 0, NOON + 59 * MINUTE_MS)).to.equal(NOON);
    expect(plannedAtOf(rules, 0, NOON - 2)).to.equal(NOON);
  });

  it('begin at an instant that the scheduler can be told', () => {
    expect(instantFor('second', NOON + 1)).to.equal(NOON + 1_000);
    expect(instantFor('minute', NOON + 1)).to.equal(NOON + MINUTE_MS);
    expect(instantFor('minute', NOON)).to.equal(NOON);
  });
});
