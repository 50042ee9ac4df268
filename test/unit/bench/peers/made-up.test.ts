import { expect } from 'chai';
import { describe, it } from 'mocha';
import { afterKill } from '../../../bench/peers/made-up.ts';
import type { Firing } from '../../../bench/peers/tally.ts';

const KILLED = 5_000;
const held: readonly Firing[] = [
  { index: 0, plannedAt: 0, at: 10 },
  { index: 1, plannedAt: 0, at: 10 },
];

describe('afterKill', () => {
  it('tells what was held from what was planned for later', () => {
    const since: readonly Firing[] = [
      { index: 0, plannedAt: 0, at: 35_000 },
      { index: 0, plannedAt: 60_000, at: 60_020 },
      { index: 1, plannedAt: 60_000, at: 60_030 },
    ];

    expect(afterKill({ held, killedAt: KILLED, since })).to.deep.equal({
      ...{ heldCount: 2, madeUpMs: [30_000], nextLatenessesMs: [20, 30] },
      isComplete: false,
    });
  });

  it('takes what is very late, and what comes twice, for what was held', () => {
    const since: readonly Firing[] = [
      { index: 0, plannedAt: 60_000, at: 60_020 },
      { index: 0, plannedAt: 60_000, at: 63_000 },
      { index: 1, plannedAt: 60_000, at: 80_000 },
      { index: 1, plannedAt: 120_000, at: 120_010 },
    ];

    expect(afterKill({ held, killedAt: KILLED, since })).to.deep.equal({
      ...{ heldCount: 2, madeUpMs: [58_000, 75_000], nextLatenessesMs: [20, 10] },
      isComplete: true,
    });
  });

  it('leaves out what was not held, and what came before', () => {
    const since: readonly Firing[] = [
      { index: 7, plannedAt: 0, at: 6_000 },
      { index: 0, plannedAt: 0, at: 4_000 },
    ];

    expect(afterKill({ held, killedAt: KILLED, since }).madeUpMs).to.deep.equal([]);
  });
});
