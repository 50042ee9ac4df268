import { expect } from 'chai';
import { it } from 'mocha';
import { plusMs } from '../../../src/base/clock.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import type { Unit, Wake } from '../../../src/ports/store.ts';
import {
  aCommitId,
  aGroupId,
  aPolicyId,
  aToken,
  PARTITION,
  START,
} from '../../support/builders.ts';
import { commitOne, following, own, put } from '../store-fixture.ts';
import type { Chapter, StoreFixture } from '../store-fixture.ts';

/** Listens to the partition; answers the wakes that come from now on. */
async function listen(
  { store, clock }: StoreFixture,
  partition = PARTITION,
): Promise<readonly Wake[]> {
  const wakes: Wake[] = [];
  store.subscribe(partition, (wake) => wakes.push(wake));
  // A store may wake a listener at first, for what was published before it was heard.
  await clock.advance(0);
  wakes.length = 0;
  return wakes;
}

function armed(ms: number, policy = 1): Pick<Unit, 'due'> {
  return { due: [{ policyId: aPolicyId(policy), dueAt: plusMs(START, ms) }] };
}

export const wakePromises: Chapter = (at) => {
  it('wakes for the first policy that is armed', async () => {
    const wakes = await listen(at());

    await put(at(), armed(1_000));
    await at().clock.advance(0);

    expect(wakes).to.deep.equal(['due']);
  });

  it('wakes for a policy that is armed earlier than the next one', async () => {
    await put(at(), armed(1_000));
    const wakes = await listen(at());

    await put(at(), { ...armed(999), groupId: aGroupId(2), commitId: aCommitId(2) });
    await at().clock.advance(0);

    expect(wakes).to.deep.equal(['due']);
  });

  it('does not wake for one that is armed later', async () => {
    await put(at(), armed(1_000));
    const wakes = await listen(at());

    await put(at(), { ...armed(1_001), groupId: aGroupId(2), commitId: aCommitId(2) });
    await at().clock.advance(0);

    expect(wakes).to.deep.equal([]);
  });

  it('wakes for a policy armed while others are due: a scan may be past them', async () => {
    await put(at(), { due: [...armed(0, 1).due, ...armed(60_000, 2).due] });
    const wakes = await listen(at());

    await put(at(), { ...armed(2_000), groupId: aGroupId(2), commitId: aCommitId(2) });
    await at().clock.advance(0);

    expect(wakes).to.deep.equal(['due']);
  });

  it('wakes for a mark', async () => {
    const wakes = await listen(at());

    await put(at(), { divergence: 'mark' });
    await at().clock.advance(0);

    expect(wakes).to.deep.equal(['divergent']);
  });

  it('does not wake for a unit that was not applied', async () => {
    await put(at());
    const wakes = await listen(at());

    const late = { ...armed(1), divergence: 'mark', expectVersion: aCommitId(99) } as const;
    await commitOne(at(), { ...following(at(), await put(at()), late), commitId: aCommitId(2) });
    await at().clock.advance(0);

    expect(wakes).to.deep.equal([]);
  });

  for (const { name, next, mark } of [
    { name: 'asks for another look', next: { retryInMs: 500 }, mark: 'keep' },
    { name: 'leaves a mark that came meanwhile', next: 'clear', mark: 'mark' },
    { name: 'clears the mark', next: 'clear', mark: 'keep' },
  ] as const) {
    it(`does not wake for the end of a pass that ${name}: whoever made it looks again by itself`, async () => {
      const unit = await put(at(), { divergence: 'mark' });
      const request = { groupId: unit.groupId, holder: 'pass-1', ttlMs: 60_000 };
      await at().store.lock(PARTITION, await own(at()), request);
      await put(at(), following(at(), unit, { commitId: aCommitId(2), divergence: mark }));
      await at().clock.advance(0);
      const wakes = await listen(at());

      await at().store.settle(PARTITION, aToken(), {
        ...{ groupId: unit.groupId, holder: 'pass-1', generation: 1 },
        ...{ set: {}, next, events: [] },
      });
      await at().clock.advance(0);

      expect(wakes).to.deep.equal([]);
    });
  }

  it('wakes the listeners of that partition only', async () => {
    const wakes = await listen(at(), partitionId('here', 1));

    await put(at(), { ...armed(1), divergence: 'mark' });
    await at().clock.advance(0);

    expect(wakes).to.deep.equal([]);
  });

  it('does not wake one who stopped listening', async () => {
    const wakes: Wake[] = [];
    const stop = at().store.subscribe(PARTITION, (wake) => wakes.push(wake));
    stop();

    await put(at(), { ...armed(1), divergence: 'mark' });
    await at().clock.advance(0);

    expect(wakes).to.deep.equal([]);
  });
};
