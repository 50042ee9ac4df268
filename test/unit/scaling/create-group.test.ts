import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { TenantId } from '../../../src/domain/ids.ts';
import { Turns } from '../../../src/base/turns.ts';
import { partitionOf, regionOfGroup } from '../../../src/domain/partition/partition-of.ts';
import { createGroup } from '../../../src/scaling/create-group.ts';
import { deleteGroup } from '../../../src/scaling/change-group.ts';
import {
  aGroup,
  aGroupRequest,
  aPolicy,
  aScaling,
  after,
  commitDirectly,
  contentOf,
  finish,
  groupOf,
  historyOf,
  LIMITS,
  storedGroupOf,
} from '../../support/scaling.ts';
import { LAYOUT, TENANT } from '../../support/builders.ts';
import { delayAfter, FaultyStore, loseReply } from '../../support/faulty-store.ts';

const CRON = { kind: 'cron', cron: '*/5 * * * *' } as const;
const AT = { kind: 'at', at: '2026-01-01T00:00:20Z' } as const;

describe('createGroup', () => {
  it('stores the group at its minimum, divergent and listed, with its policies', async () => {
    const { deps, store } = aScaling();
    const limits = { minEntities: 2, maxEntities: 5, cooldownSeconds: 30 };

    const { groupId, policyIds } = await aGroup(deps, { limits, policies: [aPolicy()] });

    const group = await groupOf(store, groupId);
    expect(group).to.deep.include({ tenantId: TENANT, limits });
    expect(group.state).to.deep.equal({
      desired: 2,
      isPaused: false,
      isSuspended: false,
      isDeleting: false,
    });
    expect([...group.policies.keys()]).to.deep.equal(policyIds);
    const stored = await storedGroupOf(store, groupId);
    expect(stored).to.include({ isDivergent: true, generation: 1 });
    expect(await store.countGroups(TENANT)).to.equal(1);
  });

  it('gives the group an id of the first region, in which a partition is found', async () => {
    const { deps, store } = aScaling();

    const { groupId } = await aGroup(deps);

    expect(groupId).to.match(/^[0-9a-f-]{34}00$/);
    expect(partitionOf(groupId, store.layout)).to.match(/^here\/[01]$/);
  });

  it('arms the schedules for their first occurrence from now on', async () => {
    const { deps, store } = aScaling();

    const { groupId, policyIds } = await aGroup(deps, {
      policies: [aPolicy({ schedule: CRON }), aPolicy(), aPolicy({ schedule: AT })],
    });

    const { due } = await storedGroupOf(store, groupId);
    expect([...due]).to.have.deep.members([
      [policyIds[0], after(300_000)],
      [policyIds[2], after(20_000)],
    ]);
    const { policies } = await groupOf(store, groupId);
    expect(policyIds.map((id) => policies.get(id)?.progress)).to.deep.equal([
      { plannedAt: after(300_000) },
      {},
      { plannedAt: after(20_000) },
    ]);
  });

  it('begins the history with the group and its policies', async () => {
    const { deps, store } = aScaling();
    const limits = { minEntities: 2, maxEntities: 5, cooldownSeconds: 30 };

    const { groupId, policyIds } = await aGroup(deps, { limits, policies: [aPolicy()] });

    expect(await historyOf(store, groupId)).to.deep.equal([
      { event: 'group.created', by: 'tester', desiredAfter: 2 },
      { event: 'policy.created', policyId: policyIds[0], by: 'tester' },
    ]);
  });

  it('creates one group where the reply to its creation was lost', async () => {
    const { clock, deps, store } = aScaling();
    const losing = new FaultyStore(store);
    losing.plan = ({ ofMethod, method }) =>
      method === 'commit' && ofMethod === 1 ? loseReply : undefined;

    await finish(clock, aGroup({ ...deps, store: losing }));

    expect(losing.count('commit')).to.equal(2);
    expect(await store.countGroups(TENANT)).to.equal(1);
  });

  it('never exceeds the limit of groups, however many are asked for at once', async () => {
    const { clock, deps, store } = aScaling({ limits: { ...LIMITS, maxGroups: 5 } });
    const slow = new FaultyStore(store);
    slow.plan = ({ method }) =>
      method === 'group' ? delayAfter(clock.sleep(1, new AbortController().signal)) : undefined;
    // As on many nodes: nobody's turns are another's.
    const onNode = (): typeof deps => ({ ...deps, store: slow, turns: new Turns() });

    const results = await finish(
      clock,
      Promise.all(Array.from({ length: 12 }, () => createGroup(onNode(), aGroupRequest()))),
    );

    expect(results.map(({ kind }) => kind).sort()).to.deep.equal([
      ...Array.from({ length: 5 }, () => 'created'),
      ...Array.from({ length: 7 }, () => 'over-group-limit'),
    ]);
    expect(await store.countGroups(TENANT)).to.equal(5);
  });

  it('counts each tenant for itself, and no groups that are being deleted', async () => {
    const { deps } = aScaling({ limits: { ...LIMITS, maxGroups: 1 } });
    const { target } = await aGroup(deps);
    await aGroup(deps, { tenantId: 'other' as TenantId });

    await deleteGroup(deps, target, { isForced: false, by: 'tester' });

    expect((await createGroup(deps, aGroupRequest())).kind).to.equal('created');
  });

  it('refuses more policies than a group may have, and stores nothing', async () => {
    const { deps, store } = aScaling({ limits: { ...LIMITS, maxPoliciesPerGroup: 1 } });
    const before = await contentOf(store);

    const result = await createGroup(deps, aGroupRequest({ policies: [aPolicy(), aPolicy()] }));

    expect(result.kind).to.equal('over-policy-limit');
    expect(await contentOf(store)).to.deep.equal(before);
  });

  it('refuses a schedule that has no occurrence from now on, naming its place, and stores nothing', async () => {
    const { deps, store } = aScaling();
    const over = aPolicy({ schedule: { kind: 'at', at: '2026-01-01T00:00:00Z' } });

    const result = await createGroup(deps, aGroupRequest({ policies: [aPolicy(), over] }));

    expect(result).to.deep.equal({ kind: 'never-fires', index: 1 });
    expect(await store.countGroups(TENANT)).to.equal(0);
  });

  it('uses the clock of the store, not that of the node', async () => {
    const { deps, store } = aScaling();
    const clock = aScaling().clock;
    clock.stepWall(86_400_000);

    const { groupId, policyIds } = await aGroup(
      { ...deps, clock },
      { policies: [aPolicy({ schedule: CRON })] },
    );

    const { due } = await storedGroupOf(store, groupId);
    expect(due.get(policyIds[0] ?? expect.fail())).to.equal(after(300_000));
  });

  describe('and the region', () => {
    it('creates in the home region of the node where none is asked for', async () => {
      const [here, there] = [aScaling(), aScaling({ homeRegion: 'there' })];

      const ids = [await aGroup(here.deps), await aGroup(there.deps)];

      expect(ids.map(({ groupId }) => regionOfGroup(groupId, LAYOUT))).to.deep.equal([
        'here',
        'there',
      ]);
      expect(await there.store.countGroups(TENANT)).to.equal(1);
    });

    it('creates in the one that is asked for, and its partition is there', async () => {
      const { deps, store } = aScaling();

      const { groupId } = await aGroup(deps, { region: 'there' });

      expect(partitionOf(groupId, LAYOUT)).to.match(/^there\//);
      expect((await groupOf(store, groupId)).id).to.equal(groupId);
    });

    it('creates nothing in one that there is not', async () => {
      const { deps, store } = aScaling();

      const result = await createGroup(deps, aGroupRequest({ region: 'nowhere' }));

      expect(result).to.deep.equal({
        kind: 'no-such-region',
        region: 'nowhere',
        regions: ['here', 'there'],
      });
      expect(await store.countGroups(TENANT)).to.equal(0);
    });
  });

  describe('with a key', () => {
    const keyed = (key: string): ReturnType<typeof aGroupRequest> =>
      aGroupRequest({ labels: { name: 'web', metadata: {}, key } });

    it('refuses one that another group of the tenant has, on whichever page of the list', async () => {
      const { deps } = aScaling();
      for (let count = 0; count < 120; count += 1) await createGroup(deps, keyed(String(count)));

      const results = [];
      for (let count = 0; count < 120; count += 1) {
        results.push(await createGroup(deps, keyed(String(count))));
      }

      expect(results).to.deep.equal(
        Array.from({ length: 120 }, (_, count) => ({
          kind: 'group-key-in-use',
          key: String(count),
        })),
      );
    });

    it('lets one of two that ask at once have it', async () => {
      const { clock, deps } = aScaling();

      const results = await finish(
        clock,
        Promise.all([createGroup(deps, keyed('a')), createGroup(deps, keyed('a'))]),
      );

      expect(results.map(({ kind }) => kind)).to.deep.equal(['created', 'group-key-in-use']);
    });

    it('takes one that only another tenant, or a deleted group, has', async () => {
      const { deps } = aScaling();
      await createGroup(deps, { ...keyed('a'), tenantId: 'other' as TenantId });
      const { target } = await aGroup(deps, keyed('a'));
      await deleteGroup(deps, target, { isForced: false, by: 'tester' });

      expect((await createGroup(deps, keyed('a'))).kind).to.equal('created');
    });

    it('is not kept from creating by a group whose record cannot be read', async () => {
      const { deps, store } = aScaling();
      const { groupId } = await aGroup(deps);
      await commitDirectly(store, groupId, { set: { labels: 'garbage' } });

      expect((await createGroup(deps, keyed('a'))).kind).to.equal('created');
    });

    it('refuses two policies of one request with the same', async () => {
      const { deps, store } = aScaling();
      const policies = [aPolicy({ key: 'up' }), aPolicy({ key: 'down' }), aPolicy({ key: 'up' })];

      const result = await createGroup(deps, aGroupRequest({ policies }));

      expect(result).to.deep.equal({ kind: 'key-in-use', key: 'up' });
      expect(await store.countGroups(TENANT)).to.equal(0);
    });
  });
});
