import { expect } from 'chai';
import { it } from 'mocha';
import { plusMs } from '../../../src/base/clock.ts';
import type { FencingToken } from '../../../src/domain/ids.ts';
import { NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type { Unit } from '../../../src/ports/store.ts';
import {
  aCommitId,
  aGroupId,
  aPolicyId,
  anEvent,
  PARTITION,
  TENANT,
} from '../../support/builders.ts';
import { commitOne, following, own, put } from '../store-fixture.ts';
import type { Chapter, StoreFixture } from '../store-fixture.ts';

const HOUR_MS = 3_600_000;

/** Removes the group of `unit`, which was the last to change it. */
async function remove(
  fixture: StoreFixture,
  unit: Unit,
  token: FencingToken | typeof NOT_AN_OWNER = NOT_AN_OWNER,
): Promise<Unit> {
  const removal = following(fixture, unit, { commitId: aCommitId(500), remove: 'group' });
  expect(await commitOne(fixture, removal, token)).to.equal('committed');
  return removal;
}

export const removalPromises: Chapter = (at) => {
  it('leaves nothing of the group that a reader could find', async () => {
    const unit = await put(at(), {
      set: { state: 's' },
      due: [{ policyId: aPolicyId(), dueAt: plusMs(at().clock.now(), 0) }],
      divergence: 'mark',
      events: [anEvent()],
    });
    await remove(at(), unit);

    const { store } = at();
    const page = { after: undefined, limit: 10 };
    const history = { from: undefined, order: 'oldest-first', limit: 10 } as const;
    expect({
      group: (await store.group(unit.groupId)).group,
      due: (await store.due(PARTITION, 10)).groups,
      divergent: (await store.divergent(PARTITION, 10)).groups,
      listed: (await store.groups(TENANT, page)).groups,
      count: await store.countGroups(TENANT),
      walked: (await store.walk(PARTITION, page)).groups,
      history: await store.history(unit.groupId, history),
    }).to.deep.equal({
      ...{ group: undefined, due: [], divergent: [], listed: [], count: 0 },
      ...{ walked: [], history: [] },
    });
  });

  it('empties a group of all that was there, its history too, and keeps what it sets', async () => {
    const armed = { dueAt: plusMs(at().clock.now(), 0) };
    const unit = await put(at(), {
      set: { state: 's', launch: 'l', 'policy:p': 'p' },
      due: [aPolicyId(1), aPolicyId(2)].map((policyId) => ({ policyId, ...armed })),
      divergence: 'mark',
      events: [anEvent(), anEvent()],
    });
    const other = await put(at(), {
      ...{ groupId: aGroupId(2), commitId: aCommitId(2), set: { state: 's' } },
      ...{ due: [{ policyId: aPolicyId(1), ...armed }], events: [anEvent()] },
    });

    const emptied = await put(
      at(),
      following(at(), unit, {
        ...{ commitId: aCommitId(3), set: { creation: 'c' }, remove: 'content' as const },
        ...{ due: [{ policyId: aPolicyId(2), ...armed }], events: [anEvent()] },
      }),
    );

    const { store } = at();
    const { group } = await store.group(unit.groupId);
    const history = { from: undefined, order: 'oldest-first', limit: 10 } as const;
    expect(group).to.deep.include({
      ...{ version: emptied.commitId, isDivergent: true, fields: { creation: 'c' } },
      due: new Map([[aPolicyId(2), armed.dueAt]]),
    });
    expect(
      (await store.history(unit.groupId, history)).map(({ sequence }) => sequence),
    ).to.deep.equal([3]);
    expect(await commitOne(at(), emptied)).to.equal('committed');
    expect((await store.group(other.groupId)).group?.fields).to.deep.equal({ state: 's' });
    expect(await store.history(other.groupId, history)).to.have.length(1);
    expect(
      (await store.due(PARTITION, 10)).groups.map(({ groupId, policies }) => ({
        ...{ groupId, policyIds: policies.map(({ policyId }) => policyId) },
      })),
    ).to.have.deep.members([
      { groupId: unit.groupId, policyIds: [aPolicyId(2)] },
      { groupId: other.groupId, policyIds: [aPolicyId(1)] },
    ]);
  });

  it('leaves other groups alone', async () => {
    const unit = await put(at());
    await put(at(), { groupId: aGroupId(2), commitId: aCommitId(2), set: { state: 's' } });
    await remove(at(), unit);

    expect((await at().store.group(aGroupId(2))).group?.fields).to.deep.equal({ state: 's' });
  });

  it('answers stale to a removal decided on an older version, and removes nothing', async () => {
    const unit = await put(at());
    await put(at(), following(at(), unit, { commitId: aCommitId(2) }));
    const late = following(at(), unit, { commitId: aCommitId(3), remove: 'group' });

    expect(await commitOne(at(), late)).to.equal('stale');
    expect((await at().store.group(unit.groupId)).group).not.to.equal(undefined);
  });

  it('answers committed to a repeat of the removal', async () => {
    const removal = await remove(at(), await put(at()));

    expect(await commitOne(at(), removal)).to.equal('committed');
  });

  it('answers committed to a repeat of a removal by an owner', async () => {
    const unit = await put(at());
    const token = await own(at());
    const removal = await remove(at(), unit, token);

    expect(await commitOne(at(), removal, token)).to.equal('committed');
  });

  it('answers committed to a repeat of what was committed before the removal', async () => {
    const unit = await put(at());
    const change = await put(at(), following(at(), unit, { commitId: aCommitId(2) }));
    await remove(at(), change, await own(at()));

    expect(await commitOne(at(), unit)).to.equal('committed');
    expect(await commitOne(at(), change)).to.equal('committed');
    expect((await at().store.group(unit.groupId)).group).to.equal(undefined);
  });

  it('answers stale to another change of the removed group', async () => {
    const unit = await put(at());
    await remove(at(), unit);

    const late = following(at(), unit, { commitId: aCommitId(2) });

    expect(await commitOne(at(), late)).to.equal('stale');
  });

  it('forgets a group that was removed more than an hour ago, at a later removal', async () => {
    const unit = await put(at());
    const removal = await remove(at(), unit, await own(at()));
    await at().clock.advance(HOUR_MS + 1);
    const other = await put(at(), { groupId: aGroupId(2), commitId: aCommitId(2) });
    await put(at(), following(at(), other, { commitId: aCommitId(3), remove: 'group' }));

    expect(await commitOne(at(), unit)).to.equal('stale');
    expect(await commitOne(at(), removal)).to.equal('stale');
  });

  it('remembers a group that was removed an hour ago', async () => {
    const unit = await put(at());
    const removal = await remove(at(), unit, await own(at()));
    await at().clock.advance(HOUR_MS);
    const other = await put(at(), { groupId: aGroupId(2), commitId: aCommitId(2) });
    await put(at(), following(at(), other, { commitId: aCommitId(3), remove: 'group' }));

    expect(await commitOne(at(), unit)).to.equal('committed');
    expect(await commitOne(at(), removal)).to.equal('committed');
  });

  it('lets a group be made anew, which still knows what was committed before', async () => {
    const unit = await put(at(), { divergence: 'mark', events: [anEvent(1)] });
    const removal = await remove(at(), unit);
    await put(at(), { commitId: aCommitId(2), set: { state: 'new' }, events: [anEvent(2)] });

    expect(await commitOne(at(), unit)).to.equal('committed');
    expect(await commitOne(at(), removal)).to.equal('committed');
    const { group } = await at().store.group(unit.groupId);
    expect([group?.version, group?.fields]).to.deep.equal([aCommitId(2), { state: 'new' }]);
    const history = { from: undefined, order: 'oldest-first', limit: 10 } as const;
    expect(await at().store.history(unit.groupId, history)).to.deep.equal([
      { sequence: 1, at: at().clock.now(), event: anEvent(2) },
    ]);
  });

  it('goes on knowing what was committed before to a group that was made anew', async () => {
    const unit = await put(at());
    await remove(at(), unit);
    await put(at(), { commitId: aCommitId(2) });
    await at().clock.advance(HOUR_MS + 1);
    const other = await put(at(), { groupId: aGroupId(2), commitId: aCommitId(3) });
    await put(at(), following(at(), other, { commitId: aCommitId(4), remove: 'group' }));

    expect(await commitOne(at(), unit)).to.equal('committed');
  });

  it('lets a group that was made anew be removed again', async () => {
    const unit = await put(at());
    await remove(at(), unit);
    const again = await put(at(), { commitId: aCommitId(2) });

    await put(at(), following(at(), again, { commitId: aCommitId(3), remove: 'group' }));

    expect((await at().store.group(unit.groupId)).group).to.equal(undefined);
  });
};
