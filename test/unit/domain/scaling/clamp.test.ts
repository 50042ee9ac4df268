import { expect } from 'chai';
import { describe, it } from 'mocha';

import { clampDesired } from '../../../../src/domain/scaling/clamp.ts';

const CASES = [
  { what: 'keeps what is allowed', min: 1, max: 5, wanted: 3, desired: 3 },
  { what: 'keeps the minimum', min: 1, max: 5, wanted: 1, desired: 1 },
  { what: 'keeps the maximum', min: 1, max: 5, wanted: 5, desired: 5 },
  { what: 'raises to the minimum', min: 1, max: 5, wanted: -7, desired: 1 },
  { what: 'lowers to the maximum', min: 1, max: 5, wanted: 9.3e18, desired: 5 },
  { what: 'lets the minimum win over a smaller maximum', min: 5, max: 2, wanted: 3, desired: 5 },
];

describe('clampDesired', () => {
  CASES.forEach(({ what, min, max, wanted, desired }) => {
    it(what, () => {
      expect(clampDesired({ minEntities: min, maxEntities: max }, wanted)).to.equal(desired);
    });
  });
});
