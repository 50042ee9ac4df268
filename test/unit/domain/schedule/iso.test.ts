import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import { isoOf } from '../../../../src/domain/schedule/iso.ts';

describe('isoOf', () => {
  it('writes instants as JavaScript does, always with milliseconds', () => {
    const first = Date.UTC(1600, 0, 1);
    const last = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (ms) => {
        expect(isoOf(epochMs(ms))).to.equal(new Date(ms).toISOString());
      }),
    );
  });
});
