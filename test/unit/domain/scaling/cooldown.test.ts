import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import { isCoolingDown } from '../../../../src/domain/scaling/cooldown.ts';

const TOUCHED = 1_700_000_000_000;

const CASES = [
  {
    what: 'never before the first change',
    touched: undefined,
    cooldown: 86_400,
    after: 0,
    is: false,
  },
  { what: 'right after a change', touched: TOUCHED, cooldown: 60, after: 0, is: true },
  { what: 'a millisecond before the end', touched: TOUCHED, cooldown: 60, after: 59_999, is: true },
  { what: 'not at the end', touched: TOUCHED, cooldown: 60, after: 60_000, is: false },
  {
    what: 'not at the end of a fraction',
    touched: TOUCHED,
    cooldown: 2.007,
    after: 2007,
    is: false,
  },
  {
    what: 'before the end of a fraction',
    touched: TOUCHED,
    cooldown: 2.007,
    after: 2006,
    is: true,
  },
  { what: 'never with 0', touched: TOUCHED, cooldown: 0, after: 0, is: false },
  {
    what: 'never with 0 on a clock that stepped back',
    touched: TOUCHED,
    cooldown: 0,
    after: -500,
    is: false,
  },
  {
    what: 'still, on a clock that stepped back a little',
    touched: TOUCHED,
    cooldown: 60,
    after: -59_999,
    is: true,
  },
  {
    what: 'not on a clock that stepped back by the cooldown',
    touched: TOUCHED,
    cooldown: 60,
    after: -60_000,
    is: false,
  },
];

describe('isCoolingDown', () => {
  CASES.forEach(({ what, touched, cooldown, after, is }) => {
    it(`holds back ${what}`, () => {
      const touchedAt = touched === undefined ? undefined : epochMs(touched);
      expect(isCoolingDown(touchedAt, cooldown, epochMs(TOUCHED + after))).to.equal(is);
    });
  });

  it('ends exactly after the milliseconds that were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400_000 }), (cooldownMs) => {
        const seconds = Number(`${cooldownMs}e-3`);
        const at = (elapsed: number): boolean =>
          isCoolingDown(epochMs(TOUCHED), seconds, epochMs(TOUCHED + elapsed));
        expect([at(cooldownMs - 1), at(cooldownMs)]).to.deep.equal([true, false]);
      }),
    );
  });
});
