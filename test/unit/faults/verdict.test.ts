import { expect } from 'chai';
import { describe, it } from 'mocha';
import { failureLine, verdictOf } from '../../faults/verdict.ts';

const FACTS = {
  ...{ run: 'soak', seed: 5, strikeCount: 1, kindCount: 1, occurrenceCount: 1_234, leftOut: [] },
};
const KEPT = { promise: 'none is lost', found: 'none', isKept: true };
const BROKEN = { promise: 'none is late', found: 'one', isKept: false };

describe('verdictOf', () => {
  it('says that all was kept, and of how much', () => {
    expect(verdictOf([KEPT], FACTS)).to.deep.equal({
      isKept: true,
      line: 'KEPT (soak, seed 5): 1 fault of 1 kind, 1,234 occurrences; all 1 promise kept',
    });
  });

  it('names what was not kept', () => {
    expect(verdictOf([KEPT, BROKEN], FACTS)).to.deep.equal({
      isKept: false,
      line: 'BROKEN (soak, seed 5): 1 fault of 1 kind, 1,234 occurrences; 1 of 2 promises not kept: none is late',
    });
  });

  it('is not satisfied where nothing happened', () => {
    expect(verdictOf([KEPT], { ...FACTS, occurrenceCount: 0 })).to.deep.equal({
      isKept: false,
      line: 'BROKEN (soak, seed 5): 1 fault of 1 kind, 0 occurrences; 0 of 1 promise not kept: nothing happened',
    });
  });

  it('says what was left out', () => {
    const { line } = verdictOf([KEPT], { ...FACTS, leftOut: ['clock-shifted: no library'] });

    expect(line).to.match(/; left out: clock-shifted: no library$/);
  });
});

describe('failureLine', () => {
  it('is one line, whatever went wrong', () => {
    expect(failureLine('soak', 5, 'no etcd\nat all')).to.equal(
      'FAILED (soak, seed 5): the harness could not go on: no etcd',
    );
  });
});
