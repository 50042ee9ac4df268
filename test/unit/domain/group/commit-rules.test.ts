import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs, plusMs } from '../../../../src/base/clock.ts';
import {
  isDecisionCurrent,
  mayBeForgotten,
  REMEMBERED_MAX,
} from '../../../../src/domain/group/commit-rules.ts';

const NOW = epochMs(1_000_000);

describe('isDecisionCurrent', () => {
  for (const { ageMs, expected } of [
    { ageMs: -1, expected: false },
    { ageMs: 0, expected: true },
    { ageMs: 5_000, expected: true },
    { ageMs: 5_001, expected: false },
  ]) {
    it(`is ${expected} of a decision ${ageMs} ms old`, () => {
      expect(isDecisionCurrent(plusMs(NOW, -ageMs), NOW)).to.equal(expected);
    });
  }
});

describe('mayBeForgotten', () => {
  for (const { name, count, oldestAt, expected } of [
    { name: 'nothing is remembered', count: 0, oldestAt: undefined, expected: false },
    {
      name: 'the memory has room',
      count: REMEMBERED_MAX - 1,
      oldestAt: plusMs(NOW, 1),
      expected: false,
    },
    {
      name: 'the memory is full of younger ones',
      count: REMEMBERED_MAX,
      oldestAt: plusMs(NOW, 1),
      expected: true,
    },
    {
      name: 'the oldest is of the very instant, so a forgotten one may be as well',
      count: REMEMBERED_MAX,
      oldestAt: NOW,
      expected: true,
    },
    {
      name: 'the memory reaches back to before the decision',
      count: REMEMBERED_MAX,
      oldestAt: plusMs(NOW, -1),
      expected: false,
    },
  ]) {
    it(`is ${expected} where ${name}`, () => {
      expect(mayBeForgotten({ count, oldestAt }, NOW)).to.equal(expected);
    });
  }
});
