import { expect } from 'chai';
import { describe, it } from 'mocha';
import { extentOf } from '../../../bench/api/extent.ts';

describe('extentOf', () => {
  it('takes five rounds where nothing is said', () => {
    expect(extentOf({ isQuick: false, isFull: false }).rounds).to.equal(5);
  });

  it('takes more and longer rounds where everything is asked for, and less than a second in all where it has to be quick', () => {
    const [all, full, quick] = [
      extentOf({ isQuick: false, isFull: false }),
      extentOf({ isQuick: false, isFull: true }),
      extentOf({ isQuick: true, isFull: false }),
    ];

    expect(full.rounds).to.be.greaterThan(all.rounds);
    expect(full.turnMs).to.be.greaterThan(all.turnMs);
    expect(quick.rounds * quick.turnMs).to.be.lessThan(1_000);
  });
});
