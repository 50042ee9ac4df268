import { expect } from 'chai';
import { describe, it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import type { GroupId, TenantId } from '../../../src/domain/ids.ts';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import { deleteGroup } from '../../../src/scaling/change-group.ts';
import { findGroup, listGroups } from '../../../src/scaling/read-groups.ts';
import { aGroup, aPolicy, aScaling, commitDirectly, rejectionOf } from '../../support/scaling.ts';
import { TENANT } from '../../support/builders.ts';
import { FaultyStore } from '../../support/faulty-store.ts';

const FIRST_PAGE = { after: undefined, limit: 10 };

describe('findGroup', () => {
  it('gives a group of the tenant, whole', async () => {
    const { deps, store } = aScaling();
    const { groupId, policyIds } = await aGroup(deps, { policies: [aPolicy()] });

    const group = await findGroup(store, TENANT, groupId);

    expect(group?.id).to.equal(groupId);
    expect([...(group?.policies.keys() ?? [])]).to.deep.equal(policyIds);
  });

  it('gives none of another tenant, none that is being deleted, and none under what is no id', async () => {
    const { deps, store } = aScaling();
    const { groupId, target } = await aGroup(deps);

    expect(await findGroup(store, 'other' as TenantId, groupId)).to.be.undefined;
    expect(await findGroup(store, TENANT, '13344' as GroupId)).to.be.undefined;
    await deleteGroup(deps, target, { isForced: false, by: 'tester' });
    expect(await findGroup(store, TENANT, groupId)).to.be.undefined;
  });

  it('says so where the record cannot be read', async () => {
    const { deps, store } = aScaling();
    const { groupId } = await aGroup(deps);
    await commitDirectly(store, groupId, { set: { limits: '7' } });

    const error = await rejectionOf(findGroup(store, TENANT, groupId));

    expect(hasCode(error, 'record-malformed')).to.be.true;
  });
});

describe('listGroups', () => {
  it('pages through the groups in ascending order of id, and says after a full page where the next begins', async () => {
    const { deps, store } = aScaling();
    const ids: GroupId[] = [];
    for (let count = 0; count < 4; count += 1) ids.push((await aGroup(deps)).groupId);
    ids.sort();
    const list = (after: string | undefined): ReturnType<typeof listGroups> =>
      listGroups({ store, observe: () => undefined }, TENANT, { after, limit: 2 });

    const pages = [await list(undefined), await list(ids[1]), await list(ids[3])];

    expect(pages.map(({ groups }) => groups.map(({ id }) => id))).to.deep.equal([
      ids.slice(0, 2),
      ids.slice(2),
      [],
    ]);
    expect(pages.map(({ nextAfter }) => nextAfter)).to.deep.equal([ids[1], ids[3], undefined]);
  });

  it('leaves out a group that cannot be read, reports it, and goes on behind it', async () => {
    const { deps, store } = aScaling();
    const ids = [(await aGroup(deps)).groupId, (await aGroup(deps)).groupId].sort();
    const [good, broken] = ids;
    if (good === undefined || broken === undefined) throw new Error('there are two groups');
    await commitDirectly(store, broken, { set: { labels: '{"name":5}' } });
    const events: LutraEvent[] = [];
    const observe = (event: LutraEvent): void => {
      events.push(event);
    };

    const page = await listGroups({ store, observe }, TENANT, { after: undefined, limit: 2 });

    expect(page.groups.map(({ id }) => id)).to.deep.equal([good]);
    expect(page.nextAfter).to.equal(broken);
    expect(events).to.have.length(1);
    expect(events[0]).to.include({
      event: 'group.record-malformed',
      groupId: broken,
      tenantId: TENANT,
      reason: 'cannot read the stored field "labels": name is 5',
    });
  });

  it('does not show a group that is being deleted and still stands in the list', async () => {
    const { deps, store } = aScaling();
    const { groupId, target } = await aGroup(deps);
    await deleteGroup(deps, target, { isForced: false, by: 'tester' });
    const { group, now } = await store.group(groupId);
    if (group === undefined) throw new Error('the group is there until it is removed');
    const lagging = Object.assign(new FaultyStore(store), {
      groups: () => Promise.resolve({ now, groups: [group] }),
    });
    const observe = (): void => undefined;

    const page = await listGroups({ store: lagging, observe }, TENANT, FIRST_PAGE);

    expect(page.groups).to.deep.equal([]);
  });
});
