import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sideBySide } from '../../../src/ownership/side-by-side.ts';

describe('sideBySide', () => {
  it('does all, in their order, and no more at once than it may', async () => {
    const begun: number[] = [];
    let [underWay, most] = [0, 0];

    const failures = await sideBySide([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      underWay += 1;
      most = Math.max(most, underWay);
      await Promise.resolve();
      underWay -= 1;
    });

    expect([begun, most, failures]).to.deep.equal([[1, 2, 3, 4, 5], 2, []]);
  });

  it('does the others where some fail, and answers with what these threw', async () => {
    const done: number[] = [];

    const failures = await sideBySide([1, 2, 3, 4], 3, async (item) => {
      await Promise.resolve();
      if (item % 2 === 0) throw new Error(`not ${item}`);
      done.push(item);
    });

    expect(done).to.deep.equal([1, 3]);
    expect(failures.map(String)).to.deep.equal(['Error: not 2', 'Error: not 4']);
  });

  it('has nothing to do for nothing', async () => {
    expect(await sideBySide([], 32, () => Promise.reject(new Error('never')))).to.deep.equal([]);
  });
});
