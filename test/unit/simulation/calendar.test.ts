import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../src/base/clock.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import { Calendars } from '../../simulation/checker/calendar.ts';
import type { Calendar } from '../../simulation/checker/occurrences.ts';

const MINUTE_MS = 60_000;

function calendarOf(cron: string): Calendar | undefined {
  return new Calendars().of({ kind: 'cron', cron });
}

function nextOf(cron: string, after: string): string | undefined {
  const next = calendarOf(cron)?.next(Date.parse(after));
  return next === undefined ? undefined : new Date(next).toISOString();
}

describe("the checker's calendar", () => {
  const cases = [
    { cron: '* * * * *', after: '2026-02-28T23:59:00Z', next: '2026-03-01T00:00:00.000Z' },
    { cron: '*/20 * * * *', after: '2026-02-28T23:41:00Z', next: '2026-03-01T00:00:00.000Z' },
    { cron: '5-59/20 3 * * *', after: '2026-02-28T03:05:00Z', next: '2026-02-28T03:25:00.000Z' },
    { cron: '0 0 29 2 *', after: '2024-02-29T00:00:00Z', next: '2028-02-29T00:00:00.000Z' },
    { cron: '0 0 29 2 *', after: '2096-02-29T00:00:00Z', next: '2104-02-29T00:00:00.000Z' },
    { cron: '0 0 * * 7', after: '2026-02-28T00:00:00Z', next: '2026-03-01T00:00:00.000Z' },
    { cron: '0 0 * * 0', after: '2026-02-28T00:00:00Z', next: '2026-03-01T00:00:00.000Z' },
    { cron: '0 0 3 * 6', after: '2026-02-28T00:00:00Z', next: '2026-03-03T00:00:00.000Z' },
    { cron: '0 0 13 * 6', after: '2026-02-27T00:00:00Z', next: '2026-02-28T00:00:00.000Z' },
    { cron: '7,9 1,2 1-3 6,7 *', after: '2026-06-03T02:09:00Z', next: '2026-07-01T01:07:00.000Z' },
  ];
  for (const { cron, after, next } of cases) {
    it(`has ${next} follow ${after} in ${cron}`, () => {
      expect(nextOf(cron, after)).to.equal(next);
    });
  }

  it('has nothing in what it cannot read', () => {
    const texts = ['* * * *', 'x * * * *', '60 * * * *', '* 5-3 * * *', '*/0 * * * *', '* * 0 * *'];

    expect(texts.filter((text) => calendarOf(text) !== undefined)).to.deep.equal([]);
  });

  it('has an instant once', () => {
    const calendar = new Calendars().of({ kind: 'at', at: '2026-02-28T12:00:01Z' });
    const at = Date.parse('2026-02-28T12:00:01Z');

    expect(calendar?.next(at - 1)).to.equal(at);
    expect(calendar?.next(at)).to.equal(undefined);
    expect(calendar?.has(at)).to.equal(true);
    expect(calendar?.has(at + MINUTE_MS)).to.equal(false);
    expect(new Calendars().of({ kind: 'at', at: 'tomorrow' })).to.equal(undefined);
  });

  it('agrees with the product, which reads and walks in another way', () => {
    const field = (low: number, high: number): fc.Arbitrary<string> => {
      const value = fc.integer({ min: low, max: high });
      const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
      const step = fc.integer({ min: 1, max: 20 });
      const item = fc.oneof(
        value.map(String),
        range,
        fc.tuple(range, step).map(([span, by]) => `${span}/${by}`),
        step.map((by) => `*/${by}`),
      );
      const list = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(','));
      return fc.oneof({ weight: 2, arbitrary: fc.constant('*') }, { weight: 3, arbitrary: list });
    };
    // Days that every month has: the product refuses what never fires.
    const fields = fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7));
    const instant = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) });
    fc.assert(
      fc.property(fields, instant, (parts, after) => {
        const cron = parts.join(' ');
        const own = calendarOf(cron);
        const product = compileSchedule({ kind: 'cron', cron });
        let at = after;
        for (let count = 0; count < 3; count += 1) {
          const next = own?.next(at);
          expect(next, cron).to.equal(product.next(epochMs(at)));
          expect(next === undefined || own?.has(next), cron).to.equal(true);
          at = next ?? at;
        }
      }),
      { numRuns: 200 },
    );
  });
});
