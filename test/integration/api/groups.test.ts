import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  aGroupBody,
  aPolicyBody,
  at,
  createGroup,
  GROUPS,
  NOBODY,
  startApi,
  stateOf,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture, ApiOptions, HttpReply } from '../../support/api-server.ts';

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

    describe('GET groups', () => {
      it('lists nothing for a tenant that nobody knows', async () => {
        const reply = await api.call('GET', '/v1.0/nobody/groups');

        expect(reply.status).to.equal(200);
        expect(reply.body).to.deep.equal({ groups: [], groups_links: [] });
      });

      it('lists in ascending order of id, with a next link behind every full page, even the last', async () => {
        const ids = [
          await createGroup(api),
          await createGroup(api),
          await createGroup(api),
          await createGroup(api),
        ].sort();
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
        const id = await createGroup(api, { config: { minEntities: 1 } });

        const reply = await api.call('GET', GROUPS);

        expect(reply.body).to.deep.equal({
          groups: [
            {
              id,
              links: [{ rel: 'self', href: `${api.url}${GROUPS}/${id}/` }],
              state: stateOf({ desiredCapacity: 1, pendingCapacity: 1 }),
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
          await createGroup(api);
          await createGroup(api);
          await createGroup(api);

          const reply = await api.call('GET', `${GROUPS}?limit=${limit}`);

          expect(reply.status).to.equal(200);
          expect(at(reply.body, 'groups', 'length')).to.equal(count);
        });
      }

      it('takes any marker, known or not, as text that ids come after', async () => {
        const id = await createGroup(api);

        for (const marker of ['1', 'invalid', '-13', '', id]) {
          const reply = await api.call('GET', `${GROUPS}?marker=${marker}`);
          expect(reply.status).to.equal(200);
          expect(at(reply.body, 'groups', 'length')).to.equal(id > marker ? 1 : 0);
        }
      });

      it('puts the configured page size into the next link where no limit was given', async () => {
        await restart({ pageMax: 2 });
        const ids = [await createGroup(api), await createGroup(api)].sort();

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
        const id = await createGroup(api, { config: { minEntities: 1 }, policies });

        const reply = await api.call('GET', `${GROUPS}/${id}`);

        const ids = (at(reply.body, 'group', 'scalingPolicies') as object[]).map((policy) =>
          String(at(policy, 'id')),
        );
        expect(reply.status).to.equal(200);
        expect(ids).to.have.length(5);
        expect(ids).to.deep.equal([...ids].sort());
        expect(at(reply.body, 'group', 'state')).to.deep.equal(
          stateOf({ desiredCapacity: 1, pendingCapacity: 1 }),
        );
        expect(at(reply.body, 'group', 'scalingPolicies_links')).to.deep.equal([
          { rel: 'policies', href: `${api.url}${GROUPS}/${id}/policies/` },
        ]);
      });

      it('also says where the second page of policies begins where there are enough for one', async () => {
        await restart({ pageMax: 2 });
        const id = await createGroup(api, {
          policies: [aPolicyBody(), aPolicyBody(), aPolicyBody()],
        });

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
        const id = await createGroup(api);

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
        const id = await createGroup(api, { policies: [aPolicyBody()] });

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
        const id = await createGroup(api, { config: { minEntities: 1 } });

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
          const id = await createGroup(api, { config: { minEntities: 1 } });

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
