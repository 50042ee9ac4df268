/** A group's configuration by itself, and what replacing it does to the group. */
import { expect } from 'chai';
import { before, beforeEach, describe, it } from 'mocha';
import { aConfig, aState, bringsTo, wanting } from '../support/bodies.ts';
import { at, expectBody, expectEmpty, expectRefused, invalid, jsonOf } from '../support/replies.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';
import { CONFIG_ROWS } from './config-rows.ts';

/** What becomes of the desired capacity: 5 before, within 2 to 8. */
const EFFECTS = [
  { name: 'stays where nothing changes', min: 2, max: 8, desired: 5 },
  { name: 'rises to a higher least', min: 7, max: 8, desired: 7 },
  { name: 'stays above a lower least', min: 0, max: 8, desired: 5 },
  { name: 'falls to a lower most', min: 2, max: 3, desired: 3 },
  { name: 'stays below a higher most', min: 2, max: 1_000, desired: 5 },
  { name: 'falls to nothing', min: 0, max: 0, desired: 0 },
  { name: 'is what least and most agree on', min: 6, max: 6, desired: 6 },
];

export function config(world: World): void {
  describe('a group configuration', () => {
    describe('that is replaced', () => {
      let tenant: Tenant;
      let group: string;
      let kept: object;
      before(async () => {
        tenant = world.aTenant();
        group = await tenant.group();
      });

      for (const { name, change, refusal } of CONFIG_ROWS) {
        it(`${refusal === undefined ? 'may have' : 'must not have'} ${name}`, async () => {
          const reply = await tenant.put(`${group}/config`, aConfig(change));
          if (refusal === undefined) {
            expectEmpty(reply, 204);
            kept = aConfig(change);
            await tenant.expectEverywhere(`${group}/config`, { groupConfiguration: kept });
          } else {
            expectRefused(reply, refusal);
          }
        });
      }

      it('is as it was after what was refused', async () => {
        await tenant.expectEverywhere(`${group}/config`, { groupConfiguration: kept });
      });

      for (const key of Object.keys(aConfig())) {
        it(`must have ${key}`, async () => {
          const body = aConfig({ [key]: undefined });
          const missing = invalid(new RegExp(`^${key} is missing`));
          expectRefused(await tenant.put(`${group}/config`, body), missing);
        });
      }

      it('stands by itself, not in an object', async () => {
        const wrapped = { groupConfiguration: aConfig() };
        expectRefused(await tenant.put(`${group}/config`, wrapped), invalid());
      });
    });

    describe('and the desired capacity, which', () => {
      let tenant: Tenant;
      let group: string;
      beforeEach(async () => {
        tenant = world.aTenant();
        group = await tenant.group({ config: { minEntities: 2, maxEntities: 8 } });
        await tenant.execute(await tenant.policy(group, bringsTo(5)));
      });

      for (const { name, min, max, desired } of EFFECTS) {
        it(name, async () => {
          const body = aConfig({ minEntities: min, maxEntities: max });
          expectEmpty(await tenant.put(`${group}/config`, body), 204);
          await tenant.expectEverywhere(`${group}/state`, { group: wanting(desired) });
          await tenant.expectEverywhere(`${group}/config`, { groupConfiguration: body });
        });
      }

      it('moves while the group is paused, too', async () => {
        await tenant.turn(group, 'pause');
        const body = aConfig({ minEntities: 7, maxEntities: 8, name: 'still' });
        expectEmpty(await tenant.put(`${group}/config`, body), 204);
        const state = wanting(7, { name: 'still', paused: true });
        await tenant.expectEverywhere(`${group}/state`, { group: state });
      });

      it('can rise once there is room', async () => {
        const policy = await tenant.policy(group, bringsTo(9));
        await tenant.execute(policy);
        expect(await tenant.desired(group)).to.equal(8);
        expect((await tenant.post(`${policy}/execute`)).status).to.equal(403);
        const body = aConfig({ minEntities: 2, maxEntities: 20 });
        expectEmpty(await tenant.put(`${group}/config`, body), 204);
        await tenant.execute(policy);
        expect(await tenant.desired(group)).to.equal(9);
      });
    });

    it('gives the group its name at once, wherever that is shown', async () => {
      const tenant = world.aTenant();
      const group = await tenant.group();
      expectEmpty(await tenant.put(`${group}/config`, aConfig({ name: 'new' })), 204);
      await tenant.expectEverywhere(`${group}/state`, { group: aState({ name: 'new' }) });
      expect(at(jsonOf(await tenant.get('/groups')), 'groups', 0, 'state', 'name')).to.equal('new');
      expect(at(jsonOf(await tenant.get(group)), 'group', 'state', 'name')).to.equal('new');
    });

    it('has a cooldown that counts from the next execution on, and does not start one', async () => {
      const tenant = world.aTenant();
      const group = await tenant.group({ config: { cooldown: 86_400 } });
      const policy = await tenant.policy(group);
      await tenant.execute(policy);
      expect((await tenant.post(`${policy}/execute`)).status).to.equal(403);
      expectEmpty(await tenant.put(`${group}/config`, aConfig({ cooldown: 0 })), 204);
      await tenant.execute(policy);
      expectEmpty(await tenant.put(`${group}/config`, aConfig({ cooldown: 86_400 })), 204);
      expect((await tenant.post(`${policy}/execute`)).status).to.equal(403);
      expect(await tenant.desired(group)).to.equal(2);
    });

    it('is replaced whatever cooldowns say, and blocks nothing', async () => {
      const tenant = world.aTenant();
      const group = await tenant.group();
      const policy = await tenant.policy(group);
      const raised = aConfig({ minEntities: 3, cooldown: 86_400 });
      expectEmpty(await tenant.put(`${group}/config`, raised), 204);
      await tenant.execute(policy);
      expectBody(await tenant.get(`${group}/state`), 200, { group: wanting(4) });
      expectEmpty(await tenant.put(`${group}/config`, { ...raised, minEntities: 6 }), 204);
      expectBody(await tenant.get(`${group}/state`), 200, { group: wanting(6) });
    });
  });
}
