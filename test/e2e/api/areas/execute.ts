/** Executing policies: what the group wants afterwards, and why it may be refused. */
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { aConfig, aPolicy, bringsTo, scheduled, wanting } from '../support/bodies.ts';
import { expectBody, expectEmpty, expectRefused } from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Of so many, by so many per cent: the change. */
const PERCENTAGES: readonly (readonly [number, number, number])[] = [
  ...([
    [4, 50, 2],
    [3, 50, 2],
    [1, 50, 1],
    [1, 1, 1],
    [0, 100, 0],
    [10, 33.3, 4],
  ] as const),
  ...([
    [3, -50, -2],
    [4, -60, -3],
    [5, -60, -3],
    [1, -1, -1],
    [10, -5.5, -1],
  ] as const),
  ...([
    [100, -1.1, -2],
    [1_000, -0.1, -1],
    [1_000, -1.1, -11],
    [999, 0.1, 1],
  ] as const),
  ...([
    [0, -50, 0],
    [7, 100, 7],
    [7, -100, -7],
    [7, -1_000, -7],
    [7, 0.000_1, 1],
  ] as const),
  ...([
    [200, 0.5, 1],
    [3, 33.333_333_333_3, 1],
    [3, 33.333_333_333_4, 2],
    [600, 100, 400],
  ] as const),
];

/** From 5, within 2 to 8. */
const CHANGES: readonly (readonly [Fields, number])[] = [
  [{ change: 1 }, 6],
  [{ change: -1 }, 4],
  [{ change: 3 }, 8],
  [{ change: 4 }, 8],
  [{ change: 100 }, 8],
  [{ change: -100 }, 2],
  [{ change: 1_000_000_000 }, 8],
  [bringsTo(7), 7],
  [bringsTo(1_000), 8],
  [bringsTo(0), 2],
  [aPolicy({ change: undefined, changePercent: 20 }), 6],
  [aPolicy({ change: undefined, changePercent: 1_000 }), 8],
  [aPolicy({ change: undefined, changePercent: -1_000 }), 2],
];

export function execute(world: World): void {
  describe('executing', () => {
    let tenant: Tenant;
    let group: string;
    beforeEach(() => {
      tenant = world.aTenant();
    });

    async function expectCannot(policy: string, why: string): Promise<void> {
      const where = `for group ${idIn(group)} for tenant ${tenant.id}`;
      expectRefused(await tenant.post(`${policy}/execute`), {
        ...{ status: 403, type: 'CannotExecutePolicyError' },
        message: `Cannot execute scaling policy ${idIn(policy)} ${where}: ${why}`,
      });
    }

    for (const [of, percent, change] of PERCENTAGES) {
      it(`${String(percent)} % of ${String(of)} is ${String(change)}`, async () => {
        group = await tenant.group({ config: { maxEntities: 1_000 } });
        const [start = '', policy = ''] = await tenant.policies(group, [
          bringsTo(of),
          aPolicy({ change: undefined, changePercent: percent }),
        ]);
        if (of > 0) await tenant.execute(start);
        if (change === 0) await expectCannot(policy, 'No change in servers');
        else await tenant.execute(policy);
        await tenant.expectEverywhere(`${group}/state`, { group: wanting(of + change) });
      });
    }

    describe('within 2 to 8', () => {
      beforeEach(async () => {
        group = await tenant.group({ config: { minEntities: 2, maxEntities: 8 } });
        await tenant.execute(await tenant.policy(group, bringsTo(5)));
      });

      for (const [fields, desired] of CHANGES) {
        const { change, changePercent, desiredCapacity } = fields;
        const text = JSON.stringify({ change, changePercent, desiredCapacity });
        it(`${text} brings 5 to ${String(desired)}, shown at once`, async () => {
          const policy = await tenant.policy(group, fields);
          await tenant.execute(policy);
          await tenant.expectEverywhere(`${group}/state`, { group: wanting(desired) });
        });
      }

      it('is refused at a bound that is reached', async () => {
        const [up = '', down = ''] = await tenant.policies(group, [
          aPolicy({ change: 100 }),
          aPolicy({ change: -100 }),
        ]);
        for (const [policy, desired] of [
          [up, 8],
          [down, 2],
        ] as const) {
          await tenant.execute(policy);
          await expectCannot(policy, 'No change in servers');
          await tenant.expectEverywhere(`${group}/state`, { group: wanting(desired) });
        }
      });

      it('is refused where the capacity is what is asked for', async () => {
        await expectCannot(await tenant.policy(group, bringsTo(5)), 'No change in servers');
      });
    });

    describe('and cooldowns', () => {
      it('of a policy hold back that policy alone', async () => {
        group = await tenant.group();
        const [first = '', second = ''] = await tenant.policies(group, [
          aPolicy({ cooldown: 3_600 }),
          aPolicy({ cooldown: 0.5 }),
        ]);
        await tenant.execute(first);
        await expectCannot(first, 'Cooldowns not met.');
        await tenant.execute(second);
        await expectCannot(first, 'Cooldowns not met.');
        expect(await tenant.desired(group)).to.equal(2);
      });

      it('of a group hold back every policy', async () => {
        group = await tenant.group({ config: { cooldown: 3_600 } });
        const [first = '', second = ''] = await tenant.policies(group, [aPolicy(), aPolicy()]);
        await tenant.execute(first);
        await expectCannot(first, 'Cooldowns not met.');
        await expectCannot(second, 'Cooldowns not met.');
        expectEmpty(await tenant.put(`${group}/config`, aConfig()), 204);
        await tenant.execute(second);
        expect(await tenant.desired(group)).to.equal(2);
      });

      it('of nothing hold back nothing', async () => {
        group = await tenant.group();
        const policy = await tenant.policy(group);
        for (let time = 0; time < 5; time += 1) await tenant.execute(policy);
        await tenant.expectEverywhere(`${group}/state`, { group: wanting(5) });
      });

      it('do not begin with an execution that was refused', async () => {
        group = await tenant.group({ config: { cooldown: 3_600 } });
        const [idle = '', policy = ''] = await tenant.policies(group, [
          bringsTo(0, { cooldown: 3_600 }),
          aPolicy(),
        ]);
        await expectCannot(idle, 'No change in servers');
        await expectCannot(idle, 'No change in servers');
        await tenant.execute(policy);
      });

      it('come before there being nothing to do', async () => {
        group = await tenant.group();
        const policy = await tenant.policy(group, bringsTo(3, { cooldown: 3_600 }));
        await tenant.execute(policy);
        await expectCannot(policy, 'Cooldowns not met.');
      });
    });

    it('takes policies of every type, and leaves their schedules alone', async () => {
      group = await tenant.group();
      for (const args of [{ at: '2050-05-20T00:00:00Z' }, { cron: '0 0 1 1 *' }]) {
        const [policy = ''] = await tenant.policies(group, [scheduled(args)]);
        const before = await tenant.get(policy);
        await tenant.execute(policy);
        await tenant.expectEverywhere(policy, JSON.parse(before.text));
      }
      await tenant.expectEverywhere(`${group}/state`, { group: wanting(2) });
    });

    it('takes a slash at the end, and no heed of a body', async () => {
      group = await tenant.group();
      const policy = await tenant.policy(group);
      expectBody(await tenant.post(`${policy}/execute/`), 202, {});
      expectBody(await tenant.post(`${policy}/execute`, { change: 5 }), 202, {});
      expectBody(await tenant.send('POST', `${policy}/execute`, { body: '{' }), 202, {});
      await tenant.expectEverywhere(`${group}/state`, { group: wanting(3) });
    });

    it('adds up where many ask at once, whichever node they ask', async () => {
      group = await tenant.group({ config: { maxEntities: 1_000 } });
      const bodies = [1, 2, 3].map((change) => aPolicy({ change }));
      const paths = await tenant.policies(group, bodies);
      const asked = Array.from({ length: 8 }, () => paths).flat();
      await Promise.all(asked.map((policy) => tenant.execute(policy)));
      await tenant.expectEverywhere(`${group}/state`, { group: wanting(48) });
    });

    it('is granted once where many ask at once within a cooldown', async () => {
      group = await tenant.group({ config: { cooldown: 3_600 } });
      const policy = await tenant.policy(group);
      const asked = Array.from({ length: 10 }, () => tenant.post(`${policy}/execute`));
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      expect(statuses.sort()).to.deep.equal([202, ...Array.from({ length: 9 }, () => 403)]);
      await tenant.expectEverywhere(`${group}/state`, { group: wanting(1) });
    });

    it('and creating at once keep to the limit exactly', async () => {
      group = await tenant.group();
      const bodies = Array.from({ length: 30 }, () => aPolicy());
      const asked = Array.from({ length: 6 }, () => tenant.post(`${group}/policies`, bodies));
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      expect(statuses.sort()).to.deep.equal([201, 201, 201, 422, 422, 422]);
    });
  });
}
