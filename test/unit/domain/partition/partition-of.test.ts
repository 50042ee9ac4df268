import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { InvariantError } from '../../../../src/base/assert.ts';
import { epochMs } from '../../../../src/base/clock.ts';
import type { GroupId } from '../../../../src/domain/ids.ts';
import {
  allPartitions,
  groupIdInRegion,
  newGroupId,
  partitionId,
  partitionOf,
  regionOfGroup,
} from '../../../../src/domain/partition/partition-of.ts';
import { seededRandom } from '../../../support/random.ts';

const LAYOUT = { regions: ['east', 'west'], count: 64 };

describe('partitionOf', () => {
  // Stored groups live where these say, and a change here is a change that loses groups. The numbers were
  // not taken from the code: they are FNV-1a, 32 bits, as published, modulo 64.
  for (const { id, partition } of [
    { id: '00000000-0000-4000-8000-000000000000', partition: 'east/53' },
    { id: 'ffffffff-ffff-4fff-bfff-ffffffffff00', partition: 'east/43' },
    { id: '5a1f0c3e-9b7d-4e21-8c64-0f2ab3d4e501', partition: 'west/27' },
    { id: 'c0ffee00-1234-4abc-9def-000102030400', partition: 'east/6' },
    { id: 'c0ffee00-1234-4abc-9def-000102030401', partition: 'west/25' },
  ]) {
    it(`puts ${id} in ${partition}, for ever`, () => {
      expect(partitionOf(id as GroupId, LAYOUT)).to.equal(partition);
    });
  }

  it('puts every group of a layout of one partition there', () => {
    const layout = { regions: ['home'], count: 1 };

    expect(partitionOf('c0ffee00-1234-4abc-9def-000102030400' as GroupId, layout)).to.equal(
      'home/0',
    );
  });

  for (const { what, id } of [
    { what: 'whose region byte names no region', id: 'c0ffee00-1234-4abc-9def-000102030402' },
    { what: 'that does not end in hex', id: 'c0ffee00-1234-4abc-9def-0001020304xx' },
    { what: 'that ends in upper case', id: 'C0FFEE00-1234-4ABC-9DEF-00010203040A' },
    { what: 'that is empty', id: '' },
  ]) {
    it(`knows no partition for an id ${what}`, () => {
      expect(partitionOf(id as GroupId, LAYOUT)).to.be.undefined;
    });
  }

  it('spreads random ids evenly', () => {
    const random = seededRandom(3);
    const counts = new Map<string, number>();
    for (let count = 0; count < 64_000; count += 1) {
      const partition = partitionOf(groupIdInRegion(random.uuid(), 0), LAYOUT) ?? 'none';
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    }

    expect(counts.size).to.equal(64);
    // 1,000 each are expected; six standard deviations are 190.
    for (const [partition, count] of counts) expect(count, partition).to.be.within(810, 1_190);
  });

  it('finds a partition of the layout for every id of one of its regions', () => {
    const partitions = new Set(allPartitions(LAYOUT));
    fc.assert(
      fc.property(fc.uuid(), fc.nat({ max: 1 }), (uuid, region) => {
        const partition = partitionOf(groupIdInRegion(uuid, region), LAYOUT);
        expect(partition !== undefined && partitions.has(partition)).to.be.true;
        expect(partition?.split('/')[0]).to.equal(LAYOUT.regions[region]);
      }),
    );
  });
});

describe('regionOfGroup', () => {
  const layout = { regions: ['eu', 'us'], count: 3 };

  it('is the one of its partition, and none where the id names none', () => {
    const ids = [0, 1, 2].map((index) =>
      groupIdInRegion('00000000-0000-4000-8000-000000000000', index),
    );

    expect(ids.map((id) => regionOfGroup(id, layout))).to.deep.equal(['eu', 'us', undefined]);
    expect(ids.map((id) => partitionOf(id, layout)?.split('/')[0])).to.deep.equal([
      'eu',
      'us',
      undefined,
    ]);
  });
});

describe('groupIdInRegion', () => {
  it('replaces the last byte by the index of the region', () => {
    const uuid = 'c0ffee00-1234-4abc-9def-0001020304aa';

    expect([0, 10, 255].map((index) => groupIdInRegion(uuid, index))).to.deep.equal([
      'c0ffee00-1234-4abc-9def-000102030400',
      'c0ffee00-1234-4abc-9def-00010203040a',
      'c0ffee00-1234-4abc-9def-0001020304ff',
    ]);
  });

  for (const index of [-1, 256, 0.5, Number.NaN]) {
    it(`refuses ${String(index)}, which is no byte`, () => {
      expect(() => groupIdInRegion('c0ffee00-1234-4abc-9def-0001020304aa', index)).to.throw(
        InvariantError,
      );
    });
  }
});

describe('newGroupId', () => {
  const uuid = 'c0ffee00-1234-4abc-9def-0001020304aa';

  it('begins with the time, and is a UUID of version 4 with the region in its last byte', () => {
    const now = epochMs(Date.UTC(2026, 10, 30));

    expect(newGroupId(uuid, now, 10)).to.equal('01a229c0-5400-4abc-9def-00010203040a');
  });

  it('orders groups by when they were made', () => {
    const times = [0, 1, 255, 256, 65_536, 2 ** 40, 2 ** 48 - 1].map(epochMs);
    const ids = times.map((now) => newGroupId(uuid, now, 0));

    expect([...ids].sort()).to.deep.equal(ids);
  });

  it('is well-formed whatever a clock says', () => {
    for (const now of [-1, 0.5, 2 ** 48, Number.MAX_SAFE_INTEGER].map(epochMs)) {
      expect(newGroupId(uuid, now, 0)).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4abc-9def-000102030400$/);
    }
  });
});

describe('allPartitions', () => {
  it('lists them region by region', () => {
    expect(allPartitions({ regions: ['east', 'west'], count: 2 })).to.deep.equal([
      ...[partitionId('east', 0), partitionId('east', 1)],
      ...[partitionId('west', 0), partitionId('west', 1)],
    ]);
  });
});
