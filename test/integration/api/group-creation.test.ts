import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  aGroupBody,
  aPolicyBody,
  at,
  createGroup,
  GROUPS,
  startApi,
  stateOf,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture, ApiOptions } from '../../support/api-server.ts';
import { contentOf } from '../../support/scaling.ts';

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

for (const kind of STORE_KINDS) {
  describe(`Creating groups over HTTP, on ${kind.name}`, () => {
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
        state: stateOf(),
      });
    });

    it('has stored the minimum as desired capacity already', async () => {
      const id = await createGroup(api, { config: { minEntities: 2 } });

      const reply = await api.call('GET', `${GROUPS}/${id}/state`);

      expect(reply.status).to.equal(200);
      expect(reply.body).to.deep.equal({
        group: stateOf({ desiredCapacity: 2, pendingCapacity: 2 }),
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
      await restart({ limits: { maxGroups: 1, maxPoliciesPerGroup: 1, maxWebhooksPerPolicy: 25 } });
      const policies = [aPolicyBody(), aPolicyBody()];
      const tooManyPolicies = await api.call('POST', GROUPS, { body: aGroupBody({ policies }) });
      await createGroup(api);
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
      await createGroup(api, { config: { key: 'web' } });

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
}
