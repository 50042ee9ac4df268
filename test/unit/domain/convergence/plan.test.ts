import { expect } from 'chai';
import { describe, it } from 'mocha';
import { planConvergence } from '../../../../src/domain/convergence/plan.ts';

describe('planConvergence', () => {
  for (const { desired, actual, steps } of [
    { desired: 3, actual: 3, steps: [] },
    { desired: 0, actual: 0, steps: [] },
    { desired: 3, actual: 0, steps: [{ kind: 'set-capacity', desired: 3 }] },
    { desired: 0, actual: 3, steps: [{ kind: 'set-capacity', desired: 0 }] },
  ]) {
    it(`plans ${String(steps.length)} steps from ${String(actual)} to ${String(desired)}`, () => {
      const wanted = { desired, isDeleting: false, isEvicting: false };

      expect(planConvergence({ ...wanted, actual })).to.deep.equal(steps);
    });
  }

  it('plans to have none for a group that is being deleted, although none are seen', () => {
    const wanted = { desired: 0, isDeleting: true, isEvicting: false };

    expect(planConvergence({ ...wanted, actual: 0 })).to.deep.equal([
      { kind: 'set-capacity', desired: 0 },
    ]);
  });

  it('plans the same number again where servers are to leave', () => {
    const wanted = { desired: 3, isDeleting: false, isEvicting: true };

    expect(planConvergence({ ...wanted, actual: 3 })).to.deep.equal([
      { kind: 'set-capacity', desired: 3 },
    ]);
  });
});
