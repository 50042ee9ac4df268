import { expect } from 'chai';
import { describe, it } from 'mocha';
import { familyMs, processTimeOf } from '../../../bench/peers/processor-time.ts';

describe('processTimeOf', () => {
  it('reads a line of the kernel, whatever the process is called', () => {
    const stat =
      '42 (a) name) S 7 42 42 0 -1 4194560 900 0 0 0 12 3 50 6 20 0 1 0 100 200000 300 18446744073709551615';

    expect(processTimeOf(stat)).to.deep.equal({ pid: 42, parent: 7, ownMs: 150, endedMs: 560 });
  });
});

describe('familyMs', () => {
  it('adds up a process, its children, and those that have ended', () => {
    const processes = [
      { pid: 1, parent: 0, ownMs: 1_000, endedMs: 2_000 },
      { pid: 42, parent: 1, ownMs: 10, endedMs: 5 },
      { pid: 43, parent: 42, ownMs: 200, endedMs: 0 },
      { pid: 44, parent: 42, ownMs: 3_000, endedMs: 0 },
    ];

    expect(familyMs(processes, 42)).to.equal(3_215);
  });
});
