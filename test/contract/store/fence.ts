import { expect } from 'chai';
import { it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import { ZERO_TOKEN } from '../../../src/domain/ids.ts';
import type { FencingToken } from '../../../src/domain/ids.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import { NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type { Store } from '../../../src/ports/store.ts';
import { aCommitId, aGroupId, aToken, aUnit, PARTITION, START } from '../../support/builders.ts';
import { following, own, put, rejection, stored } from '../store-fixture.ts';
import type { Chapter } from '../store-fixture.ts';

const FENCE = aToken({ epoch: 2, revision: 10, claimId: 'the fence' });
const REQUEST = { groupId: aGroupId(), holder: 'pass-1', ttlMs: 60_000 };

/** Every write of an owner. */
const OWNER_WRITES = [
  {
    name: 'commit',
    call: (store: Store, token: FencingToken) => store.commit(PARTITION, token, [aUnit()]),
  },
  {
    name: 'lock',
    call: (store: Store, token: FencingToken) => store.lock(PARTITION, token, REQUEST),
  },
  {
    name: 'renew',
    call: (store: Store, token: FencingToken) => store.renew(PARTITION, token, REQUEST),
  },
  {
    name: 'settle',
    call: (store: Store, token: FencingToken) =>
      store.settle(PARTITION, token, {
        ...{ groupId: REQUEST.groupId, holder: REQUEST.holder, generation: 0 },
        ...{ set: {}, next: 'clear', events: [] },
      }),
  },
];

/** Every write, an owner's or not. */
const WRITES = [
  ...OWNER_WRITES,
  {
    name: 'acquire',
    call: (store: Store, token: FencingToken) => store.acquire(PARTITION, token),
  },
  {
    name: 'commit for somebody who is not an owner',
    call: (store: Store) => store.commit(PARTITION, NOT_AN_OWNER, [aUnit()]),
  },
];

export const fencePromises: Chapter = (at) => {
  it('lets the first owner acquire a partition that nobody has owned', async () => {
    expect(await at().store.acquire(PARTITION, aToken())).to.deep.equal({ kind: 'acquired' });
  });

  for (const { name, token } of [
    { name: 'a higher epoch, whatever the revision', token: aToken({ epoch: 3, revision: 1 }) },
    { name: 'a higher revision of the same epoch', token: aToken({ epoch: 2, revision: 11 }) },
    { name: 'a higher revision with more digits', token: aToken({ epoch: 2, revision: 100 }) },
    { name: 'the very claim that is the fence', token: FENCE },
  ]) {
    it(`acquires with ${name}`, async () => {
      await own(at(), FENCE);

      expect(await at().store.acquire(PARTITION, token)).to.deep.equal({ kind: 'acquired' });
      expect(await at().store.commit(PARTITION, token, [])).to.include({ kind: 'answered' });
    });
  }

  for (const { name, token } of [
    { name: 'a lower epoch, whatever the revision', token: aToken({ epoch: 1, revision: 99 }) },
    { name: 'a lower revision of the same epoch', token: aToken({ epoch: 2, revision: 9 }) },
    { name: 'another claim with the same numbers', token: { ...FENCE, claimId: 'another' } },
  ]) {
    it(`refuses to acquire with ${name}, and the fence stays`, async () => {
      await own(at(), FENCE);

      const result = await at().store.acquire(PARTITION, token);

      expect(result).to.deep.equal({ kind: 'fenced', newest: FENCE });
      expect(await at().store.commit(PARTITION, FENCE, [])).to.include({ kind: 'answered' });
    });
  }

  it('keeps the fence of each partition apart', async () => {
    const other = partitionId('here', 1);
    await own(at(), FENCE);

    expect(await at().store.commit(other, FENCE, [])).to.deep.equal({
      kind: 'fenced',
      newest: ZERO_TOKEN,
    });
  });

  for (const write of OWNER_WRITES) {
    for (const { name, token } of [
      { name: 'an older token', token: aToken({ epoch: 2, revision: 9, claimId: 'the fence' }) },
      { name: 'a token not acquired yet', token: { ...FENCE, revision: 11 } },
      { name: 'another epoch of the same revision', token: { ...FENCE, epoch: 1 } },
      { name: 'another claim with the same numbers', token: { ...FENCE, claimId: 'another' } },
    ]) {
      it(`refuses to ${write.name} with ${name}`, async () => {
        await own(at(), FENCE);

        const result = await write.call(at().store, token);

        expect(result).to.deep.equal({ kind: 'fenced', newest: FENCE });
      });
    }
  }

  it('applies nothing of a batch with a wrong token', async () => {
    const unit = await put(at());
    await own(at(), FENCE);
    const change = following(at(), unit, { commitId: aCommitId(2), set: { state: 'changed' } });

    await at().store.commit(PARTITION, aToken(), [change]);

    expect((await stored(at(), unit.groupId)).fields).to.deep.equal({});
  });

  it('accepts a commit that is not an owner’s whatever the fence', async () => {
    await own(at(), FENCE);

    expect(await at().store.commit(PARTITION, NOT_AN_OWNER, [aUnit()])).to.deep.equal({
      kind: 'answered',
      at: START,
      results: ['committed'],
    });
  });

  for (const write of WRITES) {
    it(`refuses to ${write.name} where the fence record is missing`, async () => {
      const token = await own(at());
      await at().loseFence(PARTITION);

      const error = await rejection(write.call(at().store, token));

      expect(hasCode(error, 'store-foreign'), String(error)).to.equal(true);
    });

    it(`refuses to ${write.name} where the fence record is another store’s`, async () => {
      const token = await own(at());
      await at().forgeFence(PARTITION);

      const error = await rejection(write.call(at().store, token));

      expect(hasCode(error, 'store-foreign'), String(error)).to.equal(true);
    });
  }
};
