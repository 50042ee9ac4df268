import { expect } from 'chai';
import { describe, it } from 'mocha';
import { extentOf } from '../../../bench/peers/extent.ts';

describe('extentOf', () => {
  it('takes ten thousand rules, two rounds of each, where nothing is said', () => {
    const { bursts } = extentOf({ isQuick: false, isFull: false });

    expect(bursts.find(({ count }) => count === 10_000)?.rounds).to.deep.equal({
      ...{ second: 2, minute: 2 },
    });
  });

  it('takes a hundred thousand where everything is asked for', () => {
    const { bursts, idle } = extentOf({ isQuick: false, isFull: true });

    expect([bursts.at(-1)?.count, idle.at(-1)]).to.deep.equal([100_000, 100_000]);
  });

  it('waits for one full minute at the most for each peer where it has to be quick', () => {
    const { bursts } = extentOf({ isQuick: true, isFull: false });

    expect(bursts.reduce((sum, { rounds }) => sum + rounds.minute, 0)).to.equal(1);
  });
});
