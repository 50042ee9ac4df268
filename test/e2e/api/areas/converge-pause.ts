/** Converging, pausing and resuming, and what a group shows of its servers. */
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { eventually } from '../../../support/eventually.ts';
import {
  aConfig,
  aLaunch,
  aPolicy,
  aState,
  bringsTo,
  scheduled,
  wanting,
} from '../support/bodies.ts';
import { at, expectBody, expectEmpty, expectRefused, jsonOf } from '../support/replies.ts';
import type { Refusal } from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';

export function convergePause(world: World): void {
  describe('converging and pausing', () => {
    let tenant: Tenant;
    let group: string;
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group();
    });

    function paused(deed: string): Refusal {
      return {
        ...{ status: 403, type: 'GroupPausedError' },
        message: `Cannot ${deed} for group ${idIn(group)} for tenant ${tenant.id} because group is paused`,
      };
    }

    it('answers 204 without a body, as often as one asks', async () => {
      for (const deed of ['resume', 'converge', 'converge', 'pause', 'pause', 'resume', 'resume']) {
        expectEmpty(await tenant.post(`${group}/${deed}`), 204);
        const state = aState({ paused: deed === 'pause' });
        await tenant.expectEverywhere(`${group}/state`, { group: state });
      }
    });

    it('refuses to converge a group that is paused, until it is resumed', async () => {
      await tenant.turn(group, 'pause');
      expectRefused(await tenant.post(`${group}/converge`), paused('converge'));
      await tenant.turn(group, 'resume');
      expectEmpty(await tenant.post(`${group}/converge`), 204);
    });

    it('executes nothing of a group that is paused, and takes no notice of having been asked', async () => {
      const policies = await tenant.policies(group, [
        aPolicy({ cooldown: 3_600 }),
        scheduled({ cron: '0 0 1 1 *' }),
        bringsTo(0),
      ]);
      await tenant.turn(group, 'pause');
      for (const policy of policies) {
        const deed = `execute policy ${idIn(policy)}`;
        expectRefused(await tenant.post(`${policy}/execute`), paused(deed));
      }
      await tenant.expectEverywhere(`${group}/state`, { group: aState({ paused: true }) });
      await tenant.turn(group, 'resume');
      await tenant.execute(policies[0] ?? '');
    });

    it('leaves a paused group to its user in every other way', async () => {
      await tenant.turn(group, 'pause');
      const config = aConfig({ name: 'still', minEntities: 1 });
      expectEmpty(await tenant.put(`${group}/config`, config), 204);
      expectEmpty(await tenant.put(`${group}/launch`, aLaunch({ server: { name: 'x' } })), 204);
      const policy = await tenant.policy(group);
      expectEmpty(await tenant.put(policy, aPolicy({ name: 'other' })), 204);
      const state = wanting(1, { name: 'still', paused: true });
      await tenant.expectEverywhere(`${group}/state`, { group: state });
      await tenant.expectEverywhere(`${group}/config`, { groupConfiguration: config });
      for (const path of [group, `${group}/launch`, `${group}/policies`, policy]) {
        expect((await tenant.get(path)).status, path).to.equal(200);
      }
      expect(at(jsonOf(await tenant.get('/groups')), 'groups', 0, 'state')).to.deep.equal(state);
      expectEmpty(await tenant.delete(policy), 204);
      expectEmpty(await tenant.delete(`${group}?force=true`), 204);
    });

    describe('a group with servers', () => {
      let name: string;
      beforeEach(async () => {
        tenant = world.aTenant();
        name = tenant.id;
        const launch = { type: 'webhook', args: { url: world.receiver.urlOf(name) } };
        group = await tenant.group({ launch, config: { minEntities: 3 } });
        await shows(aState({ desiredCapacity: 3, activeCapacity: 3 }));
      });

      async function shows(state: object): Promise<void> {
        let last: unknown;
        await eventually(`${group} shows ${JSON.stringify(state)}`, async () => {
          last = at(jsonOf(await tenant.get(`${group}/state`)), 'group');
          return at(last, 'activeCapacity') === at(state, 'activeCapacity');
        });
        expect(last).to.deep.equal(state);
      }

      it('shows less than nothing as pending where more is there than is wanted', async () => {
        await tenant.turn(group, 'pause');
        expectEmpty(await tenant.put(`${group}/config`, aConfig({ maxEntities: 1 })), 204);
        const state = {
          ...{ desiredCapacity: 1, activeCapacity: 3, pendingCapacity: -2, paused: true },
        };
        await tenant.expectEverywhere(`${group}/state`, { group: aState(state) });
        expect(at(jsonOf(await tenant.get('/groups')), 'groups', 0, 'state')).to.deep.equal(
          aState(state),
        );
        expect(world.receiver.actualOf(name)).to.equal(3);
      });

      it('is brought to what it wants when it is resumed', async () => {
        await tenant.turn(group, 'pause');
        expectEmpty(await tenant.put(`${group}/config`, aConfig({ minEntities: 5 })), 204);
        await tenant.turn(group, 'resume');
        await shows(aState({ desiredCapacity: 5, activeCapacity: 5 }));
        expect(world.receiver.actualOf(name)).to.equal(5);
      });

      it('is deleted without force while servers are left, if it wants none', async () => {
        await tenant.turn(group, 'pause');
        expectEmpty(await tenant.put(`${group}/config`, aConfig({ maxEntities: 0 })), 204);
        const state = { activeCapacity: 3, pendingCapacity: -3, paused: true };
        await tenant.expectEverywhere(`${group}/state`, { group: aState(state) });
        expectEmpty(await tenant.delete(group), 204);
        expectBody(await tenant.get('/groups'), 200, { groups: [], groups_links: [] });
        await eventually('its servers are gone', () => world.receiver.actualOf(name) === 0);
      });
    });

    it('shows why a group cannot be converged, and executes its policies all the same', async () => {
      // Where there is something else than a receiver of orders.
      const launch = { type: 'webhook', args: { url: `${world.root}/health` } };
      group = await tenant.group({ launch, config: { minEntities: 1 } });
      const policy = await tenant.policy(group);
      await eventually('the group is in ERROR', async () => {
        const body = jsonOf(await tenant.get(`${group}/state`));
        return at(body, 'group', 'status') === 'ERROR';
      });
      const state = at(jsonOf(await tenant.get(`${group}/state`)), 'group');
      const message = at(state, 'errors', 0, 'message');
      expect(message).to.be.a('string').and.to.not.equal('');
      const error = { status: 'ERROR', errors: [{ message }] };
      expect(state).to.deep.equal(wanting(1, error));
      await tenant.execute(policy);
      expect(await tenant.desired(group)).to.equal(2);
      const right = { type: 'webhook', args: { url: world.receiver.urlOf(tenant.id) } };
      expectEmpty(await tenant.put(`${group}/launch`, right), 204);
      expectEmpty(await tenant.post(`${group}/converge`), 204);
      await eventually('the group is well again', async () => {
        const body = jsonOf(await tenant.get(`${group}/state`));
        return at(body, 'group', 'activeCapacity') === 2;
      });
      const well = aState({ desiredCapacity: 2, activeCapacity: 2 });
      await tenant.expectEverywhere(`${group}/state`, { group: well });
    });
  });
}
