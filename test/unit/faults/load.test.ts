import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BY_HAND, loadOf } from '../../faults/load.ts';
import { isPlanned } from '../../support/calendar.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const ALL = loadOf(400, (name) => `http://127.0.0.1:1/${name}`);
const SCHEDULED = ALL.filter(({ name }) => name !== BY_HAND);

/** Of these groups, how many policies are planned at a second. */
function plannedAt(second: number, groups: typeof ALL): number {
  const policies = groups.flatMap((group) => group.policies);
  return policies.filter(
    ({ schedule }) => schedule !== undefined && isPlanned(schedule, START + second * 1000),
  ).length;
}

describe('loadOf', () => {
  it('has a tenth of all policies due at every second', () => {
    const counts = Array.from({ length: 70 }, (_, second) => plannedAt(second, SCHEDULED));

    expect(new Set(counts)).to.deep.equal(new Set([40]));
  });

  it('never has a group due twice at one instant', () => {
    for (const group of SCHEDULED) {
      for (let second = 0; second < 10; second += 1) {
        expect(plannedAt(second, [group]), group.name).to.be.at.most(1);
      }
    }
  });

  it('has as many policies as are asked for', () => {
    const seven = loadOf(7, (name) => name).filter(({ name }) => name !== BY_HAND);

    expect(seven.map(({ policies }) => policies.length)).to.deep.equal([4, 3]);
  });
});
