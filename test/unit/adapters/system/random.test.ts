import { expect } from 'chai';
import { describe, it } from 'mocha';
import { systemRandom } from '../../../../src/adapters/system/random.ts';

const DRAWS = 1000;

function draws<Value>(draw: () => Value): readonly Value[] {
  return Array.from({ length: DRAWS }, draw);
}

describe('systemRandom', () => {
  it('spreads fractions over [0, 1)', () => {
    const fractions = draws(() => systemRandom.fraction());

    expect(Math.min(...fractions)).to.be.within(0, 0.1);
    expect(Math.max(...fractions)).to.be.within(0.9, 1 - Number.EPSILON);
    expect(new Set(fractions).size).to.equal(DRAWS);
  });

  it('gives UUIDs of version 4 in lower case, never the same twice', () => {
    const ids = draws(() => systemRandom.uuid());

    expect(new Set(ids).size).to.equal(DRAWS);
    for (const id of ids) {
      expect(id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it('gives as many bytes in hex as asked for', () => {
    expect(systemRandom.hex(16)).to.match(/^[0-9a-f]{32}$/);
    expect(new Set(draws(() => systemRandom.hex(16))).size).to.equal(DRAWS);
  });
});
