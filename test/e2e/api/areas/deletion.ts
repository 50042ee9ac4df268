/** Deleting groups, with force and without, and what is left of them. */
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { aConfig, aLaunch, aPolicy, wanting } from '../support/bodies.ts';
import {
  expectBody,
  expectEmpty,
  expectRefused,
  jsonOf,
  listAt,
  textAt,
} from '../support/replies.ts';
import type { Refusal } from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';

const FORCED = ['true', 'True', 'TRUE', 'tRuE'];
const UNFORCED = ['false', 'False', 'FALSE', 'fAlSe'];
const NO_FORCE = ['', '0', '1', 'yes', 'no', 'truee', 'true,', '%20true', 'null', 'T'];

export function deletion(world: World): void {
  describe('deleting groups', () => {
    let tenant: Tenant;
    beforeEach(() => {
      tenant = world.aTenant();
    });

    const refusal = (value: string): Refusal => ({
      ...{ status: 400, type: 'InvalidQueryArgument' },
      message:
        `Invalid "force" query argument: "${value.toLowerCase()}". ` +
        'Must be "true" or "false". Defaults to "false" if not provided',
    });

    for (const force of FORCED) {
      it(`are deleted with capacity where force is ${force}`, async () => {
        const group = await tenant.group({ config: { minEntities: 1 } });
        expectEmpty(await tenant.delete(`${group}?force=${force}`), 204);
        expect((await tenant.get(group)).status).to.equal(404);
      });
    }

    it('are deleted with capacity only by force', async () => {
      const group = await tenant.group({ config: { minEntities: 1 } });
      const notEmpty = {
        ...{ status: 403, type: 'GroupNotEmptyError' },
        message: `Group ${idIn(group)} for tenant ${tenant.id} still has entities.`,
      };
      expectRefused(await tenant.delete(group), notEmpty);
      for (const force of UNFORCED) {
        expectRefused(await tenant.delete(`${group}?force=${force}`), notEmpty);
      }
      for (const force of NO_FORCE) {
        const shownValue = decodeURIComponent(force);
        expectRefused(await tenant.delete(`${group}?force=${force}`), refusal(shownValue));
      }
      await tenant.expectEverywhere(`${group}/state`, { group: wanting(1) });
    });

    it('are deleted without force once they want nothing', async () => {
      const group = await tenant.group({ config: { minEntities: 2 } });
      const lower = aConfig({ minEntities: 0 });
      expectEmpty(await tenant.put(`${group}/config`, lower), 204);
      expect((await tenant.delete(group)).status, 'the least alone').to.equal(403);
      const none = aConfig({ minEntities: 0, maxEntities: 0 });
      expectEmpty(await tenant.put(`${group}/config`, none), 204);
      expectEmpty(await tenant.delete(`${group}?force=False`), 204);
    });

    it('are gone at once, for everybody and whatever is done', async () => {
      const group = await tenant.group({ config: { minEntities: 1 } });
      const policy = await tenant.policy(group);
      const other = await tenant.group();
      expectEmpty(await tenant.delete(`${group}?force=true`), 204);
      const gone = {
        ...{ status: 404, type: 'NoSuchScalingGroupError' },
        message: `No such scaling group ${idIn(group)} for tenant ${tenant.id}`,
      };
      for (const path of [group, `${group}/state`, `${group}/config`, `${group}/launch`]) {
        expectRefused(await tenant.get(path), gone);
      }
      for (const path of [`${group}/policies`, policy]) {
        expectRefused(await tenant.get(path), gone);
      }
      expectRefused(await tenant.delete(group), gone);
      expectRefused(await tenant.delete(`${group}?force=true`), gone);
      expectRefused(await tenant.put(`${group}/config`, aConfig()), gone);
      expectRefused(await tenant.put(`${group}/launch`, aLaunch()), gone);
      expectRefused(await tenant.post(`${group}/policies`, [aPolicy()]), gone);
      expectRefused(await tenant.put(policy, aPolicy()), gone);
      expectRefused(await tenant.delete(policy), gone);
      for (const path of [`${policy}/execute`, `${group}/pause`, `${group}/resume`]) {
        expectRefused(await tenant.post(path), gone);
      }
      expectRefused(await tenant.post(`${group}/converge`), gone);
      const list = jsonOf(await tenant.get('/groups'));
      expect(listAt(list, 'groups').map((left) => textAt(left, 'id'))).to.deep.equal([idIn(other)]);
    });

    it('make room for others at once', async () => {
      const first = await tenant.group();
      expectEmpty(await tenant.delete(first), 204);
      expectBody(await tenant.get('/groups'), 200, { groups: [], groups_links: [] });
      const next = await tenant.group();
      const list = jsonOf(await tenant.get('/groups'));
      expect(listAt(list, 'groups').map((group) => textAt(group, 'id'))).to.deep.equal([
        idIn(next),
      ]);
    });

    it('may be paused', async () => {
      const group = await tenant.group();
      await tenant.turn(group, 'pause');
      expectEmpty(await tenant.delete(group), 204);
    });
  });
}
