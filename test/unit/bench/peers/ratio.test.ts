import { expect } from 'chai';
import { describe, it } from 'mocha';
import { rangeOf, ratioOf, shownRatio } from '../../../bench/peers/ratio.ts';

describe('ratioOf', () => {
  it('is the median of the ratios of each round', () => {
    expect(ratioOf([10, 20, 30], [1, 10, 10])).to.equal(3);
  });

  it('leaves out rounds in which one of them was not measured, or did nothing', () => {
    expect(ratioOf([10, undefined, 30, 5], [5, 1, undefined, 0])).to.equal(2);
    expect(ratioOf([1], [])).to.equal(undefined);
  });
});

describe('shownRatio', () => {
  it('has three digits', () => {
    expect([5.8412, 423.4, 0.12345, undefined].map(shownRatio)).to.deep.equal([
      ...[5.84, 423, 0.123, undefined],
    ]);
  });
});

describe('rangeOf', () => {
  it('names the least and the greatest, and one value once', () => {
    expect(rangeOf([19_812, 4_670])).to.equal('4,670 – 19,800');
    expect(rangeOf([7])).to.equal('7');
  });
});
