import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { contentOf } from '../../support/scaling.ts';
import { aGroupBody, aPolicyBody, at, startApi, STORE_KINDS } from '../../support/api-server.ts';
import type { ApiFixture, ApiOptions, HttpReply } from '../../support/api-server.ts';

const GROUPS = '/v1.0/000000/groups';
const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NOBODY = '00000000-0000-4000-8000-000000000000';

for (const kind of STORE_KINDS) {
  describe(`Groups over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    beforeEach(() => start());
    afterEach(() => api.close(0));

    async function start(options: ApiOptions = {}): Promise<void> {
      api = await startApi({ kind, ...options });
    }

    async function restart(options: ApiOptions): Promise<void> {
      await api.close(0);
      await start(options);
    }

    async function create(changes: Parameters<typeof aGroupBody>[0] = {}): Promise<string> {
      const reply = await api.call('POST', GROUPS, { body: aGroupBody(changes) });
      expect(reply.status, reply.text).to.equal(201);
      return String(at(reply.body, 'group', 'id'));
    }

    function state(fields: Readonly<Record<string, unknown>> = {}): object {
      return {
        ...{ name: 'web', status: 'ACTIVE', paused: false, active: [] },
        ...{ activeCapacity: 0, pendingCapacity: 0, desiredCapacity: 0 },
        ...fields,
      };
    }

    describe('POST groups', () => {
      it('answers with the whole group, its state all zero, and tells where it is', async () => {
        const reply = await api.call('POST', GROUPS, {
          body: aGroupBody({
            config: { minEntities: 2, metadata: { team: 'a' }, key: 'web-key' },
            policies: [
              aPolicyBody({ name: 'b' }),
              aPolicyBody({ name: 'a', type: 'schedule', args: { cron: '00 9,16 * * *' } }),
            ],
          }),
        });

        const group = at(reply.body, 'group');
        const id = String(at(group, 'id'));
        const href = `${api.url}${GROUPS}/${id}/`;
        const policyIds = [0, 1].map((index) => String(at(group, 'scalingPolicies', index, 'id')));
        const linksOf = (index: number): object[] => [
          { rel: 'self', href: `${href}policies/${policyIds[index] ?? ''}/` },
        ];
        expect(reply.status).to.equal(201);
        expect(reply.headers.location).to.equal(href);
        expect(id).to.match(UUID_4);
        expect(group).to.deep.equal({
          id,
          links: [{ rel: 'self', href }],
          groupConfiguration: {
            ...{ name: 'web', cooldown: 0, minEntities: 2, maxEntities: 1000 },
            ...{ metadata: { team: 'a' }, key: 'web-key' },
          },
          launchConfiguration: { type: 'process', args: { command: ['sleep', '9'] } },
          scalingPolicies: [
            {
              ...{ id: policyIds[0], links: linksOf(0), name: 'b', type: 'webhook' },
              ...{ change: 1, cooldown: 0 },
            },
            {
              ...{ id: policyIds[1], links: linksOf(1), name: 'a', type: 'schedule' },
              ...{ change: 1, cooldown: 0, args: { cron: '00 9,16 * * *' } },
            },
          ],
          scalingPolicies_links: [{ rel: 'policies', href: `${href}policies/` }],
          state: state(),
        });
      });

      it('has stored the minimum as desired capacity already', async () => {
        const id = await create({ config: { minEntities: 2 } });

        const reply = await api.call('GET', `${GROUPS}/${id}/state`);

        expect(reply.status).to.equal(200);
        expect(reply.body).to.deep.equal({
          group: state({ desiredCapacity: 2, pendingCapacity: 2 }),
        });
      });

      it('echoes a launch configuration as it was sent, but for server metadata of null', async () => {
        const server = {
          ...{ flavorRef: '2', imageRef: 'b1', name: 5, networks: null },
          ...{ 'OS-DCF:diskConfig': 'AUTO', key_name: { deep: [1, null] } },
        };
        const args = {
          server,
          loadBalancers: [
            { loadBalancerId: '1', port: -1 },
            { loadBalancerId: 1, port: 80, type: 'CloudLoadBalancer' },
          ],
        };
        const launch = {
          type: 'launch_server',
          args: { ...args, server: { ...server, metadata: null } },
        };

        const created = await api.call('POST', GROUPS, { body: aGroupBody({ launch }) });

        const shown = await api.call(
          'GET',
          `${GROUPS}/${String(at(created.body, 'group', 'id'))}/launch`,
        );
        expect(at(created.body, 'group', 'launchConfiguration')).to.deep.equal({
          type: 'launch_server',
          args,
        });
        expect(shown.body).to.deep.equal({ launchConfiguration: { type: 'launch_server', args } });
      });

      it('keeps strange keys that pass through, and takes two groups that are alike', async () => {
        const text = JSON.stringify(
          aGroupBody({
            launch: { type: 'launch_server', args: { server: { flavorRef: '2', imageRef: 'b' } } },
          }),
        ).replace('"flavorRef"', '"__proto__":{"a":1},"flavorRef"');

        const replies = [
          await api.call('POST', GROUPS, { body: text }),
          await api.call('POST', GROUPS, { body: text }),
        ];

        expect(replies.map(({ status }) => status)).to.deep.equal([201, 201]);
        expect(replies[0]?.text).to.contain('"__proto__":{"a":1}');
      });

      it('reads a body whatever its Content-Type says', async () => {
        const headers = { 'Content-Type': 'text/plain' };

        const reply = await api.call('POST', GROUPS, { body: aGroupBody(), headers });

        expect(reply.status).to.equal(201);
      });

      it('refuses a group too many, and a policy too many, and stores nothing of either', async () => {
        await restart({ limits: { maxGroups: 1, maxPoliciesPerGroup: 1 } });
        const policies = [aPolicyBody(), aPolicyBody()];
        const tooManyPolicies = await api.call('POST', GROUPS, { body: aGroupBody({ policies }) });
        await create();
        const before = await contentOf(api.store);

        const tooManyGroups = await api.call('POST', GROUPS, { body: aGroupBody() });

        expect(tooManyGroups.status).to.equal(422);
        expect(tooManyGroups.body).to.deep.equal({
          error: {
            ...{ type: 'ScalingGroupOverLimitError', code: 422, details: '' },
            message: 'Allowed limit of 1 scaling groups reached by tenant 000000',
          },
        });
        expect(tooManyPolicies.status).to.equal(422);
        expect(at(tooManyPolicies.body, 'error', 'message')).to.match(
          /^Currently there are 0 policies for tenant 000000, scaling group [0-9a-f-]{36}\. Creating 2 new policies would exceed the policy limit of 1 per group\.$/,
        );
        expect(await contentOf(api.store)).to.deep.equal(before);
      });

      it('refuses a key that another group of the tenant has', async () => {
        await create({ config: { key: 'web' } });

        const reply = await api.call('POST', GROUPS, {
          body: aGroupBody({ config: { key: 'web' } }),
        });

        expect(reply.status).to.equal(409);
        expect(reply.body).to.deep.equal({
          error: {
            ...{ type: 'KeyInUseError', code: 409, details: '' },
            message: 'There is a scaling group with the key "web"',
          },
        });
      });

      it('refuses two policies with one key', async () => {
        const policies = [aPolicyBody({ key: 'up' }), aPolicyBody({ key: 'up' })];

        const reply = await api.call('POST', GROUPS, { body: aGroupBody({ policies }) });

        expect(reply.status).to.equal(409);
        expect(at(reply.body, 'error', 'message')).to.equal(
          'There is a scaling policy with the key "up"',
        );
      });
    });

    describe('GET groups', () => {
      it('lists nothing for a tenant that nobody knows', async () => {
        const reply = await api.call('GET', '/v1.0/nobody/groups');

        expect(reply.status).to.equal(200);
        expect(reply.body).to.deep.equal({ groups: [], groups_links: [] });
      });

      it('lists in ascending order of id, with a next link behind every full page, even the last', async () => {
        const ids = [await create(), await create(), await create(), await create()].sort();
        const next = (limit: number, marker: string | undefined): object[] => [
          {
            rel: 'next',
            href: `${api.url}${GROUPS}/?limit=${String(limit)}&marker=${marker ?? ''}`,
          },
        ];

        const first = await api.call('GET', `${GROUPS}?limit=2`);
        const second = await api.call('GET', pathOf(first));
        const third = await api.call('GET', pathOf(second));

        expect(idsOf(first)).to.deep.equal(ids.slice(0, 2));
        expect(at(first.body, 'groups_links')).to.deep.equal(next(2, ids[1]));
        expect(idsOf(second)).to.deep.equal(ids.slice(2));
        expect(at(second.body, 'groups_links')).to.deep.equal(next(2, ids[3]));
        expect(third.body).to.deep.equal({ groups: [], groups_links: [] });
      });

      function pathOf(reply: HttpReply): string {
        return String(at(reply.body, 'groups_links', 0, 'href')).slice(api.url.length);
      }

      function idsOf(reply: HttpReply): unknown {
        return (at(reply.body, 'groups') as object[]).map((group) => at(group, 'id'));
      }

      it('shows of each group its id, link and state', async () => {
        const id = await create({ config: { minEntities: 1 } });

        const reply = await api.call('GET', GROUPS);

        expect(reply.body).to.deep.equal({
          groups: [
            {
              id,
              links: [{ rel: 'self', href: `${api.url}${GROUPS}/${id}/` }],
              state: state({ desiredCapacity: 1, pendingCapacity: 1 }),
            },
          ],
          groups_links: [],
        });
      });

      const limits: readonly { readonly limit: string; readonly count: number }[] = [
        { limit: '0', count: 1 },
        { limit: '-1', count: 1 },
        { limit: '+2', count: 2 },
        { limit: '%202%20', count: 2 },
        { limit: '100000', count: 3 },
        { limit: '99999999999999999999999', count: 3 },
        { limit: '2&limit=x', count: 2 },
      ];
      for (const { limit, count } of limits) {
        it(`takes limit=${limit} for a page of ${String(Math.min(count, 3))} of 3`, async () => {
          await create();
          await create();
          await create();

          const reply = await api.call('GET', `${GROUPS}?limit=${limit}`);

          expect(reply.status).to.equal(200);
          expect(at(reply.body, 'groups', 'length')).to.equal(count);
        });
      }

      it('takes any marker, known or not, as text that ids come after', async () => {
        const id = await create();

        for (const marker of ['1', 'invalid', '-13', '', id]) {
          const reply = await api.call('GET', `${GROUPS}?marker=${marker}`);
          expect(reply.status).to.equal(200);
          expect(at(reply.body, 'groups', 'length')).to.equal(id > marker ? 1 : 0);
        }
      });

      it('puts the configured page size into the next link where no limit was given', async () => {
        await restart({ pageMax: 2 });
        const ids = [await create(), await create()].sort();

        const reply = await api.call('GET', GROUPS);

        expect(at(reply.body, 'groups_links', 0, 'href')).to.equal(
          `${api.url}${GROUPS}/?limit=2&marker=${ids[1] ?? ''}`,
        );
      });
    });

    describe('GET a group', () => {
      it('shows all policies in ascending order of id, with the state as it is', async () => {
        const policies = Array.from({ length: 5 }, (_, index) =>
          aPolicyBody({ name: String(index) }),
        );
        const id = await create({ config: { minEntities: 1 }, policies });

        const reply = await api.call('GET', `${GROUPS}/${id}`);

        const ids = (at(reply.body, 'group', 'scalingPolicies') as object[]).map((policy) =>
          String(at(policy, 'id')),
        );
        expect(reply.status).to.equal(200);
        expect(ids).to.have.length(5);
        expect(ids).to.deep.equal([...ids].sort());
        expect(at(reply.body, 'group', 'state')).to.deep.equal(
          state({ desiredCapacity: 1, pendingCapacity: 1 }),
        );
        expect(at(reply.body, 'group', 'scalingPolicies_links')).to.deep.equal([
          { rel: 'policies', href: `${api.url}${GROUPS}/${id}/policies/` },
        ]);
      });

      it('also says where the second page of policies begins where there are enough for one', async () => {
        await restart({ pageMax: 2 });
        const id = await create({ policies: [aPolicyBody(), aPolicyBody(), aPolicyBody()] });

        const reply = await api.call('GET', `${GROUPS}/${id}`);

        const second = String(at(reply.body, 'group', 'scalingPolicies', 1, 'id'));
        const href = `${api.url}${GROUPS}/${id}/policies/`;
        expect(at(reply.body, 'group', 'scalingPolicies', 'length')).to.equal(3);
        expect(at(reply.body, 'group', 'scalingPolicies_links')).to.deep.equal([
          { rel: 'policies', href },
          { rel: 'next', href: `${href}?limit=2&marker=${second}` },
        ]);
      });

      for (const id of [NOBODY, '13344', 'xyz', `${NOBODY.slice(0, -2)}ff`]) {
        it(`answers 404 for ${id}`, async () => {
          const reply = await api.call('GET', `${GROUPS}/${id}`);

          expect(reply.status).to.equal(404);
          expect(reply.body).to.deep.equal({
            error: {
              ...{ type: 'NoSuchScalingGroupError', code: 404, details: '' },
              message: `No such scaling group ${id} for tenant 000000`,
            },
          });
        });
      }

      it('answers 404 for a group of another tenant', async () => {
        const id = await create();

        const reply = await api.call('GET', `/v1.0/111111/groups/${id}`);

        expect(reply.status).to.equal(404);
      });

      it('takes a tenant of any characters, and encodes it in links', async () => {
        const tenant = 'a%2Fb%20%C3%BC';
        const created = await api.call('POST', `/v1.0/${tenant}/groups`, { body: aGroupBody() });
        const { location = '' } = created.headers;

        const reply = await api.call('GET', location.slice(api.url.length));

        expect(location).to.match(/\/v1\.0\/a%2Fb%20%C3%BC\/groups\/[0-9a-f-]{36}\/$/);
        expect(reply.status).to.equal(200);
      });
    });

    describe('DELETE a group', () => {
      it('hides the group at once from every request', async () => {
        const id = await create({ policies: [aPolicyBody()] });

        const reply = await api.call('DELETE', `${GROUPS}/${id}`);

        expect(reply.status).to.equal(204);
        expect(reply.text).to.equal('');
        const policy = aPolicyBody();
        const later: readonly (readonly [string, string, unknown?])[] = [
          ['GET', ''],
          ['GET', '/state'],
          ['GET', '/config'],
          ['PUT', '/config', { ...configBody(), maxEntities: 1, metadata: {} }],
          ['GET', '/launch'],
          ['PUT', '/launch', { type: 'process', args: { command: [] } }],
          ['POST', '/converge'],
          ['POST', '/pause'],
          ['POST', '/resume'],
          ['GET', '/policies'],
          ['POST', '/policies', [policy]],
          ['GET', `/policies/${NOBODY}`],
          ['PUT', `/policies/${NOBODY}`, policy],
          ['DELETE', `/policies/${NOBODY}`],
          ['POST', `/policies/${NOBODY}/execute`],
          ['GET', '/history'],
          ['DELETE', ''],
          ['DELETE', '?force=true'],
        ];
        for (const [method, path, body] of later) {
          const { status, text } = await api.call(method, `${GROUPS}/${id}${path}`, { body });
          expect(text, `${method} ${path}`).to.contain('NoSuchScalingGroupError');
          expect(status).to.equal(404);
        }
        expect((await api.call('GET', GROUPS)).body).to.deep.equal({
          groups: [],
          groups_links: [],
        });
      });

      function configBody(): object {
        return aGroupBody()['groupConfiguration'] as object;
      }

      it('refuses a group whose desired capacity is not 0', async () => {
        const id = await create({ config: { minEntities: 1 } });

        const reply = await api.call('DELETE', `${GROUPS}/${id}?force=FALSE`);

        expect(reply.status).to.equal(403);
        expect(reply.body).to.deep.equal({
          error: {
            ...{ type: 'GroupNotEmptyError', code: 403, details: '' },
            message: `Group ${id} for tenant 000000 still has entities.`,
          },
        });
      });

      for (const force of ['true', 'TRUE', 'tRuE']) {
        it(`does not refuse it with force=${force}`, async () => {
          const id = await create({ config: { minEntities: 1 } });

          const reply = await api.call('DELETE', `${GROUPS}/${id}?force=${force}`);

          expect(reply.status).to.equal(204);
        });
      }

      for (const force of ['', '0', 'Yes', '1']) {
        it(`refuses force=${force}, also for a group that is unknown`, async () => {
          const reply = await api.call('DELETE', `${GROUPS}/${NOBODY}?force=${force}`);

          expect(reply.status).to.equal(400);
          expect(reply.body).to.deep.equal({
            error: {
              ...{ type: 'InvalidQueryArgument', code: 400, details: '' },
              message:
                `Invalid "force" query argument: "${force.toLowerCase()}". ` +
                'Must be "true" or "false". Defaults to "false" if not provided',
            },
          });
        });
      }
    });
  });
}
