import { expect } from 'chai';
import { it } from 'mocha';
import { plusMs } from '../../../src/base/clock.ts';
import type { Unit } from '../../../src/ports/store.ts';
import { aCommitId, aGroupId, anEvent, START } from '../../support/builders.ts';
import { following, put } from '../store-fixture.ts';
import type { Chapter, StoreFixture } from '../store-fixture.ts';

const ALL = { from: undefined, limit: 10_000 };
const DAY_MS = 24 * 3_600_000;

function events(count: number): Unit['events'] {
  return Array.from({ length: count }, (_, index) => anEvent(index + 1));
}

/** Adds events one commit after the other: `batches` commits of `count` events each. */
async function addEvents(
  fixture: StoreFixture,
  unit: Unit,
  { batches, count }: { readonly batches: number; readonly count: number },
): Promise<Unit> {
  let last = unit;
  for (let number = 1; number <= batches; number += 1) {
    const commitId = aCommitId(100 + number);
    last = await put(fixture, following(fixture, last, { commitId, events: events(count) }));
  }
  return last;
}

async function sequencesOf(
  { store }: StoreFixture,
  request: Parameters<StoreFixture['store']['history']>[1],
): Promise<readonly number[]> {
  return (await store.history(aGroupId(), request)).map(({ sequence }) => sequence);
}

export const historyPromises: Chapter = (at) => {
  it('numbers the events of a group from 1 and stamps them with the store’s clock', async () => {
    const unit = await put(at(), { events: events(2) });
    await at().clock.advance(10);
    await put(at(), following(at(), unit, { commitId: aCommitId(2), events: [anEvent(3)] }));

    expect(await at().store.history(aGroupId(), { ...ALL, order: 'oldest-first' })).to.deep.equal([
      { sequence: 1, at: START, event: anEvent(1) },
      { sequence: 2, at: START, event: anEvent(2) },
      { sequence: 3, at: plusMs(START, 10), event: anEvent(3) },
    ]);
  });

  it('numbers each group apart', async () => {
    await put(at(), { events: events(2) });
    await put(at(), { groupId: aGroupId(2), commitId: aCommitId(2), events: [anEvent(9)] });

    const history = await at().store.history(aGroupId(2), { ...ALL, order: 'oldest-first' });

    expect(history).to.deep.equal([{ sequence: 1, at: START, event: anEvent(9) }]);
  });

  for (const { order, from, limit, expected } of [
    { order: 'oldest-first', from: undefined, limit: 2, expected: [1, 2] },
    { order: 'oldest-first', from: 2, limit: 2, expected: [3, 4] },
    { order: 'oldest-first', from: 5, limit: 2, expected: [] },
    { order: 'newest-first', from: undefined, limit: 2, expected: [5, 4] },
    { order: 'newest-first', from: 4, limit: 2, expected: [3, 2] },
    { order: 'newest-first', from: 1, limit: 2, expected: [] },
  ] as const) {
    it(`reads ${limit} ${order} from ${from ?? 'the end'}`, async () => {
      await put(at(), { events: events(5) });

      expect(await sequencesOf(at(), { order, from, limit })).to.deep.equal(expected);
    });
  }

  it('answers an empty history for a group that is not there', async () => {
    expect(await sequencesOf(at(), { ...ALL, order: 'newest-first' })).to.deep.equal([]);
  });

  it('keeps the last 1,000 events, and at most 64 more', async () => {
    const unit = await put(at(), { events: events(100) });
    await addEvents(at(), unit, { batches: 12, count: 100 });

    const kept = await sequencesOf(at(), { ...ALL, order: 'newest-first' });

    expect(kept[0]).to.equal(1_300);
    expect(kept.length).to.be.within(1_000, 1_064);
  });

  it('drops none of 1,000 events of one day', async () => {
    const unit = await put(at(), { events: events(100) });
    await addEvents(at(), unit, { batches: 9, count: 100 });

    expect(await sequencesOf(at(), { ...ALL, order: 'oldest-first' })).to.have.length(1_000);
  });

  it('drops events older than 30 days as others are added', async () => {
    const old = await put(at(), { events: events(3) });
    await at().clock.advance(DAY_MS);
    const young = await put(
      at(),
      following(at(), old, { commitId: aCommitId(2), events: [anEvent()] }),
    );
    await at().clock.advance(29 * DAY_MS + 1);
    await addEvents(at(), young, { batches: 64, count: 1 });

    expect((await sequencesOf(at(), { ...ALL, order: 'oldest-first' }))[0]).to.equal(4);
  });
};
