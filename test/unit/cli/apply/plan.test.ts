import { expect } from 'chai';
import { describe, it } from 'mocha';

import type { DesiredGroup } from '../../../../src/cli/apply/desired.ts';
import { planApply } from '../../../../src/cli/apply/plan.ts';
import type { Plan } from '../../../../src/cli/apply/plan.ts';
import type { WireGroup } from '../../../../src/cli/wire.ts';
import {
  aGroup,
  aPolicy,
  NOW,
  PAST,
  storedGroup,
  storedPolicy,
} from '../../../support/apply-builders.ts';

function plan(desired: DesiredGroup, stored: WireGroup | undefined): Plan {
  return planApply([desired], () => stored, NOW);
}

const UP = { key: 'up', name: 'Up', cooldown: 0, change: 1, type: 'schedule' };

describe('planApply', () => {
  it('creates a group that is not there together with its policies', () => {
    const group = aGroup({
      policies: [
        aPolicy(),
        aPolicy({ key: 'hook', name: 'Hook', schedule: undefined, place: 'f:6:9' }),
      ],
    });

    expect(plan(group, undefined)).to.deep.equal({
      actions: [
        {
          kind: 'create-group',
          group,
          policies: [
            { body: { ...UP, args: { cron: '* * * * *' } }, place: 'f:5:9' },
            {
              body: { key: 'hook', name: 'Hook', cooldown: 0, change: 1, type: 'webhook' },
              place: 'f:6:9',
            },
          ],
        },
      ],
      unchangedCount: 0,
      problems: [],
    });
  });

  it('does nothing about what is as it should be', () => {
    const present = storedGroup({ scalingPolicies: [storedPolicy()] });

    expect(plan(aGroup({ policies: [aPolicy()] }), present)).to.deep.equal({
      actions: [],
      unchangedCount: 2,
      problems: [],
    });
  });

  it('looks a group up by tenant and key', () => {
    const asked: string[] = [];
    planApply(
      [aGroup(), aGroup({ tenant: 'u', key: 'db' })],
      (tenant, key) => {
        asked.push(`${tenant}/${key}`);
        return undefined;
      },
      NOW,
    );

    expect(asked).to.deep.equal(['t/web', 'u/db']);
  });

  const CONFIG_CHANGES = [
    {
      change: { name: 'Other' },
      changes: [{ path: 'name', before: 'Web', after: 'Other' }],
    },
    { change: { cooldown: 1 }, changes: [{ path: 'cooldown', before: 0, after: 1 }] },
    { change: { minEntities: 1 }, changes: [{ path: 'minEntities', before: 0, after: 1 }] },
    { change: { maxEntities: 6 }, changes: [{ path: 'maxEntities', before: 5, after: 6 }] },
    { change: { metadata: {} }, changes: [{ path: 'metadata.a', before: 'b' }] },
    { change: { reachedBy: 300 }, changes: [{ path: 'reachedBy', after: 300 }] },
    {
      change: { metadata: { a: 'b', c: 'd' } },
      changes: [{ path: 'metadata.c', after: 'd' }],
    },
  ];
  for (const { change, changes } of CONFIG_CHANGES) {
    it(`writes the configuration where it wants ${JSON.stringify(change)}`, () => {
      const group = aGroup({ config: { ...aGroup().config, ...change } });

      expect(plan(group, storedGroup())).to.deep.equal({
        actions: [{ kind: 'put-config', group, groupId: 'g1', changes: { changes } }],
        unchangedCount: 0,
        problems: [],
      });
    });
  }

  it('takes out by when servers are to be there where the file does not say it any more', () => {
    const group = aGroup();
    const { groupConfiguration } = storedGroup();
    const present = storedGroup({ groupConfiguration: { ...groupConfiguration, reachedBy: 300 } });

    expect(plan(group, present).actions).to.deep.equal([
      {
        ...{ kind: 'put-config', group, groupId: 'g1' },
        changes: { changes: [{ path: 'reachedBy', before: 300 }] },
      },
    ]);
    const kept = aGroup({ config: { ...group.config, reachedBy: 300 } });
    expect(plan(kept, present).actions).to.deep.equal([]);
  });

  for (const { launch, changes } of [
    {
      launch: { type: 'webhook', args: { command: ['a'] } },
      changes: [{ path: 'type', before: 'process', after: 'webhook' }],
    },
    {
      launch: { type: 'process', args: { command: ['b'] } },
      changes: [{ path: 'args.command[0]', before: 'a', after: 'b' }],
    },
    {
      launch: { type: 'process', args: { command: ['a'], cwd: '/' } },
      changes: [{ path: 'args.cwd', after: '/' }],
    },
    {
      launch: { type: 'process', args: { command: ['a'], env: { PASSWORD: 'x' } } },
      changes: [{ path: 'args.env.PASSWORD', after: '(hidden)' }],
    },
  ]) {
    it(`writes the launch configuration where it wants ${JSON.stringify(launch)}`, () => {
      const group = aGroup({ launch });

      expect(plan(group, storedGroup()).actions).to.deep.equal([
        { kind: 'put-launch', group, groupId: 'g1', changes: { changes } },
      ]);
    });
  }

  it('compares what is sent: neither the order of keys nor the sign of zero matters', () => {
    const group = aGroup({ launch: { type: 'x', args: { a: 1, b: -0 } } });
    const present = storedGroup({ launchConfiguration: { type: 'x', args: { b: 0, a: 1 } } });

    expect(plan(group, present).actions).to.deep.equal([]);
  });

  it('deletes policies first, then changes the group, and creates policies last', () => {
    const group = aGroup({
      config: { ...aGroup().config, name: 'Other' },
      launch: { type: 'x', args: {} },
      policies: [aPolicy({ key: 'new' }), aPolicy({ name: 'Other' })],
    });
    const scalingPolicies = [storedPolicy(), storedPolicy({ id: 'p2', key: 'old' })];

    const { actions } = plan(group, storedGroup({ scalingPolicies }));

    expect(actions.map(({ kind }) => kind)).to.deep.equal([
      'delete-policy',
      'put-launch',
      'put-config',
      'put-policy',
      'create-policies',
    ]);
  });

  describe('with a region', () => {
    const { groupConfiguration } = storedGroup();
    const inEu = storedGroup({ groupConfiguration: { ...groupConfiguration, region: 'eu' } });

    it('has a problem with a group that is in another', () => {
      expect(plan(aGroup({ region: 'us' }), inEu)).to.deep.equal({
        actions: [],
        unchangedCount: 1,
        problems: [
          {
            at: 'f:2:5',
            key: 'group "web"',
            text:
              'region cannot be changed after the group was created, received "us"; ' +
              'write "eu", where the group is, or give the group another key',
          },
        ],
      });
    });

    const FINE = [
      { says: 'is there', region: 'eu', present: inEu },
      { says: 'is anywhere, where the file does not say', region: undefined, present: inEu },
      { says: 'is in the only one, which is not shown', region: 'eu', present: storedGroup() },
    ];
    for (const { says, region, present } of FINE) {
      it(`does nothing about a group that ${says}`, () => {
        expect(plan(aGroup({ region }), present)).to.deep.equal({
          actions: [],
          unchangedCount: 1,
          problems: [],
        });
      });
    }
  });

  it('has a problem with a new group that has a policy whose instant is over', () => {
    const group = aGroup({ policies: [aPolicy({ schedule: { kind: 'at', ...PAST } })] });

    expect(plan(group, undefined).problems).to.have.length(1);
  });
});
