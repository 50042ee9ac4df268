import { expect } from 'chai';
import { describe, it } from 'mocha';
import { growthOf } from '../../faults/growth.ts';
import type { Reading } from '../../faults/growth.ts';

/** One reading in each of as many equal parts of 100 ms. */
function readingsOf(name: string, values: readonly number[]): readonly Reading[] {
  return values.map((value, index) => ({ name, value, atMs: (index * 100) / values.length }));
}

describe('growthOf', () => {
  it('compares the last quarter with the one after the warm-up, by medians', () => {
    const readings = readingsOf('bytes', [1, 1, 1, 10, 999, 9, 20, 20, 20, 11, 12, 0]);

    expect(growthOf(readings, 100)).to.deep.equal([
      { name: 'bytes', before: 10, after: 11, share: 11 / 10 - 1 },
    ]);
  });

  it('says nothing of what did not live long enough', () => {
    expect(growthOf(readingsOf('short', [1, 1, 1, 1, 1, 1, 1, 1]), 100)).to.deep.equal([]);
  });

  it('keeps values apart, and counts what came late to the last quarter', () => {
    const readings = [
      ...readingsOf('a', [1, 1, 1, 2, 2, 2, 1, 1, 1, 4, 4, 4]),
      ...readingsOf('b', [0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3]),
      { name: 'b', value: 3, atMs: 130 },
    ];

    expect(growthOf(readings, 100)).to.deep.equal([
      { name: 'a', before: 2, after: 4, share: 1 },
      { name: 'b', before: 0, after: 3, share: 3 },
    ]);
  });
});
