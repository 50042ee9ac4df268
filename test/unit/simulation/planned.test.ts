import { expect } from 'chai';
import { describe, it } from 'mocha';

import {
  addPlanned,
  countPlanned,
  formatPlanned,
  neverPlanned,
  PLANNED_KINDS,
} from '../../simulation/checker/planned.ts';
import { aWindowWorld, close, endOverride, leaveOut, open, override } from './plan-scenes.ts';

describe('coverage of plans', () => {
  it('counts what came about, over several runs', () => {
    const window = countPlanned(close(open(aWindowWorld())).end());
    const others = countPlanned(
      leaveOut(endOverride(override(aWindowWorld().go(22), 23), 23)).end(),
    );
    const counts = addPlanned([window, window, others]);

    expect(Object.entries(counts).filter(([, count]) => count > 0)).to.deep.equal([
      ['window opened', 2],
      ['window closed', 2],
      ['window left out', 1],
      ['window changed size', 4],
      ['override set', 1],
      ['override ended', 1],
    ]);
    expect(neverPlanned(counts)).to.have.length(PLANNED_KINDS.length - 6);
    expect(formatPlanned(counts).split('\n')[0]).to.match(/^window opened +2$/);
  });
});
