/** Where things are, by what replies say of it. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { aGroup, aPolicy } from '../support/bodies.ts';
import { at, expectBody, jsonOf, listAt, textAt } from '../support/replies.ts';
import { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';

const GROUP = ['group', 'id'];

export function links(world: World): void {
  describe('links', () => {
    it('of a group are one to itself, which leads back to it', async () => {
      const tenant = world.aTenant();
      const created = await tenant.post('/groups', aGroup());
      const id = textAt(jsonOf(created), ...GROUP);
      const self = { href: tenant.link(`/groups/${id}/`), rel: 'self' };

      expect(at(jsonOf(created), 'group', 'links')).to.deep.equal([self]);
      expect(created.headers.get('location')).to.equal(self.href);
      const read = await world.follow(self.href);
      expect(at(jsonOf(read), 'group', 'links')).to.deep.equal([self]);
      const listed = await tenant.get('/groups');
      expect(at(jsonOf(listed), 'groups', 0, 'links')).to.deep.equal([self]);
      expect(self.href.startsWith(`${world.root}/v1.0/`)).to.equal(true);
    });

    it('of policies are one to themselves, and creation tells where they are listed', async () => {
      const tenant = world.aTenant();
      const group = await tenant.group();
      const created = await tenant.post(`${group}/policies`, [aPolicy(), aPolicy({ name: 'b' })]);
      const list = tenant.link(`${group}/policies/`);

      expect(created.headers.get('location')).to.equal(list);
      for (const policy of listAt(jsonOf(created), 'policies')) {
        const href = `${list}${textAt(policy, 'id')}/`;
        expect(at(policy, 'links')).to.deep.equal([{ href, rel: 'self' }]);
        expectBody(await world.follow(href), 200, { policy });
      }
      const listed = await world.follow(list);
      expect(listAt(jsonOf(listed), 'policies')).to.have.deep.members([
        ...listAt(jsonOf(created), 'policies'),
      ]);
    });

    it('of the policies in a group are those of the policies by themselves', async () => {
      const tenant = world.aTenant();
      const created = await tenant.post('/groups', aGroup({ policies: [aPolicy()] }));
      const group = at(jsonOf(created), 'group');
      const path = `/groups/${textAt(group, 'id')}`;
      const policies = tenant.link(`${path}/policies/`);

      expect(at(group, 'scalingPolicies_links')).to.deep.equal([
        { href: policies, rel: 'policies' },
      ]);
      const policy = at(group, 'scalingPolicies', 0);
      const href = `${policies}${textAt(policy, 'id')}/`;
      expect(at(policy, 'links')).to.deep.equal([{ href, rel: 'self' }]);
      expectBody(await world.follow(href), 200, { policy });
    });

    for (const name of [
      'two words',
      'slash/ed',
      'Größe',
      '100%',
      'a?b=c#d',
      '\u{1f9a6}',
      'a+b&c',
    ]) {
      it(`are encoded as UTF-8 for the tenant "${name}"`, async () => {
        const tenant = world.aTenant(name);
        const group = await tenant.group();
        const href = tenant.link(`${group}/`);

        expect(href).to.match(/^http:\/\/127\.0\.0\.1:\d+\/v1\.0\/[\w.%-]+\/groups\/[0-9a-f-]+\/$/);
        const read = await world.follow(href);
        expect(read.status, read.text).to.equal(200);
        expect(at(jsonOf(read), 'group', 'links')).to.deep.equal([{ href, rel: 'self' }]);
      });
    }

    it('lead to nothing of another tenant', async () => {
      const tenant = world.aTenant();
      const group = await tenant.group();
      const other = new Tenant(`${tenant.id}%`, world);

      expect((await other.get(group)).status).to.equal(404);
      expectBody(await other.get('/groups'), 200, { groups: [], groups_links: [] });
    });
  });
}
