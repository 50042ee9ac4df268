import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { DesiredPolicy } from '../../../../src/cli/apply/desired.ts';
import { planApply } from '../../../../src/cli/apply/plan.ts';
import type { TimingArgs } from '../../../../src/cli/schedule-shape.ts';
import type { WirePolicy } from '../../../../src/cli/wire.ts';
import {
  aGroup,
  aPolicy,
  FUTURE,
  NOW,
  PAST,
  storedGroup,
  storedPolicy,
} from '../../../support/apply-builders.ts';

/** What the plan does to the policies of a group that is otherwise as it should be. */
function policyPlan(desired: readonly DesiredPolicy[], stored: readonly WirePolicy[]): object {
  const present = storedGroup({ scalingPolicies: [...stored] });
  const group = aGroup({ policies: desired });
  const { actions, unchangedCount, problems } = planApply([group], () => present, NOW);
  return {
    does: actions.map((action) => {
      if (action.kind === 'create-policies') {
        return { creates: action.policies.map(({ body }) => body) };
      }
      if (action.kind === 'put-policy') return { puts: action.policy.body, on: action.policyId };
      if (action.kind === 'delete-policy') return { deletes: action.policyId };
      return { unexpected: action.kind };
    }),
    unchangedCount: unchangedCount - 1, // the group itself
    problems: problems.map(({ at, key }) => `${at} ${key}`),
  };
}

const UP = { key: 'up', name: 'Up', cooldown: 0, change: 1, type: 'schedule' };

describe('planApply for one policy', () => {
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

  const TIMING: TimingArgs = {
    ...{ timezone: 'Europe/Berlin', dst: { gap: 'skip' }, jitter: 5, exclude: ['holidays'] },
    misfire: { policy: 'all' },
  };

  it('leaves a policy alone whose schedule has beside it what the file says', () => {
    const stored = storedPolicy({ args: { cron: '* * * * *', ...TIMING } });

    expect(policyPlan([aPolicy({ timing: TIMING })], [stored])).to.deep.include({
      does: [],
      unchangedCount: 1,
    });
  });

  const OTHERS = [
    { name: 'is new', timing: TIMING, stored: {} },
    { name: 'left the file', timing: {}, stored: TIMING },
    { name: 'is another', timing: { ...TIMING, jitter: 6 }, stored: TIMING },
    {
      name: 'names another calendar',
      timing: { ...TIMING, exclude: ['weekends'] },
      stored: TIMING,
    },
  ];
  for (const { name, timing, stored } of OTHERS) {
    it(`writes a policy where what stands beside its schedule ${name}`, () => {
      const present = storedPolicy({ args: { cron: '* * * * *', ...stored } });

      expect(policyPlan([aPolicy({ timing })], [present])).to.deep.include({
        does: [{ puts: { ...UP, args: { cron: '* * * * *', ...timing } }, on: 'p1' }],
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
    const keyless = { id: 'p2', name: 'Own', type: 'webhook', cooldown: 0, change: 1 };

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

  const END = { end: '2029-01-01T00:00:00Z' };
  const LEFT = [
    {
      name: 'an instant',
      policy: aPolicy({ name: 'Other', schedule: { kind: 'at', ...PAST } }),
      args: { at: PAST.at },
    },
    {
      name: 'a relative time that was resolved',
      policy: aPolicy({ name: 'Other', schedule: { kind: 'after', text: '+20s', ms: 20_000 } }),
      args: { at: PAST.at },
    },
    {
      name: 'an end',
      policy: aPolicy({ name: 'Other', timing: END }),
      args: { cron: '* * * * *', ...END },
    },
  ];
  for (const { name, policy, args } of LEFT) {
    it(`changes all else of a policy that keeps ${name} that is over`, () => {
      expect(policyPlan([policy], [storedPolicy({ args })])).to.deep.equal({
        does: [{ puts: { ...UP, name: 'Other', args }, on: 'p1' }],
        unchangedCount: 0,
        problems: [],
      });
    });
  }

  it('changes what is done about lateness of a policy whose instant is over', () => {
    const timing: TimingArgs = { misfire: { policy: 'all' } };
    const policy = aPolicy({ schedule: { kind: 'at', ...PAST }, timing });

    expect(policyPlan([policy], [AT_STORED])).to.deep.include({ problems: [] });
  });

  // Midnight in Tokyo is nine hours before NOW.
  const LOCAL = { kind: 'at', at: '2030-01-01T00:00:00', instant: NOW } as const;

  it('leaves a local time alone in other letters, and writes it where its zone is another', () => {
    const tokyo = { timezone: 'Asia/Tokyo' };
    const policy = aPolicy({ schedule: { ...LOCAL, at: '2030-01-01 00:00' }, timing: tokyo });
    const stored = (timezone: string): WirePolicy =>
      storedPolicy({ args: { at: LOCAL.at, timezone } });

    expect(policyPlan([policy], [stored('Asia/Tokyo')])).to.deep.include({ unchangedCount: 1 });
    expect(policyPlan([policy], [stored('Asia/Seoul')])).to.deep.include({
      does: [{ puts: { ...UP, args: { at: '2030-01-01 00:00', ...tokyo } }, on: 'p1' }],
    });
  });

  it('writes a relative time anew where a local time was stored', () => {
    const policy = aPolicy({ schedule: { kind: 'after', text: '+20s', ms: 20_000 } });
    const stored = storedPolicy({ args: { at: LOCAL.at, timezone: 'Asia/Tokyo' } });

    expect(policyPlan([policy], [stored])).to.deep.include({
      does: [{ puts: { ...UP, args: { at: '2030-01-01T00:00:20.000Z' } }, on: 'p1' }],
    });
  });

  const TOO_LATE = [
    {
      name: 'a new policy whose schedule has ended',
      policy: aPolicy({ timing: { end: '2030-01-01T00:00:00Z' } }),
      stored: [],
    },
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
      name: 'a new policy whose local time is over',
      policy: aPolicy({ schedule: LOCAL, timing: { timezone: 'Asia/Tokyo' } }),
      stored: [],
    },
    {
      name: 'a change of a policy to another instant that is over',
      policy: aPolicy({
        schedule: { kind: 'at', at: '2029-01-02T00:00:00Z', instant: epochMs(PAST.instant + 1) },
      }),
      stored: [AT_STORED],
    },
    {
      name: 'a change of a policy to an end that is over',
      policy: aPolicy({ timing: { end: '2030-01-01T00:00:00Z' } }),
      stored: [storedPolicy()],
    },
  ];
  for (const { name, policy, stored } of TOO_LATE) {
    it(`has a problem with ${name}`, () => {
      expect(policyPlan([policy], stored)).to.deep.include({ problems: ['f:5:9 policy "up"'] });
    });
  }
});
