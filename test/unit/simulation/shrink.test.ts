import { expect } from 'chai';
import { describe, it } from 'mocha';
import { shrinkPlan } from '../../simulation/shrink.ts';
import type { PlannedFault } from '../../simulation/world/plan.ts';

function faults(...beginnings: readonly number[]): readonly PlannedFault[] {
  return beginnings.map((beginsAtMs) => ({
    ...{ what: 'node-killed', beginsAtMs, lastsMs: 1, waitsFor: undefined, seed: 1 },
  }));
}

/** Whether a plan has all of these. */
function has(...needed: readonly number[]): (plan: readonly PlannedFault[]) => Promise<boolean> {
  return (plan) => {
    const there = plan.map(({ beginsAtMs }) => beginsAtMs);
    return Promise.resolve(needed.every((beginning) => there.includes(beginning)));
  };
}

describe('shrinkPlan', () => {
  it('leaves out what comes after the last fault that is needed', async () => {
    const shrunk = await shrinkPlan(faults(1, 2, 3, 4), has(1, 2));

    expect(shrunk).to.deep.equal(faults(1, 2));
  });

  it('leaves out what is not needed in between', async () => {
    const shrunk = await shrinkPlan(faults(1, 2, 3, 4), has(1, 4));

    expect(shrunk).to.deep.equal(faults(1, 4));
  });

  it('comes to nothing where no fault is needed', async () => {
    expect(await shrinkPlan(faults(1, 2), has())).to.deep.equal([]);
  });

  it('keeps all where all are needed', async () => {
    expect(await shrinkPlan(faults(1, 2), has(1, 2))).to.deep.equal(faults(1, 2));
  });
});
