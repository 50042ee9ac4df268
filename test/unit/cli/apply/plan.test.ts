import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { DesiredGroup, DesiredPolicy } from '../../../../src/cli/apply/desired.ts';
import { planApply } from '../../../../src/cli/apply/plan.ts';
import type { Plan } from '../../../../src/cli/apply/plan.ts';
import type { WireGroup, WirePolicy } from '../../../../src/cli/wire.ts';
import { NEW_YEAR_2030 } from '../../../support/cli-world.ts';

const NOW = epochMs(NEW_YEAR_2030);
const FUTURE = { at: '2031-01-01T00:00:00Z', instant: epochMs(Date.UTC(2031, 0, 1)) };
const PAST = { at: '2029-01-01T00:00:00Z', instant: epochMs(Date.UTC(2029, 0, 1)) };

function aPolicy(part: Partial<DesiredPolicy> = {}): DesiredPolicy {
  return {
    key: 'up',
    name: 'Up',
    cooldown: 0,
    adjustment: { change: 1 },
    schedule: { kind: 'cron', cron: '* * * * *' },
    place: 'f:5:9',
    ...part,
  };
}

function aGroup(part: Partial<DesiredGroup> = {}): DesiredGroup {
  return {
    tenant: 't',
    key: 'web',
    config: { name: 'Web', cooldown: 0, minEntities: 0, maxEntities: 5, metadata: { a: 'b' } },
    launch: { type: 'process', args: { command: ['a'] } },
    policies: [],
    place: 'f:2:5',
    launchPlace: 'f:3:9',
    ...part,
  };
}

function storedPolicy(part: Partial<WirePolicy> = {}): WirePolicy {
  return {
    id: 'p1',
    links: [],
    key: 'up',
    name: 'Up',
    type: 'schedule',
    cooldown: 0,
    change: 1,
    args: { cron: '* * * * *' },
    ...part,
  };
}

function storedGroup(part: Partial<WireGroup> = {}): WireGroup {
  return {
    id: 'g1',
    groupConfiguration: {
      name: 'Web',
      cooldown: 0,
      minEntities: 0,
      maxEntities: 5,
      metadata: { a: 'b' },
      key: 'web',
    },
    launchConfiguration: { type: 'process', args: { command: ['a'] } },
    scalingPolicies: [],
    state: { name: 'Web', status: 'ACTIVE', paused: false, activeCapacity: 0, desiredCapacity: 0 },
    ...part,
  };
}

function plan(desired: DesiredGroup, stored: WireGroup | undefined): Plan {
  return planApply([desired], () => stored, NOW);
}

/** What the plan does to the policies of a group that is otherwise as it should be. */
function policyPlan(desired: readonly DesiredPolicy[], stored: readonly WirePolicy[]): object {
  const { actions, unchangedCount, problems } = plan(
    aGroup({ policies: desired }),
    storedGroup({ scalingPolicies: [...stored] }),
  );
  return {
    does: actions.map((action) => {
      switch (action.kind) {
        case 'create-policies':
          return { creates: action.policies.map(({ body }) => body) };
        case 'put-policy':
          return { puts: action.policy.body, on: action.policyId };
        case 'delete-policy':
          return { deletes: action.policyId };
        case 'create-group':
        case 'put-config':
        case 'put-launch':
          return { unexpected: action.kind };
      }
    }),
    unchangedCount: unchangedCount - 1, // the group itself
    problems: problems.map(({ at, key }) => `${at} ${key}`),
  };
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
    { name: 'Other' },
    { cooldown: 1 },
    { minEntities: 1 },
    { maxEntities: 6 },
    { metadata: {} },
    { metadata: { a: 'b', c: 'd' } },
  ];
  for (const change of CONFIG_CHANGES) {
    it(`writes the configuration where it wants ${JSON.stringify(change)}`, () => {
      const group = aGroup({ config: { ...aGroup().config, ...change } });

      expect(plan(group, storedGroup())).to.deep.equal({
        actions: [{ kind: 'put-config', group, groupId: 'g1' }],
        unchangedCount: 0,
        problems: [],
      });
    });
  }

  for (const launch of [
    { type: 'webhook', args: { command: ['a'] } },
    { type: 'process', args: { command: ['b'] } },
    { type: 'process', args: { command: ['a'], cwd: '/' } },
  ]) {
    it(`writes the launch configuration where it wants ${JSON.stringify(launch)}`, () => {
      const group = aGroup({ launch });

      expect(plan(group, storedGroup()).actions).to.deep.equal([
        { kind: 'put-launch', group, groupId: 'g1' },
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

  const CHANGED: readonly (Partial<DesiredPolicy> & { readonly body: object })[] = [
    { name: 'Other', body: { ...UP, name: 'Other', args: { cron: '* * * * *' } } },
    { cooldown: 1.5, body: { ...UP, cooldown: 1.5, args: { cron: '* * * * *' } } },
    { adjustment: { change: 2 }, body: { ...UP, change: 2, args: { cron: '* * * * *' } } },
    {
      adjustment: { desiredCapacity: 1 },
      body: {
        ...{ key: 'up', name: 'Up', cooldown: 0, type: 'schedule', desiredCapacity: 1 },
        args: { cron: '* * * * *' },
      },
    },
    {
      schedule: { kind: 'cron', cron: '*  * * * *' },
      body: { ...UP, args: { cron: '*  * * * *' } },
    },
    { schedule: { kind: 'at', ...FUTURE }, body: { ...UP, args: { at: FUTURE.at } } },
    {
      schedule: { kind: 'after', text: '+20s', ms: 20_000 },
      body: { ...UP, args: { at: '2030-01-01T00:00:20.000Z' } },
    },
  ];
  for (const { body, ...part } of CHANGED) {
    it(`writes a policy where it wants ${JSON.stringify(part)}`, () => {
      expect(policyPlan([aPolicy(part)], [storedPolicy()])).to.deep.equal({
        does: [{ puts: body, on: 'p1' }],
        unchangedCount: 0,
        problems: [],
      });
    });
  }

  it('creates the policies that are new to a group in one request', () => {
    const policies = [aPolicy(), aPolicy({ key: 'down', adjustment: { change: -1 } })];

    expect(policyPlan(policies, [])).to.deep.equal({
      does: [
        {
          creates: [
            { ...UP, args: { cron: '* * * * *' } },
            { ...UP, key: 'down', change: -1, args: { cron: '* * * * *' } },
          ],
        },
      ],
      unchangedCount: 0,
      problems: [],
    });
  });

  it('deletes a policy whose key left the file and never one without a key', () => {
    const { key: _, ...keyless } = storedPolicy({ id: 'p2' });

    expect(policyPlan([], [storedPolicy(), keyless])).to.deep.equal({
      does: [{ deletes: 'p1' }],
      unchangedCount: 0,
      problems: [],
    });
  });

  it('lets another policy take the place of one that would have to change its type', () => {
    const hook = aPolicy({ schedule: undefined });

    expect(policyPlan([hook], [storedPolicy()])).to.deep.equal({
      does: [{ deletes: 'p1' }, { creates: [{ ...UP, type: 'webhook' }] }],
      unchangedCount: 0,
      problems: [],
    });
  });

  const AT_STORED = storedPolicy({ args: { at: PAST.at } });

  it('leaves an `at` alone that is over, as long as the file means the same instant', () => {
    const instant = PAST.instant;
    for (const at of [PAST.at, '2029-01-01 00:00:00.000Z']) {
      const policy = aPolicy({ schedule: { kind: 'at', at, instant } });

      expect(policyPlan([policy], [AT_STORED])).to.deep.include({ does: [], unchangedCount: 1 });
    }
  });

  it('leaves a relative time alone once it was resolved', () => {
    const policy = aPolicy({ schedule: { kind: 'after', text: '+20s', ms: 20_000 } });

    expect(policyPlan([policy], [AT_STORED])).to.deep.include({ does: [], unchangedCount: 1 });
  });

  it('keeps the resolved time where another part of the policy changes', () => {
    const policy = aPolicy({ cooldown: 1, schedule: { kind: 'after', text: '+20s', ms: 20_000 } });
    const stored = storedPolicy({ args: { at: FUTURE.at } });

    expect(policyPlan([policy], [stored])).to.deep.include({
      does: [{ puts: { ...UP, cooldown: 1, args: { at: FUTURE.at } }, on: 'p1' }],
    });
  });

  const TOO_LATE = [
    {
      name: 'a new policy whose instant is over',
      policy: aPolicy({ schedule: { kind: 'at', ...PAST } }),
      stored: [],
    },
    {
      name: 'a new policy whose instant is now',
      policy: aPolicy({ schedule: { kind: 'at', at: '2030-01-01T00:00:00Z', instant: NOW } }),
      stored: [],
    },
    {
      name: 'a change of a policy whose instant is over',
      policy: aPolicy({ name: 'Other', schedule: { kind: 'at', ...PAST } }),
      stored: [AT_STORED],
    },
    {
      name: 'a change of a policy whose relative time was resolved and is over',
      policy: aPolicy({ name: 'Other', schedule: { kind: 'after', text: '+20s', ms: 20_000 } }),
      stored: [AT_STORED],
    },
  ];
  for (const { name, policy, stored } of TOO_LATE) {
    it(`has a problem with ${name}`, () => {
      expect(policyPlan([policy], stored)).to.deep.include({ problems: ['f:5:9 policy "up"'] });
    });
  }

  it('has a problem with a new group that has a policy whose instant is over', () => {
    const group = aGroup({ policies: [aPolicy({ schedule: { kind: 'at', ...PAST } })] });

    expect(plan(group, undefined).problems).to.have.length(1);
  });
});
