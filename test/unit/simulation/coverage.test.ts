import { expect } from 'chai';
import { describe, it } from 'mocha';

import {
  addStrikes,
  countStrikes,
  formatCoverage,
  neverStruck,
} from '../../simulation/checker/coverage.ts';
import { FAULT_KINDS } from '../../simulation/faults.ts';
import { TraceBuilder } from './trace-builder.ts';

function aRun(): ReturnType<typeof countStrikes> {
  const world = new TraceBuilder().fault('link-cut', [5, 6]).fault('store-down', [7, 8]);
  world.add({ kind: 'fault.struck', what: 'link-cut', call: 'commit', count: 3 });
  world.add({ kind: 'fault.struck', what: 'link-cut', call: 'due', count: 7 });
  return countStrikes(world.entries);
}

describe('coverage of faults', () => {
  it('counts how often each began and what it struck, over several runs', () => {
    const { began, struck } = addStrikes([aRun(), aRun()]);

    expect([began['link-cut'], began['store-down'], began['etcd-down']]).to.deep.equal([2, 2, 0]);
    expect(struck['link-cut']).to.deep.equal({ commit: 6, due: 14 });
  });

  it('names what never began, and the calls that were to be struck and were not', () => {
    const others = FAULT_KINDS.filter((kind) => kind !== 'link-cut' && kind !== 'store-down');

    expect(neverStruck(aRun())).to.deep.equal(others);
    const never = neverStruck(aRun(), { 'link-cut': ['due', 'lock'] });
    expect(never.filter((name) => name.startsWith('link-cut'))).to.deep.equal(['link-cut lock']);
  });

  it('shows a line for each kind, the most frequent call first', () => {
    const lines = formatCoverage(aRun()).split('\n');

    expect(lines).to.have.length(FAULT_KINDS.length);
    expect(lines.find((line) => line.startsWith('link-cut'))).to.match(
      /^link-cut +1 {2}due 7, commit 3$/,
    );
  });
});
