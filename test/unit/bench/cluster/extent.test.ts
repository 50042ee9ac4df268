import { expect } from 'chai';
import { describe, it } from 'mocha';
import { extentOf } from '../../../bench/cluster/extent.ts';

describe('extentOf', () => {
  it('takes the promised counts where they are asked for', () => {
    const { kills, restarts, restartEverySeconds } = extentOf({ isQuick: false, isFull: true });

    expect({ kills, minutes: (restarts * restartEverySeconds) / 60 }).to.deep.equal({
      kills: 50,
      minutes: 10,
    });
  });

  it('takes ten kills and two minutes of restarts where nothing is said', () => {
    const { kills, restarts, restartEverySeconds } = extentOf({ isQuick: false, isFull: false });

    expect({ kills, minutes: (restarts * restartEverySeconds) / 60 }).to.deep.equal({
      kills: 10,
      minutes: 2,
    });
  });
});
