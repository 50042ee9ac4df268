import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { percentOf } from '../../../../src/domain/scaling/percent.ts';

const CASES = [
  { desired: 4, percent: 50, change: 2 },
  { desired: 3, percent: 50, change: 2 },
  { desired: 1, percent: 50, change: 1 },
  { desired: 1, percent: 1, change: 1 },
  { desired: 0, percent: 100, change: 0 },
  { desired: 0, percent: -1e-7, change: 0 },
  { desired: 10, percent: 33.3, change: 4 },
  { desired: 3, percent: -50, change: -2 },
  { desired: 4, percent: -60, change: -3 },
  { desired: 5, percent: -60, change: -3 },
  { desired: 1, percent: -1, change: -1 },
  { desired: 10, percent: -5.5, change: -1 },
  { desired: 100, percent: -1.1, change: -2 },
  // the double is above the decimal that was written; its digits count
  { desired: 1000, percent: 0.1, change: 1 },
  { desired: 1000, percent: 1.1, change: 11 },
  { desired: 1000, percent: -1.1, change: -11 },
  { desired: 700, percent: 8.2, change: 58 },
  // just above a whole number
  { desired: 1000, percent: 1.1000000000000003, change: 12 },
  { desired: 100, percent: 1.0000000000000002, change: 2 },
  // exponent forms
  { desired: 1000, percent: 1e-7, change: 1 },
  { desired: 1000, percent: 1.5e-7, change: 1 },
  { desired: 1000, percent: -5e-324, change: -1 },
  { desired: 1, percent: 1e21, change: Number.MAX_SAFE_INTEGER },
  { desired: 1000, percent: -1.7976931348623157e308, change: Number.MIN_SAFE_INTEGER },
  { desired: 1, percent: 1.2e15, change: 12_000_000_000_000 },
  { desired: Number.MAX_SAFE_INTEGER, percent: 100, change: Number.MAX_SAFE_INTEGER },
  { desired: Number.MAX_SAFE_INTEGER, percent: -100, change: Number.MIN_SAFE_INTEGER },
];

describe('percentOf', () => {
  CASES.forEach(({ desired, percent, change }) => {
    it(`gives ${change} for ${percent} % of ${desired}`, () => {
      expect(percentOf(desired, percent)).to.equal(change);
    });
  });

  it('rounds hundredths away from zero, exactly', () => {
    const percents = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), percents, (desired, hundredths) => {
        const product = desired * hundredths; // of 10 000ths, whole and small: exact in doubles
        const away = Math.sign(product) * Math.ceil(Math.abs(product) / 10_000);
        expect(percentOf(desired, hundredths / 100)).to.equal(away + 0);
      }),
    );
  });

  it('answers any number with a whole, safe one of its sign, and never with less than the exact share', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), finite, (desired, percent) => {
        const change = percentOf(desired, percent);
        expect(Number.isSafeInteger(change)).to.equal(true);
        expect(Math.sign(change) + 0).to.equal(Math.sign(percent) + 0);
        const share = Math.min((desired * Math.abs(percent)) / 100, Number.MAX_SAFE_INTEGER);
        // The share itself is a double, so it may be off in its last digits.
        expect(Math.abs(change)).to.be.at.least(Math.floor(share * (1 - 1e-12)));
        expect(Math.abs(change)).to.be.at.most(Math.ceil(share * (1 + 1e-12)) + 1);
      }),
    );
  });
});
