import { expect } from 'chai';
import { it } from 'mocha';
import type { FencingToken } from '../../../src/domain/ids.ts';
import { NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type { Unit } from '../../../src/ports/store.ts';
import { aCommitId, aGroupId, aUnit, anEvent } from '../../support/builders.ts';
import { commitOne, following, own, put, stored } from '../store-fixture.ts';
import type { Chapter, StoreFixture } from '../store-fixture.ts';

/** Commits `count` changes of the group after `unit`, one after the other; answers the last. */
async function changeOften(
  fixture: StoreFixture,
  unit: Unit,
  count: number,
  token: FencingToken | typeof NOT_AN_OWNER = NOT_AN_OWNER,
): Promise<Unit> {
  let last = unit;
  for (let number = 1; number <= count; number += 1) {
    const commitId = aCommitId(1_000 + number);
    last = following(fixture, last, { commitId, set: { state: `change ${number}` } });
    expect(await commitOne(fixture, last, token)).to.equal('committed');
  }
  return last;
}

export const repeatPromises: Chapter = (at) => {
  it('answers committed to a repeat of the last commit and changes nothing', async () => {
    const unit = await put(at(), { events: [anEvent()], divergence: 'mark' });
    const before = await stored(at(), unit.groupId);

    expect(await commitOne(at(), unit)).to.equal('committed');
    expect(await stored(at(), unit.groupId)).to.deep.equal(before);
    const history = { from: undefined, order: 'oldest-first', limit: 10 } as const;
    expect(await at().store.history(unit.groupId, history)).to.have.length(1);
  });

  it('answers committed to a repeat of the last commit of an owner, however late', async () => {
    const unit = await put(at());
    const token = await own(at());
    const claim = following(at(), unit, { commitId: aCommitId(2), set: { state: 'claimed' } });
    await commitOne(at(), claim, token);
    await at().clock.advance(6_000);

    expect(await commitOne(at(), claim, token)).to.equal('committed');
  });

  it('answers committed to a repeat after later commits, however late, and changes nothing', async () => {
    const unit = await put(at());
    const change = await put(
      at(),
      following(at(), unit, { commitId: aCommitId(2), set: { state: 'mine' } }),
    );
    await changeOften(at(), change, 3);
    await at().clock.advance(6_000);
    const before = await stored(at(), unit.groupId);

    expect(await commitOne(at(), change)).to.equal('committed');
    expect(await stored(at(), unit.groupId)).to.deep.equal(before);
  });

  it('remembers the last 32 commits', async () => {
    const unit = await put(at());
    await changeOften(at(), unit, 31);

    expect(await commitOne(at(), unit)).to.equal('committed');
  });

  it('answers unknown to a repeat that may have been forgotten', async () => {
    const unit = await put(at());
    await changeOften(at(), unit, 32);

    expect(await commitOne(at(), unit)).to.equal('unknown');
  });

  it('answers unknown and not stale where the decision is more than 5 s old as well', async () => {
    const unit = await put(at());
    await changeOften(at(), unit, 32);
    await at().clock.advance(6_000);

    expect(await commitOne(at(), unit)).to.equal('unknown');
  });

  it('answers stale where its memory reaches back to before the decision', async () => {
    const unit = await put(at());
    const last = await changeOften(at(), unit, 32);
    await at().clock.advance(1);
    const late = following(at(), last, { commitId: aCommitId(2), expectVersion: aCommitId(99) });

    expect(await commitOne(at(), late)).to.equal('stale');
  });

  it('answers stale and not unknown where the group is still as the decision saw it', async () => {
    const unit = await put(at());
    const last = await changeOften(at(), unit, 32);
    const late = following(at(), last, { commitId: aCommitId(2) });
    at().clock.stepWall(-1);

    expect(await commitOne(at(), late)).to.equal('stale');
  });

  it('answers stale where it has had too few commits to forget any', async () => {
    const unit = await put(at());
    await changeOften(at(), unit, 30);
    const late = following(at(), unit, { commitId: aCommitId(2) });

    expect(await commitOne(at(), late)).to.equal('stale');
  });

  it('spends no memory on the commits of an owner', async () => {
    const unit = await put(at());
    await changeOften(at(), unit, 40, await own(at()));

    expect(await commitOne(at(), unit)).to.equal('committed');
  });

  it('answers stale to an owner, who may read again, and never unknown', async () => {
    const unit = await put(at());
    await changeOften(at(), unit, 32);
    const token = await own(at());

    expect(await commitOne(at(), unit, token)).to.equal('stale');
  });

  it('remembers the commits of each group apart', async () => {
    const unit = await put(at());
    await put(at(), following(at(), unit, { commitId: aCommitId(2) }));
    const { groupId } = await put(at(), { groupId: aGroupId(2), commitId: aCommitId(3) });
    const other = aUnit({ ...unit, groupId });

    expect(await commitOne(at(), other)).to.equal('stale');
  });
};
