import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EVERY_KIND } from '../../faults/kinds.ts';
import { labelOf, planStrikes } from '../../faults/schedule.ts';
import type { SchedulePlan } from '../../faults/schedule.ts';

function aPlan(changes: Partial<SchedulePlan> = {}): SchedulePlan {
  return {
    ...{ seed: 1, forMs: 3_600_000, ttlMs: 5_000, kinds: EVERY_KIND },
    ...{ nodes: ['n1', 'n2', 'n3'], clockNode: 'n3' },
    ...changes,
  };
}

describe('planStrikes', () => {
  it('plans the same from the same seed, and something else from another', () => {
    const planned = planStrikes(aPlan());

    expect(planStrikes(aPlan())).to.deep.equal(planned);
    expect(planStrikes(aPlan({ seed: 2 }))).not.to.deep.equal(planned);
  });

  it('plans each kind once before any comes again', () => {
    const planned = planStrikes(aPlan()).map(({ kind }) => kind);

    expect(planned.length).to.be.greaterThan(2 * EVERY_KIND.length);
    for (let round = 0; round < 2; round += 1) {
      const kinds = planned.slice(round * EVERY_KIND.length, (round + 1) * EVERY_KIND.length);
      expect(kinds.sort()).to.deep.equal([...EVERY_KIND].sort());
    }
  });

  it('leaves a session time to end between two faults', () => {
    const planned = planStrikes(aPlan());

    for (const [index, { atMs }] of planned.entries()) {
      const before = planned[index - 1];
      const earliest = before === undefined ? 1_000 : before.atMs + before.forMs + 6_000;
      expect(atMs).to.be.at.least(earliest);
    }
  });

  it('ends what it begins in time', () => {
    const ends = planStrikes(aPlan()).map(({ atMs, forMs }) => atMs + forMs);

    expect(Math.max(...ends)).to.be.at.most(3_600_000);
  });

  it('pauses nodes for 0.2 to 4 times as long as a session', () => {
    const pauses = planStrikes(aPlan({ kinds: ['node-paused'] })).map(({ forMs }) => forMs);

    expect(Math.min(...pauses)).to.be.within(1_000, 1_500);
    expect(Math.max(...pauses)).to.be.within(18_000, 20_000);
  });

  it('strikes at fixed times where it is told how often', () => {
    const kinds = ['node-restarted'] as const;
    const planned = planStrikes(aPlan({ kinds, forMs: 200_000, everyMs: 60_000 }));

    expect(planned.map(({ atMs }) => atMs)).to.deep.equal([60_000, 120_000, 180_000]);
  });

  it('neither kills nor restarts a node that is to live on', () => {
    const kinds = ['node-killed', 'node-restarted', 'owner-and-leader'] as const;
    const planned = planStrikes(aPlan({ kinds, spared: 'n2' }));

    const struck = new Set(planned.map((strike) => ('node' in strike ? strike.node : '')));
    expect([...struck].sort()).to.deep.equal(['n1', 'n3']);
  });

  it('sets the clock of one node alone, both ways, within and beyond what is tolerated', () => {
    const planned = planStrikes(aPlan({ kinds: ['clock-shifted'] }));

    const shifts = planned.map((strike) => ('byMs' in strike ? strike.byMs : 0));
    expect(new Set(planned.map((strike) => 'node' in strike && strike.node))).to.deep.equal(
      new Set(['n3']),
    );
    expect(shifts.some((byMs) => byMs > 2_000)).to.equal(true);
    expect(shifts.some((byMs) => byMs < -2_000)).to.equal(true);
    expect(shifts.some((byMs) => Math.abs(byMs) < 2_000)).to.equal(true);
  });

  it('plans nothing where there is nothing to plan', () => {
    expect(planStrikes(aPlan({ kinds: [] }))).to.deep.equal([]);
  });
});

describe('labelOf', () => {
  const labels = {
    'node-paused n1 3.2 s': { kind: 'node-paused', node: 'n1', forMs: 3_200 },
    'etcd-cut n1 hold 1.0 s': { kind: 'etcd-cut', node: 'n1', how: 'hold', forMs: 1_000 },
    'store-slow n2 50 ms 2.0 s': { kind: 'store-slow', node: 'n2', delayMs: 50, forMs: 2_000 },
    'clock-shifted n3 by -1.5 s 4.0 s': {
      kind: 'clock-shifted',
      node: 'n3',
      byMs: -1_500,
      forMs: 4_000,
    },
    'member-killed leader 1.0 s': { kind: 'member-killed', member: 'leader', forMs: 1_000 },
    'member-killed m2 1.0 s': { kind: 'member-killed', member: 1, forMs: 1_000 },
    'etcd-wiped': { kind: 'etcd-wiped', forMs: 0 },
  } as const;
  for (const [label, strike] of Object.entries(labels)) {
    it(`calls a fault "${label}"`, () => {
      expect(labelOf(strike)).to.equal(label);
    });
  }
});
