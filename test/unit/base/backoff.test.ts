import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { backoffMs } from '../../../src/base/backoff.ts';

const SETTINGS = { firstMs: 1_000, maxMs: 60_000 };

describe('backoffMs', () => {
  for (const { failureCount, shortest, longest } of [
    { failureCount: 0, shortest: 500, longest: 1_000 },
    { failureCount: 1, shortest: 500, longest: 1_000 },
    { failureCount: 2, shortest: 1_000, longest: 2_000 },
    { failureCount: 6, shortest: 16_000, longest: 32_000 },
    { failureCount: 7, shortest: 30_000, longest: 60_000 },
    { failureCount: 5_000, shortest: 30_000, longest: 60_000 },
  ]) {
    it(`is between ${String(shortest)} and ${String(longest)} ms after ${String(failureCount)} failures`, () => {
      expect(backoffMs(SETTINGS, failureCount, 0)).to.equal(shortest);
      expect(backoffMs(SETTINGS, failureCount, 1 - 2 ** -53)).to.equal(longest);
    });
  }

  it('is a whole number of ms within half of the cap and the cap, in the end', () => {
    const aDay = fc.integer({ min: 1, max: 86_400_000 });
    const settings = fc.record({ firstMs: aDay, maxMs: aDay });
    const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(settings, fc.nat(), fraction, (made, failureCount, share) => {
        const ms = backoffMs(made, failureCount, share);
        expect(Number.isSafeInteger(ms)).to.be.true;
        expect(ms).to.be.within(0, made.maxMs);
        if (failureCount > 40) expect(ms).to.be.at.least(Math.floor(made.maxMs / 2));
      }),
    );
  });

  it('never shrinks with one more failure, for the same chance', () => {
    const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat({ max: 100 }), fraction, (failureCount, share) => {
        const [ms, next] = [failureCount, failureCount + 1].map((count) =>
          backoffMs(SETTINGS, count, share),
        );
        expect(next).to.be.at.least(ms ?? Infinity);
      }),
    );
  });
});
