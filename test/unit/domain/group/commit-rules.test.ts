import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import { isDecisionCurrent, mayBeForgotten } from '../../../../src/domain/group/commit-rules.ts';

const NOW = epochMs(1_000_000);

describe('isDecisionCurrent', () => {
  for (const { ageMs, isCurrent } of [
    { ageMs: -1, isCurrent: false },
    { ageMs: 0, isCurrent: true },
    { ageMs: 5_000, isCurrent: true },
    { ageMs: 5_001, isCurrent: false },
  ]) {
    it(`says ${String(isCurrent)} of a decision ${String(ageMs)} ms old`, () => {
      expect(isDecisionCurrent(epochMs(NOW - ageMs), NOW)).to.equal(isCurrent);
    });
  }
});

describe('mayBeForgotten', () => {
  for (const { what, memory, isPossible } of [
    { what: 'an empty memory', memory: { count: 0, oldestAt: undefined }, isPossible: false },
    { what: 'a memory with room', memory: { count: 31, oldestAt: NOW }, isPossible: false },
    {
      what: 'a full memory that reaches back before the decision',
      memory: { count: 32, oldestAt: epochMs(NOW - 1) },
      isPossible: false,
    },
    {
      what: 'a full memory that begins at the decision',
      memory: { count: 32, oldestAt: NOW },
      isPossible: true,
    },
    {
      what: 'a full memory that is younger than the decision',
      memory: { count: 32, oldestAt: epochMs(NOW + 1) },
      isPossible: true,
    },
  ]) {
    it(`says ${String(isPossible)} of ${what}`, () => {
      expect(mayBeForgotten(memory, NOW)).to.equal(isPossible);
    });
  }
});
