import { expect } from 'chai';
import { describe, it } from 'mocha';
import { median, percentile, percentilesOf, rounded, spread } from '../../bench/statistics.ts';

const upTo = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => count - index);

describe('percentile', () => {
  const cases = [
    { values: [5], share: 0.5, expected: 5 },
    { values: [5], share: 0.99, expected: 5 },
    { values: upTo(100), share: 0.5, expected: 50 },
    { values: upTo(100), share: 0.99, expected: 99 },
    { values: upTo(100), share: 1, expected: 100 },
    { values: upTo(10), share: 0.99, expected: 10 },
    { values: upTo(3), share: 0.5, expected: 2 },
    { values: [10, 9, 2, 1], share: 0.5, expected: 2 },
  ];
  for (const { values, share, expected } of cases) {
    it(`answers a measured value: ${String(share)} of ${String(values.length)} values`, () => {
      expect(percentile(values, share)).to.equal(expected);
    });
  }

  it('takes the rank that the share names, though its product is a little above', () => {
    expect(0.07 * 100).to.be.above(7);
    expect(percentile(upTo(100), 0.07)).to.equal(7);
  });

  it('orders numbers as numbers, and leaves the values as they are', () => {
    const values = [100, 20, 3];

    expect(percentile(values, 0.01)).to.equal(3);
    expect(values).to.deep.equal([100, 20, 3]);
  });

  it('refuses to answer where nothing was measured', () => {
    expect(() => percentile([], 0.5)).to.throw('nothing was measured');
  });
});

describe('percentilesOf', () => {
  it('answers the middle, the 99th and the greatest', () => {
    expect(percentilesOf(upTo(1_000))).to.deep.equal({ p50: 500, p99: 990, max: 1_000 });
  });
});

describe('median', () => {
  const cases = [
    { values: [7], expected: 7 },
    { values: [9, 1, 5], expected: 5 },
    { values: [100, 1, 2, 4], expected: 3 },
  ];
  for (const { values, expected } of cases) {
    it(`is the middle of ${values.join(', ')}`, () => {
      expect(median(values)).to.equal(expected);
    });
  }

  it('refuses to answer where nothing was measured', () => {
    expect(() => median([])).to.throw('nothing was measured');
  });
});

describe('spread', () => {
  it('is half the range as a share of the median', () => {
    expect(spread([90, 100, 120])).to.equal(0.15);
  });

  it('is nothing for one value', () => {
    expect(spread([42])).to.equal(0);
  });
});

describe('rounded', () => {
  const cases = [
    { value: 1234.5678, digits: 0, expected: 1235 },
    { value: 1234.5678, digits: 2, expected: 1234.57 },
    { value: 0.405, digits: 1, expected: 0.4 },
  ];
  for (const { value, digits, expected } of cases) {
    it(`keeps ${String(digits)} digits of ${String(value)}`, () => {
      expect(rounded(value, digits)).to.equal(expected);
    });
  }
});
