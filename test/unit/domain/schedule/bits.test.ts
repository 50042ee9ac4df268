import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import {
  bitFrom,
  bitUntil,
  bitsBelow,
  bitsOf,
  countBits,
  countSixty,
  hasBit,
  hasSixty,
  sixtyFrom,
  sixtyOf,
  sixtyUntil,
} from '../../../../src/domain/schedule/bits.ts';

const someOf = (end: number): fc.Arbitrary<readonly number[]> =>
  fc.uniqueArray(fc.integer({ min: 0, max: end - 1 }), { maxLength: end });

const firstFrom = (values: readonly number[], from: number): number =>
  Math.min(...values.filter((value) => value >= from), Number.POSITIVE_INFINITY);
const lastUntil = (values: readonly number[], until: number): number =>
  Math.max(...values.filter((value) => value <= until), -1);
const orNone = (value: number): number => (value === Number.POSITIVE_INFINITY ? -1 : value);

describe('sets of bits', () => {
  it('answer as the numbers that they were made of, up to 31', () => {
    fc.assert(
      fc.property(someOf(31), fc.integer({ min: 0, max: 30 }), (values, at) => {
        const bits = bitsOf(values);
        expect({
          has: hasBit(bits, at),
          from: bitFrom(bits, at),
          until: bitUntil(bits, at),
          below: countBits(bits & bitsBelow(at)),
          all: countBits(bits),
        }).to.deep.equal({
          has: values.includes(at),
          from: orNone(firstFrom(values, at)),
          until: lastUntil(values, at),
          below: values.filter((value) => value < at).length,
          all: values.length,
        });
      }),
    );
  });

  it('answer as the numbers that they were made of, up to 60', () => {
    fc.assert(
      fc.property(someOf(60), fc.integer({ min: 0, max: 59 }), (values, at) => {
        const set = sixtyOf(values);
        expect({
          has: hasSixty(set, at),
          from: sixtyFrom(set, at),
          until: sixtyUntil(set, at),
          below: countSixty(set, at),
          all: countSixty(set, 60),
        }).to.deep.equal({
          has: values.includes(at),
          from: orNone(firstFrom(values, at)),
          until: lastUntil(values, at),
          below: values.filter((value) => value < at).length,
          all: values.length,
        });
      }),
    );
  });

  it('have nothing past their ends', () => {
    const all = Array.from({ length: 60 }, (_, index) => index);
    const set = sixtyOf(all);

    expect([
      bitFrom(bitsBelow(31), 31),
      bitUntil(bitsBelow(31), -1),
      sixtyFrom(set, 60),
      sixtyUntil(set, -1),
    ]).to.deep.equal([-1, -1, -1, -1]);
  });
});
