/** Every refusal word for word, and which of two comes first. */
import { beforeEach, describe, it } from 'mocha';
import {
  aConfig,
  aGroup,
  aLaunch,
  aPolicy,
  bringsTo,
  NOBODY,
  scheduled,
  SERVICE_NET,
} from '../support/bodies.ts';
import { BAD_LIMIT, expectRefused, invalid, MIN_OVER_MAX, NOT_JSON } from '../support/replies.ts';
import type { Refusal } from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import { POLICIES_MAX } from '../support/world.ts';
import type { World } from '../support/world.ts';

const CONFIG_MIN_OVER_MAX = { minEntities: 2, maxEntities: 1 };
const PAST = '2012-10-20T03:23:45Z';
const BALANCED = aLaunch({
  server: { networks: [{ uuid: 'another' }] },
  args: { loadBalancers: [{ loadBalancerId: 1, port: 80 }] },
});
const NO_SERVICE_NET = invalid(
  'ServiceNet network must be present if one or more Cloud Load Balancers are configured.',
);
const WITH_CHECK = { check: {}, alarm_criteria: {} };

export function errors(world: World): void {
  describe('errors', () => {
    let tenant: Tenant;
    let group: string;
    let policy: string;
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group();
      policy = await tenant.policy(group);
    });

    function noGroup(id = NOBODY): Refusal {
      const message = `No such scaling group ${id} for tenant ${tenant.id}`;
      return { status: 404, type: 'NoSuchScalingGroupError', message };
    }

    function noPolicy(id = NOBODY): Refusal {
      const where = `for group ${idIn(group)} for tenant ${tenant.id}`;
      return {
        ...{ status: 404, type: 'NoSuchPolicyError' },
        message: `No such scaling policy ${id} ${where}`,
      };
    }

    function cannotExecute(why: string): Refusal {
      const where = `for group ${idIn(group)} for tenant ${tenant.id}`;
      return {
        ...{ status: 403, type: 'CannotExecutePolicyError' },
        message: `Cannot execute scaling policy ${idIn(policy)} ${where}: ${why}`,
      };
    }

    function paused(deed: string): Refusal {
      return {
        ...{ status: 403, type: 'GroupPausedError' },
        message: `Cannot ${deed} for group ${idIn(group)} for tenant ${tenant.id} because group is paused`,
      };
    }

    describe('that tell of the state of things', () => {
      it('GroupNotEmptyError', async () => {
        await tenant.execute(policy);
        expectRefused(await tenant.delete(group), {
          ...{ status: 403, type: 'GroupNotEmptyError' },
          message: `Group ${idIn(group)} for tenant ${tenant.id} still has entities.`,
        });
      });

      it('CannotExecutePolicyError within a cooldown', async () => {
        policy = await tenant.policy(group, { cooldown: 3_600 });
        await tenant.execute(policy);
        expectRefused(await tenant.post(`${policy}/execute`), cannotExecute('Cooldowns not met.'));
      });

      it('CannotExecutePolicyError without a change', async () => {
        policy = await tenant.policy(group, bringsTo(0));
        expectRefused(
          await tenant.post(`${policy}/execute`),
          cannotExecute('No change in servers'),
        );
      });

      it('GroupPausedError', async () => {
        await tenant.turn(group, 'pause');
        const deed = `execute policy ${idIn(policy)}`;
        expectRefused(await tenant.post(`${policy}/execute`), paused(deed));
        expectRefused(await tenant.post(`${group}/converge`), paused('converge'));
      });

      it('NoSuchScalingGroupError, wherever a group is named', async () => {
        const nobody = `/groups/${NOBODY}`;
        const other = world.aTenant();
        for (const [path, id] of [
          [nobody, NOBODY],
          [group, idIn(group)],
        ] as const) {
          const asker = path === group ? other : tenant;
          const message = `No such scaling group ${id} for tenant ${asker.id}`;
          const missing = { ...noGroup(), message };
          const target = `${path}/policies/${idIn(policy)}`;
          for (const [method, where, json] of [
            ...['', '/state', '/config', '/launch', '/policies'].map((part) => [
              'GET',
              path + part,
            ]),
            ...['/converge', '/pause', '/resume'].map((part) => ['POST', path + part]),
            ['DELETE', path],
            ['DELETE', `${path}?force=true`],
            ['PUT', `${path}/config`, aConfig()],
            ['PUT', `${path}/launch`, aLaunch()],
            ['POST', `${path}/policies`, [aPolicy()]],
            ['GET', target],
            ['PUT', target, aPolicy()],
            ['DELETE', target],
            ['POST', `${target}/execute`],
          ] as const) {
            const content = json === undefined ? {} : { json };
            expectRefused(await asker.send(method, where, content), missing);
          }
        }
      });

      it('NoSuchPolicyError, wherever a policy is named', async () => {
        const elsewhere = await tenant.policy(await tenant.group());
        for (const id of [NOBODY, '13344', idIn(elsewhere)]) {
          const target = `${group}/policies/${id}`;
          expectRefused(await tenant.get(target), noPolicy(id));
          expectRefused(await tenant.put(target, aPolicy()), noPolicy(id));
          expectRefused(await tenant.delete(target), noPolicy(id));
          expectRefused(await tenant.post(`${target}/execute`), noPolicy(id));
        }
      });

      it('PoliciesOverLimitError, and nothing is created', async () => {
        const many = Array.from({ length: POLICIES_MAX - 2 }, () => aPolicy());
        await tenant.policies(group, many);
        const before = await tenant.get(group);
        const said = (added: number): Refusal => ({
          ...{ status: 422, type: 'PoliciesOverLimitError' },
          message:
            `Currently there are 99 policies for tenant ${tenant.id}, scaling group ${idIn(group)}. ` +
            `Creating ${added} new policies would exceed the policy limit of 100 per group.`,
        });
        for (const added of [2, 100]) {
          const bodies = Array.from({ length: added }, () => aPolicy());
          expectRefused(await tenant.post(`${group}/policies`, bodies), said(added));
        }
        await tenant.expectEverywhere(group, JSON.parse(before.text));
      });
    });

    describe('of rules', () => {
      it('say which rule of policies is broken', async () => {
        const policies: readonly (readonly [object, string])[] = [
          [scheduled(WITH_CHECK), 'Incorrect args for schedule policy'],
          [
            aPolicy({ type: 'cloud_monitoring', args: WITH_CHECK }),
            'cloud_monitoring policy disabled',
          ],
          [scheduled({ at: PAST }), `Invalid "${PAST}" datetime: It must be in the future`],
          [
            scheduled({ cron: '0 * * * * *' }),
            'Invalid "0 * * * * *" cron entry: Seconds not allowed',
          ],
        ];
        for (const [body, message] of policies) {
          expectRefused(await tenant.post(`${group}/policies`, [body]), invalid(message));
          expectRefused(
            await tenant.post(`${group}/policies`, [aPolicy(), body]),
            invalid(message),
          );
          expectRefused(await tenant.put(policy, body), invalid(message));
          const whole = aGroup({ policies: [aPolicy(), body] });
          expectRefused(await tenant.post('/groups', whole), invalid(message));
        }
        const message = 'Cannot change type of a scaling policy';
        const changed = scheduled({ cron: '0 0 * * *' });
        expectRefused(await tenant.put(policy, changed), invalid(message));
        const planned = await tenant.policy(group, changed);
        expectRefused(await tenant.put(planned, aPolicy()), invalid(message));
      });

      it('say which rule of groups is broken', async () => {
        const config = CONFIG_MIN_OVER_MAX;
        expectRefused(await tenant.post('/groups', aGroup({ config })), MIN_OVER_MAX);
        expectRefused(await tenant.put(`${group}/config`, aConfig(config)), MIN_OVER_MAX);
        expectRefused(await tenant.post('/groups', aGroup({ launch: BALANCED })), NO_SERVICE_NET);
        expectRefused(await tenant.put(`${group}/launch`, BALANCED), NO_SERVICE_NET);
      });
    });

    describe('of which more than one applies', () => {
      it('are told in their order where a group is created', async () => {
        const misshapen = { maxEntities: 1, minEntities: 2, cooldown: 'x' };
        const body = aGroup({ config: misshapen, launch: BALANCED });
        expectRefused(await tenant.post('/groups', body), invalid(/cooldown/));
        const both = aGroup({ config: CONFIG_MIN_OVER_MAX, launch: BALANCED });
        expectRefused(await tenant.post('/groups', both), MIN_OVER_MAX);
        const badPolicy = aGroup({
          config: CONFIG_MIN_OVER_MAX,
          policies: [aPolicy({ name: '' })],
        });
        expectRefused(await tenant.post('/groups', badPolicy), invalid(/name/));
      });

      it('are told in their order where a group is deleted', async () => {
        const force = {
          ...{ status: 400, type: 'InvalidQueryArgument' },
          message: /^Invalid "force" query argument: "no"/,
        };
        expectRefused(await tenant.delete(`/groups/${NOBODY}?force=no`), force);
        await tenant.execute(policy);
        expectRefused(await tenant.delete(`${group}?force=no`), force);
        expectRefused(await tenant.delete(`/groups/${NOBODY}?force=false`), noGroup());
      });

      it('are told in their order where a configuration is replaced', async () => {
        const there = `/groups/${NOBODY}/config`;
        expectRefused(await tenant.send('PUT', there, { body: '{' }), NOT_JSON);
        const misshapen = aConfig({ minEntities: 2, maxEntities: 1, cooldown: 'x' });
        expectRefused(await tenant.put(there, misshapen), invalid(/cooldown/));
        expectRefused(await tenant.put(there, aConfig(CONFIG_MIN_OVER_MAX)), MIN_OVER_MAX);
        expectRefused(await tenant.put(there, aConfig()), noGroup());
      });

      it('are told in their order where a launch configuration is replaced', async () => {
        const there = `/groups/${NOBODY}/launch`;
        expectRefused(await tenant.send('PUT', there, { body: '{' }), NOT_JSON);
        const misshapen = aLaunch({
          server: { flavorRef: '', networks: [] },
          args: { loadBalancers: [{ loadBalancerId: 1, port: 80 }] },
        });
        expectRefused(await tenant.put(there, misshapen), invalid(/flavorRef/));
        expectRefused(await tenant.put(there, BALANCED), NO_SERVICE_NET);
        const balanced = aLaunch({
          server: { networks: [SERVICE_NET] },
          args: { loadBalancers: [{ loadBalancerId: 1, port: 80 }] },
        });
        expectRefused(await tenant.put(there, balanced), noGroup());
      });

      it('are told in their order where policies are created', async () => {
        const there = `/groups/${NOBODY}/policies`;
        const disabled = aPolicy({ type: 'cloud_monitoring', args: WITH_CHECK });
        expectRefused(await tenant.send('POST', there, { body: '{' }), NOT_JSON);
        expectRefused(await tenant.post(there, [disabled, aPolicy({ name: '' })]), invalid(/name/));
        expectRefused(await tenant.post(there, [disabled]), invalid(/disabled/));
        const many = Array.from({ length: POLICIES_MAX + 1 }, () => aPolicy());
        expectRefused(await tenant.post(there, many), invalid());
        expectRefused(await tenant.post(`${group}/policies`, many), invalid());
        expectRefused(await tenant.post(there, many.slice(1)), noGroup());
      });

      it('are told in their order where a policy is replaced', async () => {
        const nowhere = `/groups/${NOBODY}/policies/${NOBODY}`;
        const there = `${group}/policies/${NOBODY}`;
        const typed = scheduled({ cron: '0 0 * * *' });
        expectRefused(await tenant.send('PUT', nowhere, { body: '{' }), NOT_JSON);
        expectRefused(await tenant.put(nowhere, aPolicy({ name: '' })), invalid(/name/));
        expectRefused(await tenant.put(nowhere, scheduled({ at: PAST })), invalid(/in the future/));
        expectRefused(await tenant.put(nowhere, typed), noGroup());
        expectRefused(await tenant.put(there, typed), noPolicy());
        expectRefused(await tenant.put(policy, typed), invalid(/^Cannot change type/));
      });

      it('are told in their order where a policy is executed', async () => {
        const nobody = `${group}/policies/${NOBODY}`;
        policy = await tenant.policy(group, bringsTo(1, { cooldown: 3_600 }));
        await tenant.execute(policy);
        expectRefused(await tenant.post(`${policy}/execute`), cannotExecute('Cooldowns not met.'));
        await tenant.turn(group, 'pause');
        const deed = `execute policy ${idIn(policy)}`;
        expectRefused(await tenant.post(`${policy}/execute`), paused(deed));
        const unknown = paused(`execute policy ${NOBODY}`);
        expectRefused(await tenant.post(`${nobody}/execute`), unknown);
        await tenant.turn(group, 'resume');
        expectRefused(await tenant.post(`${nobody}/execute`), noPolicy());
      });

      it('are told in their order where things are listed', async () => {
        expectRefused(await tenant.get(`/groups/${NOBODY}/policies?limit=x`), BAD_LIMIT);
        expectRefused(await tenant.get(`/groups/${NOBODY}/policies?limit=1`), noGroup());
      });
    });
  });
}
