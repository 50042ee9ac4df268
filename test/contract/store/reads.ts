import { expect } from 'chai';
import { it } from 'mocha';
import { plusMs } from '../../../src/base/clock.ts';
import type { TenantId } from '../../../src/domain/ids.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import type { ListedGroup } from '../../../src/ports/store.ts';
import {
  aCommitId,
  aGroupId,
  aPolicyId,
  PARTITION,
  START,
  TENANT,
} from '../../support/builders.ts';
import { following, own, put, stored } from '../store-fixture.ts';
import type { Chapter, StoreFixture } from '../store-fixture.ts';

const OTHER_TENANT = 'tenant-2' as TenantId;
const FIRST = { after: undefined, limit: 10 };

/** Makes groups in an order that is not that of their ids. */
async function makeGroups(fixture: StoreFixture): Promise<void> {
  for (const number of [3, 1, 4, 2]) {
    await put(fixture, {
      groupId: aGroupId(number),
      commitId: aCommitId(number),
      tenantId: number === 4 ? OTHER_TENANT : TENANT,
    });
  }
}

function idsOf(page: { readonly groups: readonly ListedGroup[] }): readonly string[] {
  return page.groups.map(({ groupId }) => groupId);
}

export const readPromises: Chapter = (at) => {
  it('answers no group where there is none', async () => {
    expect(await at().store.group(aGroupId())).to.deep.equal({ now: START, group: undefined });
  });

  it('lists the groups of a tenant in ascending order of id', async () => {
    await makeGroups(at());

    expect(idsOf(await at().store.groups(TENANT, FIRST))).to.deep.equal(
      [1, 2, 3].map((number) => aGroupId(number)),
    );
    expect(await at().store.countGroups(TENANT)).to.equal(3);
    expect(await at().store.countGroups(OTHER_TENANT)).to.equal(1);
    expect(await at().store.countGroups('nobody' as TenantId)).to.equal(0);
  });

  it('lists a page at a time, after any text', async () => {
    await makeGroups(at());
    const { store } = at();

    const pages = {
      first: idsOf(await store.groups(TENANT, { after: undefined, limit: 2 })),
      second: idsOf(await store.groups(TENANT, { after: aGroupId(2), limit: 2 })),
      afterAnOddText: idsOf(await store.groups(TENANT, { after: 'zz 漢', limit: 2 })),
      none: idsOf(await store.groups(TENANT, { after: undefined, limit: 0 })),
    };

    expect(pages).to.deep.equal({
      first: [aGroupId(1), aGroupId(2)],
      second: [aGroupId(3)],
      afterAnOddText: [],
      none: [],
    });
  });

  it('lists with the summary fields, and with nothing else', async () => {
    const dueAt = plusMs(START, 60_000);
    const summary = { labels: 'l', observed: 'o', state: 's' };
    await put(at(), {
      set: { ...summary, launch: 'not in it', limits: 'not in it', 'policy:1': 'not in it' },
      due: [{ policyId: aPolicyId(), dueAt }],
      divergence: 'mark',
    });

    expect(await at().store.groups(TENANT, FIRST)).to.deep.equal({
      now: START,
      groups: [{ groupId: aGroupId(), fields: summary }],
    });
  });

  it('lists without the fields that a group does not have', async () => {
    await put(at(), { set: { state: 's', launch: 'not in it' } });

    expect(await at().store.groups(TENANT, FIRST)).to.deep.equal({
      now: START,
      groups: [{ groupId: aGroupId(), fields: { state: 's' } }],
    });
  });

  it('takes a group off its tenant’s list, and off nothing else', async () => {
    const unit = await put(at());
    await put(at(), following(at(), unit, { commitId: aCommitId(2), listing: 'drop' }));
    await put(at(), {
      ...following(at(), unit, { commitId: aCommitId(3), expectVersion: aCommitId(2) }),
    });

    expect(idsOf(await at().store.groups(TENANT, FIRST))).to.deep.equal([]);
    expect(await at().store.countGroups(TENANT)).to.equal(0);
    expect(idsOf(await at().store.walk(PARTITION, FIRST))).to.deep.equal([unit.groupId]);
    expect((await stored(at(), unit.groupId)).version).to.equal(aCommitId(3));
  });

  it('walks the groups of a partition, whole, a page at a time', async () => {
    await makeGroups(at());
    const { store } = at();
    const elsewhere = partitionId('there', 0);

    const first = await store.walk(PARTITION, { after: undefined, limit: 3 });
    const second = await store.walk(PARTITION, { after: aGroupId(3), limit: 3 });

    expect(idsOf(first)).to.deep.equal([1, 2, 3].map((number) => aGroupId(number)));
    expect(idsOf(second)).to.deep.equal([aGroupId(4)]);
    expect(second.groups).to.deep.equal([(await store.group(aGroupId(4))).group]);
    expect(await store.walk(elsewhere, FIRST)).to.deep.equal({ now: START, groups: [] });
  });

  it('answers what no reader can change for another', async () => {
    await put(at(), { set: { state: 's' } });
    // A reader that breaks the type's promise of not writing.
    const { fields } = (await stored(at(), aGroupId())) as unknown as {
      fields: Record<string, string>;
    };
    try {
      fields['state'] = 'changed';
    } catch {
      // Some stores answer with objects that cannot be changed; with others it is the reader's own.
    }

    expect((await stored(at(), aGroupId())).fields).to.deep.equal({ state: 's' });
  });

  it('answers a group that was read before as it has become', async () => {
    const { store } = at();
    const token = await own(at());
    const unit = await put(at(), { set: { labels: 'l', state: 's' }, divergence: 'mark' });
    const seen = async (): Promise<object> => ({
      one: await stored(at(), unit.groupId),
      listed: (await store.groups(TENANT, FIRST)).groups,
    });
    const before = await seen();
    const lock = { groupId: unit.groupId, holder: 'pass-1', ttlMs: 1_000 };
    await store.lock(PARTITION, token, lock);
    const locked = await seen();
    await store.settle(PARTITION, token, {
      ...{ groupId: unit.groupId, holder: 'pass-1', generation: 1 },
      ...{ set: { observed: 'o' }, next: 'clear', events: [] },
    });
    const settled = await seen();
    await put(
      at(),
      following(at(), unit, { commitId: aCommitId(2), set: { state: 't' }, remove: ['labels'] }),
    );
    const changed = await seen();

    const group = {
      ...{ groupId: unit.groupId, tenantId: TENANT, version: unit.commitId, generation: 1 },
      due: new Map(),
    };
    const asOf = (own: object, fields: object): object => ({
      one: { ...group, ...own, fields },
      listed: [{ groupId: unit.groupId, fields }],
    });
    const first = asOf({ isDivergent: true }, { labels: 'l', state: 's' });
    expect([before, locked, settled, changed]).to.deep.equal([
      first,
      first,
      asOf({ isDivergent: false }, { labels: 'l', state: 's', observed: 'o' }),
      asOf({ isDivergent: false, version: aCommitId(2) }, { state: 't', observed: 'o' }),
    ]);
  });
};
