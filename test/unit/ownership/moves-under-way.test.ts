import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { InvariantError } from '../../../src/base/assert.ts';
import type { PartitionId } from '../../../src/domain/ids.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import { MovesUnderWay } from '../../../src/ownership/moves-under-way.ts';
import type { Move } from '../../../src/ownership/moves.ts';

const NORTH = partitionId('north', 0);
const SOUTH = partitionId('south', 0);

function taking(...partitions: readonly PartitionId[]): readonly Move[] {
  return partitions.map((partition) => ({ kind: 'campaign', partition }));
}

/** All that follows from what has just happened, without any time passing. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe('MovesUnderWay', () => {
  let moves: MovesUnderWay;
  let wakeCount: number;
  /** Those that were begun, in their order, and how each is ended. */
  let begun: PartitionId[];
  let ends: Map<PartitionId, { done: () => void; failed: (error: Error) => void }>;

  beforeEach(() => {
    wakeCount = 0;
    begun = [];
    ends = new Map();
    moves = new MovesUnderWay(() => {
      wakeCount += 1;
    });
  });

  async function start(...partitions: readonly PartitionId[]): Promise<void> {
    moves.start(
      taking(...partitions),
      ({ partition }) =>
        new Promise<void>((resolve, reject) => {
          begun.push(partition);
          ends.set(partition, { done: resolve, failed: reject });
        }),
    );
    await settled();
  }

  async function finish(partition: PartitionId): Promise<void> {
    ends.get(partition)?.done();
    await settled();
  }

  it('begins none for a partition that has one, and wakes when that is over', async () => {
    await start(NORTH);
    await start(NORTH, SOUTH);
    expect(begun).to.deep.equal([NORTH, SOUTH]);

    await finish(SOUTH);
    expect(wakeCount).to.equal(0);
    await finish(NORTH);

    expect(wakeCount).to.equal(1);
  });

  it('begins none that follows from a read of before another ended, and wakes for a newer one', async () => {
    await start(NORTH);
    moves.readSent();
    await finish(NORTH);

    await start(NORTH);
    expect([begun, wakeCount]).to.deep.equal([[NORTH], 1]);
    moves.readSent();
    await start(NORTH);

    expect(begun).to.deep.equal([NORTH, NORTH]);
  });

  it('carries out 32 of a region at once, whatever goes on in others', async () => {
    const many = Array.from({ length: 33 }, (_, index) => partitionId('north', index));
    await start(...many, SOUTH);
    expect(begun).to.deep.equal([...many.slice(0, 32), SOUTH]);

    await finish(NORTH);

    expect(begun).to.have.length(34);
  });

  it('wakes for a failure, and throws it once', async () => {
    await start(NORTH, SOUTH);
    ends.get(NORTH)?.failed(new Error('no answer'));
    await settled();
    expect(wakeCount).to.equal(1);

    expect(() => {
      moves.throwIfFailed();
    }).to.throw('no answer');
    moves.throwIfFailed();
  });

  it('throws a broken invariant before other failures', async () => {
    await start(NORTH, SOUTH);
    ends.get(NORTH)?.failed(new Error('no answer'));
    ends.get(SOUTH)?.failed(new InvariantError('broken'));
    await settled();

    expect(() => {
      moves.throwIfFailed();
    }).to.throw(InvariantError);
  });

  it('begins none of those that wait when it is to end, and waits for those under way', async () => {
    const many = Array.from({ length: 33 }, (_, index) => partitionId('north', index));
    await start(...many);
    let isOver = false;
    const ended = moves.end().then(() => {
      isOver = true;
    });
    await settled();
    expect(isOver).to.equal(false);

    for (const partition of many.slice(0, 32)) await finish(partition);
    await ended;

    expect(begun).to.have.length(32);
  });
});
