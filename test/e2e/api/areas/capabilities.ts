/** What webhooks reveal, and what their capability URLs do for whoever has them. */
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { aConfig, aGroup, aPolicy, aWebhook, bringsTo, wanting } from '../support/bodies.ts';
import { at, expectEmpty, expectRefused, jsonOf, listAt, textAt } from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import { capabilityOf, createWebhooks } from '../support/webhooks.ts';
import { WEBHOOKS_MAX } from '../support/world.ts';
import type { World } from '../support/world.ts';

const HOOK = aWebhook();

/** What capability URLs look like that lead nowhere; `hash` is one that leads somewhere. */
const DEAD_ENDS: readonly {
  readonly name: string;
  readonly path: (hash: string) => string;
}[] = [
  { name: 'no hash that there is', path: () => `/1/${'0'.repeat(64)}` },
  {
    name: 'a hash of which the end is another',
    path: (hash) => `/1/${hash.slice(0, 32)}${'0'.repeat(32)}`,
  },
  {
    name: 'a hash of which the beginning is another',
    path: (hash) => `/1/${'0'.repeat(32)}${hash.slice(32)}`,
  },
  { name: 'a hash cut short', path: (hash) => `/1/${hash.slice(0, 63)}` },
  { name: 'a hash with more', path: (hash) => `/1/${hash}0` },
  { name: 'a hash in capitals', path: (hash) => `/1/${hash.toUpperCase()}` },
  { name: 'something else', path: () => '/1/not-a-hash' },
  { name: 'another version', path: (hash) => `/10/${hash}` },
  { name: 'no version', path: (hash) => `/x/${hash}` },
  { name: 'version 0', path: (hash) => `/0/${hash}` },
];

export function capabilities(world: World): void {
  describe('capabilities', () => {
    let tenant: Tenant;
    let group: string;
    let policy: string;
    let hooks: string;
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group();
      policy = await tenant.policy(group);
      hooks = `${policy}/webhooks`;
    });

    it('are shown with their group to those who ask for them', async () => {
      const [first = '', second = ''] = await tenant.policies(group, [aPolicy(), aPolicy()]);
      const made = await createWebhooks(tenant, `${first}/webhooks`, [HOOK, HOOK, { name: 'c' }]);
      const plain = at(jsonOf(await tenant.get(group)), 'group') as object;
      const sorted = [...made].sort((a, b) => (textAt(a, 'id') < textAt(b, 'id') ? -1 : 1));
      const revealed = listAt(plain, 'scalingPolicies').map((one) => {
        const list = `${group}/policies/${textAt(one, 'id')}/webhooks`;
        return {
          ...(one as object),
          webhooks: list === `${first}/webhooks` ? sorted : [],
          webhooks_links: [{ href: tenant.link(`${list}/`), rel: 'webhooks' }],
        };
      });
      expect(revealed.map((one) => textAt(one, 'id'))).to.include(idIn(second));
      for (const value of ['true', 'True', 'tRuE', 'TRUE']) {
        await tenant.expectEverywhere(`${group}?webhooks=${value}`, {
          group: { ...plain, scalingPolicies: revealed },
        });
      }
      for (const query of [
        'webhooks=',
        'webhooks',
        'webhooks=1',
        'webhooks=yes',
        'Webhooks=true',
      ]) {
        await tenant.expectEverywhere(`${group}?${query}`, { group: plain });
      }
      for (const query of ['webhooks=false&webhooks=true', 'webhooks=truee', 'webhooks=%20true']) {
        await tenant.expectEverywhere(`${group}?${query}`, { group: plain });
      }
    });

    it('are shown of a hundred policies at once', async () => {
      const body = aGroup({ policies: Array.from({ length: 100 }, () => aPolicy()) });
      const id = textAt(jsonOf(await tenant.post('/groups', body)), 'group', 'id');
      const path = `/groups/${id}`;
      const policies = listAt(jsonOf(await tenant.get(`${path}/policies`)), 'policies');
      const full = Array.from({ length: WEBHOOKS_MAX }, () => HOOK);
      for (let index = 0; index < policies.length; index += 10) {
        const some = policies.slice(index, index + 10);
        const replies = await Promise.all(
          some.map((one) => tenant.post(`${path}/policies/${textAt(one, 'id')}/webhooks`, full)),
        );
        for (const reply of replies) expect(reply.status, reply.text).to.equal(201);
      }
      const shown = listAt(
        jsonOf(await tenant.get(`${path}?webhooks=true`)),
        'group',
        'scalingPolicies',
      );
      expect(shown).to.have.lengthOf(100);
      for (const one of shown) {
        const ids = listAt(one, 'webhooks').map((hook) => textAt(hook, 'id'));
        expect(ids).to.have.lengthOf(WEBHOOKS_MAX);
        expect(ids).to.deep.equal([...ids].sort());
      }
    });

    describe('that are used', () => {
      let href: string;
      beforeEach(async () => {
        const [made] = await createWebhooks(tenant, hooks, [HOOK]);
        href = capabilityOf(tenant, made);
      });

      it('execute their policy, with a slash at the end or without, whatever is sent', async () => {
        const { pathname } = new URL(href);
        const bare = pathname.replace(/\/$/, '');
        for (const [path, content] of [
          [pathname, {}],
          [bare, {}],
          [pathname, { body: '{ no JSON' }],
          [pathname, { json: { change: 100 } }],
          [`${pathname}?change=100`, {}],
        ] as const) {
          expectEmpty(await world.send({ method: 'POST', path, ...content }), 202);
        }
        await tenant.expectEverywhere(`${group}/state`, { group: wanting(5) });
      });

      it('lead to their own group by the hash alone', () => {
        const hash = new URL(href).pathname.split('/')[4] ?? '';
        expect(hash.slice(0, 32)).to.equal(idIn(group).replaceAll('-', ''));
      });

      it('add up where they are used at once', async () => {
        const replies = await Promise.all(Array.from({ length: 6 }, () => world.use(href)));
        for (const reply of replies) expectEmpty(reply, 202);
        await tenant.expectEverywhere(`${group}/state`, { group: wanting(6) });
      });

      for (const { name, path } of DEAD_ENDS) {
        it(`answer 202 and do nothing where there is ${name}`, async () => {
          const hash = new URL(href).pathname.split('/')[4] ?? '';
          for (const slash of ['', '/']) {
            const dead = `/v1.0/execute${path(hash)}${slash}`;
            expectEmpty(await world.send({ method: 'POST', path: dead }), 202);
          }
          await tenant.expectEverywhere(`${group}/state`, { group: wanting(0) });
        });
      }

      it('answer 202 and do nothing where the webhook, the policy or the group is gone', async () => {
        const [gone] = await createWebhooks(tenant, hooks, [HOOK]);
        expectEmpty(await tenant.delete(`${hooks}/${textAt(gone, 'id')}`), 204);
        expectEmpty(await world.use(capabilityOf(tenant, gone)), 202);
        expect(await tenant.desired(group)).to.equal(0);
        expectEmpty(await tenant.delete(policy), 204);
        expectEmpty(await world.use(href), 202);
        expect(await tenant.desired(group)).to.equal(0);
        expectEmpty(await tenant.delete(group), 204);
        expectEmpty(await world.use(href), 202);
      });

      it('answer 202 and do nothing where the policy may not be executed', async () => {
        const [cold = '', idle = ''] = await tenant.policies(group, [
          aPolicy({ cooldown: 3_600 }),
          bringsTo(1),
        ]);
        const [first] = await createWebhooks(tenant, `${cold}/webhooks`, [HOOK]);
        const [second] = await createWebhooks(tenant, `${idle}/webhooks`, [HOOK]);
        expectEmpty(await world.use(capabilityOf(tenant, first)), 202);
        expect(await tenant.desired(group)).to.equal(1);
        expectEmpty(await world.use(capabilityOf(tenant, first)), 202);
        expectEmpty(await world.use(capabilityOf(tenant, second)), 202);
        expect(await tenant.desired(group)).to.equal(1);
        await tenant.turn(group, 'pause');
        expectEmpty(await world.use(href), 202);
        await tenant.expectEverywhere(`${group}/state`, { group: wanting(1, { paused: true }) });
        await tenant.turn(group, 'resume');
        expectEmpty(await tenant.put(`${group}/config`, aConfig({ maxEntities: 1 })), 204);
        expectEmpty(await world.use(href), 202);
        expect(await tenant.desired(group)).to.equal(1);
      });

      it('take POST alone, and are whole', async () => {
        const { pathname } = new URL(href);
        for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
          const reply = await world.send({ method, path: pathname });
          const message = `${method} is not possible here, only POST`;
          expectRefused(reply, { status: 405, type: 'InvalidMethod', message });
          expect(reply.headers.get('allow')).to.equal('POST');
        }
        for (const path of [
          '/v1.0/execute',
          '/v1.0/execute/',
          '/v1.0/execute/1',
          '/v1.0/execute/1/',
        ]) {
          const message = 'There is nothing at this path';
          const missing = { status: 404, type: 'NotFound', message };
          expectRefused(await world.send({ method: 'POST', path }), missing);
        }
        expect(await tenant.desired(group)).to.equal(0);
      });
    });
  });
}
