/** Groups as wholes: what they may be, how they are created, shown and deleted. */
import { expect } from 'chai';
import { before, beforeEach, describe, it } from 'mocha';
import {
  aConfig,
  aGroup,
  aLaunch,
  aPolicy,
  aState,
  ASTRAL,
  bringsTo,
  scheduled,
  wanting,
} from '../support/bodies.ts';
import {
  at,
  expectBody,
  expectRefused,
  invalid,
  jsonOf,
  listAt,
  MIN_OVER_MAX,
  textAt,
  UUID_4,
} from '../support/replies.ts';
import type { Refusal } from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';
import { CONFIG_ROWS } from './config-rows.ts';

export function groups(world: World): void {
  describe('groups', () => {
    let tenant: Tenant;
    beforeEach(() => {
      tenant = world.aTenant();
    });

    /** The whole group of this path, from what it was made of. */
    function whole(
      group: string,
      parts: {
        readonly config?: object;
        readonly launch?: object;
        readonly policies?: readonly object[];
        readonly state?: object;
      } = {},
    ): object {
      const { config = aConfig(), launch = aLaunch(), policies = [], state = aState() } = parts;
      return {
        group: {
          id: idIn(group),
          links: [{ href: tenant.link(`${group}/`), rel: 'self' }],
          groupConfiguration: config,
          launchConfiguration: launch,
          scalingPolicies: policies,
          scalingPolicies_links: [{ href: tenant.link(`${group}/policies/`), rel: 'policies' }],
          state,
        },
      };
    }

    /** A policy as it is shown, by its path. */
    function shown(policy: string, body: object): object {
      const links = [{ href: tenant.link(`${policy}/`), rel: 'self' }];
      return { id: idIn(policy), links, ...(JSON.parse(JSON.stringify(body)) as object) };
    }

    describe('their configurations', () => {
      let own: Tenant;
      const taken: string[] = [];
      before(() => {
        own = world.aTenant();
      });

      for (const { name, change, refusal } of CONFIG_ROWS) {
        it(`${refusal === undefined ? 'may have' : 'must not have'} ${name}`, async () => {
          const reply = await own.post('/groups', aGroup({ config: change }));
          if (refusal === undefined) {
            expect(reply.status, reply.text).to.equal(201);
            const groupConfiguration = aConfig(change);
            expect(at(jsonOf(reply), 'group', 'groupConfiguration')).to.deep.equal(
              groupConfiguration,
            );
            const id = textAt(jsonOf(reply), 'group', 'id');
            await own.expectEverywhere(`/groups/${id}/config`, { groupConfiguration });
            taken.push(id);
          } else {
            expectRefused(reply, refusal);
          }
        });
      }

      it('leave no group behind that was refused', async () => {
        const list = jsonOf(await own.get('/groups'));
        const ids = listAt(list, 'groups').map((group) => textAt(group, 'id'));
        expect(ids).to.deep.equal(taken.sort());
      });

      for (const key of ['name', 'cooldown', 'minEntities']) {
        it(`must have ${key}`, async () => {
          const body = aGroup({ config: { [key]: undefined } });
          const message = new RegExp(`groupConfiguration\\.${key} is missing`);
          expectRefused(await tenant.post('/groups', body), invalid(message));
        });
      }

      it('have a maximum of 1000 and no metadata unless they say otherwise', async () => {
        const config = { maxEntities: undefined, metadata: undefined };
        const reply = await tenant.post('/groups', aGroup({ config }));
        const full = aConfig({ maxEntities: 1_000, metadata: {} });
        expect(at(jsonOf(reply), 'group', 'groupConfiguration')).to.deep.equal(full);
        const path = `/groups/${textAt(jsonOf(reply), 'group', 'id')}`;
        await tenant.expectEverywhere(`${path}/config`, { groupConfiguration: full });
        await tenant.expectEverywhere(path, whole(path, { config: full }));
      });

      it('must not have less at the most than at the least, whatever the default', async () => {
        const rows: readonly (readonly [object, Refusal])[] = [
          [{ minEntities: 11 }, MIN_OVER_MAX],
          [{ minEntities: 1, maxEntities: 0 }, MIN_OVER_MAX],
          [{ minEntities: 0, maxEntities: null }, MIN_OVER_MAX],
          [{ minEntities: 5, maxEntities: null }, MIN_OVER_MAX],
        ];
        for (const [config, refusal] of rows) {
          expectRefused(await tenant.post('/groups', aGroup({ config: { ...config } })), refusal);
        }
      });
    });

    describe('that are created', () => {
      it('are told whole, with a state of zeros, and show what they want at once', async () => {
        const config = { minEntities: 2, metadata: { b: '1', a: '2' }, cooldown: 60 };
        const policies = [
          aPolicy({ name: 'z', cooldown: 1.5 }),
          scheduled(
            { cron: '00 9,16 * * *' },
            { name: 'a', change: undefined, changePercent: -5.5 },
          ),
          bringsTo(3, { name: 'm' }),
        ];
        const reply = await tenant.post('/groups', aGroup({ config, policies }));

        const body = jsonOf(reply);
        const group = `/groups/${textAt(body, 'group', 'id')}`;
        expect(idIn(group)).to.match(UUID_4);
        expect(reply.headers.get('location')).to.equal(tenant.link(`${group}/`));
        const ids = listAt(body, 'group', 'scalingPolicies').map((policy) => textAt(policy, 'id'));
        for (const id of ids) expect(id).to.match(UUID_4);
        const inOrder = policies.map((policy, index) =>
          shown(`${group}/policies/${ids[index] ?? ''}`, policy),
        );
        const parts = { config: aConfig(config), policies: inOrder };
        expectBody(reply, 201, whole(group, parts));

        const sorted = [...ids].sort().map((id) => inOrder[ids.indexOf(id)] ?? {});
        const now = { ...parts, policies: sorted, state: wanting(2) };
        await tenant.expectEverywhere(group, whole(group, now));
        await tenant.expectEverywhere(`${group}/state`, { group: wanting(2) });
      });

      it('are there at once, wherever one asks', async () => {
        const group = await tenant.group({ config: { name: 'seen' } });
        const state = aState({ name: 'seen' });
        await tenant.expectEverywhere(`${group}/config`, {
          groupConfiguration: aConfig({ name: 'seen' }),
        });
        await tenant.expectEverywhere(`${group}/launch`, { launchConfiguration: aLaunch() });
        await tenant.expectEverywhere(`${group}/policies`, { policies: [], policies_links: [] });
        await tenant.expectEverywhere('/groups', {
          groups: [
            { id: idIn(group), links: [{ href: tenant.link(`${group}/`), rel: 'self' }], state },
          ],
          groups_links: [],
        });
      });

      it('are refused with a key too many, or one too few', async () => {
        const body = aGroup({ policies: [] });
        expect((await tenant.post('/groups', body)).status).to.equal(201);
        for (const change of [
          { groupConfiguration: undefined },
          { launchConfiguration: undefined },
          { groupConfiguration: null },
          { launchConfiguration: null },
          { scalingPolicies: null },
          { scalingPolicies: {} },
          { scalingPolicies: aPolicy() },
          { id: 'x' },
          { state: {} },
        ]) {
          const [key = ''] = Object.keys(change);
          const reply = await tenant.post('/groups', { ...body, ...change });
          expectRefused(reply, invalid(new RegExp(`^${key} `)));
        }
      });

      it('have up to 100 policies, and no bad one', async () => {
        const hundred = Array.from({ length: 100 }, () => aPolicy());
        const reply = await tenant.post('/groups', aGroup({ policies: hundred }));
        expect(reply.status).to.equal(201);
        expect(listAt(jsonOf(reply), 'group', 'scalingPolicies')).to.have.lengthOf(100);
        const many = [...hundred, aPolicy()];
        expectRefused(await tenant.post('/groups', aGroup({ policies: many })), invalid());
        for (const bad of [
          { name: ' ' },
          { change: 0 },
          { type: 'x' },
          { cooldown: -1 },
          { a: 1 },
        ]) {
          const policies = [aPolicy(), aPolicy(bad)];
          const refused = await tenant.post('/groups', aGroup({ policies }));
          expectRefused(refused, invalid(/^scalingPolicies\[1\]/));
        }
      });

      it('may be alike', async () => {
        const two = [await tenant.group(), await tenant.group()];
        expect(two[0]).to.not.equal(two[1]);
        const list = jsonOf(await tenant.get('/groups'));
        const ids = listAt(list, 'groups').map((group) => textAt(group, 'id'));
        expect(ids).to.deep.equal(two.map(idIn).sort());
      });

      it('can be executed at once, whatever their cooldown', async () => {
        const group = await tenant.group({ config: { cooldown: 86_400 } });
        await tenant.execute(await tenant.policy(group, { cooldown: 86_400 }));
        expect(await tenant.desired(group)).to.equal(1);
      });
    });

    it('of a tenant that nobody knows are none', async () => {
      await tenant.expectEverywhere('/groups', { groups: [], groups_links: [] });
    });

    it('have names of any characters, as they were sent', async () => {
      for (const name of [ASTRAL, ' x ', '\u0000x', '"\\/', '名']) {
        const group = await tenant.group({ config: { name } });
        await tenant.expectEverywhere(`${group}/state`, { group: aState({ name }) });
      }
    });
  });
}
