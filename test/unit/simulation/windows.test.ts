import { expect } from 'chai';
import { describe, it } from 'mocha';

import { StoreClock } from '../../simulation/checker/clocks.ts';
import { Windows } from '../../simulation/checker/windows.ts';

describe('Windows', () => {
  const windows = new Windows([
    { key: 'all', from: 100, to: 200 },
    { key: 'all', from: 150, to: 160 },
    { key: 'store a', from: 205, to: 300 },
    { key: 'store b', from: 0, to: 1_000 },
  ]);
  const keys = ['all', 'store a'];
  const cases = [
    { name: 'what is begun before them has its own time', from: 50, deadline: 60 },
    { name: 'one that begins in time puts it off', from: 95, deadline: 310 },
    { name: 'one that leads to another puts it off twice', from: 180, deadline: 310 },
    { name: 'one that is over has no part in it', from: 301, deadline: 311 },
  ];
  for (const { name, from, deadline } of cases) {
    it(`says how long something may take: ${name}`, () => {
      expect(windows.deadline(from, 10, keys)).to.equal(deadline);
    });
  }

  it('says whether one of them overlaps a time', () => {
    expect(windows.overlaps(201, 204, keys)).to.equal(false);
    expect(windows.overlaps(190, 195, keys)).to.equal(true);
    expect(windows.overlaps(299, 400, keys)).to.equal(true);
  });
});

describe('StoreClock', () => {
  it('tells when its store reached an instant, of a clock that was set forward and back', () => {
    const clock = new StoreClock();
    clock.saw(1_000, 1_000);
    clock.touched(2_000);
    clock.saw(2_500, 12_500);
    clock.touched(3_000);
    clock.saw(3_500, 3_500);
    clock.saw(9_000, 9_000);

    const reached = [1_500, 8_000, 12_200].map((instant) => clock.reached(instant, 2_600));
    expect(reached, 'while it is ahead').to.deep.equal([1_500, 2_000, 2_200]);
    expect(clock.reached(8_000, 9_000), 'when it is not ahead any more').to.equal(8_000);
    expect(clock.reached(2_500, 9_000), 'of what it never went back behind').to.equal(2_000);
    expect(clock.stepsBack()).to.deep.equal([{ t: 3_000, byMs: 10_000 }]);
  });
});
