/**
 * Next occurrences in time zones against a walk over the clock of the zone, minute by minute: a few of them.
 * `test/oracle` has a tenth, and `npm run oracle` is the whole of it.
 */
import { expect } from 'chai';
import { describe, it } from 'mocha';

import { compareChanges, compareRandom } from '../../../oracle/run.ts';

const CASES = 1_000;
const SHARE = 0.003;
const SEED = 20_260_101;

describe('nextZoned against a walk over the clock', function () {
  this.timeout(600_000);

  it('agrees in random zones, at random instants and close to changes of the clocks', () => {
    const { faults, caseCount } = compareRandom(SEED, CASES, () => undefined);

    expect(faults).to.deep.equal([]);
    expect(caseCount).to.equal(CASES);
  });

  it('agrees around changes of the clocks from 2020 to 2037', () => {
    const { faults, changeCount } = compareChanges(SEED, SHARE, () => undefined);

    expect(faults).to.deep.equal([]);
    expect(changeCount).to.be.at.least(1);
  });

  it('is at fault where it compared nothing', () => {
    const random = compareRandom(SEED, 0, () => undefined);
    const changes = compareChanges(SEED, 1e-12, () => undefined);

    expect([random.faults, changes.faults]).to.deep.equal([
      ['no random case was compared'],
      ['no change of the clocks was compared: 1 in 1000000000000 is too few'],
    ]);
  });
});
