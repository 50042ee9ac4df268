import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { GroupId } from '../../../src/domain/ids.ts';
import {
  aPolicyBody,
  at,
  createGroup,
  createPolicy,
  GROUPS,
  NOBODY,
  refusal,
  startApi,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture, ApiOptions, HttpReply } from '../../support/api-server.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { contentOf, storedGroupOf } from '../../support/scaling.ts';

for (const kind of STORE_KINDS) {
  describe(`Policies over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    let clock: FakeClock;
    let id: GroupId;
    let path: string;
    beforeEach(() => start());
    afterEach(() => api.close(0));

    async function start(options: ApiOptions = {}): Promise<void> {
      clock = new FakeClock(START);
      api = await startApi({ kind, clock, ...options });
      await createOnlyGroup();
    }

    async function createOnlyGroup(): Promise<void> {
      id = await createGroup(api);
      path = `${GROUPS}/${id}/policies`;
    }

    async function create(...policies: readonly object[]): Promise<string[]> {
      const reply = await api.call('POST', path, { body: policies });
      expect(reply.status, reply.text).to.equal(201);
      return (at(reply.body, 'policies') as object[]).map((policy) => String(at(policy, 'id')));
    }

    function shown(policyId: string, fields: object): object {
      const links = [{ rel: 'self', href: `${api.url}${path}/${policyId}/` }];
      return { id: policyId, links, ...fields };
    }

    describe('POST policies', () => {
      it('creates policies in the order of the request and tells where they are listed', async () => {
        const bodies = [
          aPolicyBody({ name: 'c', cooldown: 1.5, change: undefined, changePercent: -5.5 }),
          aPolicyBody({ name: 'b', change: undefined, desiredCapacity: 26 }),
          aPolicyBody({ name: 'a', type: 'schedule', args: { cron: '00 9,16 * * *' }, key: 'a' }),
          aPolicyBody({ type: 'schedule', args: { at: '2026-01-02 03:04:05.123456Z' } }),
        ];

        const reply = await api.call('POST', path, { body: bodies });

        const policies = at(reply.body, 'policies') as object[];
        expect(reply.status).to.equal(201);
        expect(reply.headers.location).to.equal(`${api.url}${path}/`);
        expect(reply.body).to.deep.equal({
          policies: bodies.map((body, index) =>
            shown(String(at(policies, index, 'id')), JSON.parse(JSON.stringify(body)) as object),
          ),
        });
      });

      it('takes a change beyond all capacities', async () => {
        const text = JSON.stringify([aPolicyBody({ change: 7 })]).replace(
          '"change":7',
          '"change":9223372036854775807',
        );

        const reply = await api.call('POST', path, { body: text });

        expect(reply.status).to.equal(201);
        expect(reply.text).to.contain('"change":9223372036854776000');
        const policyId = String(at(reply.body, 'policies', 0, 'id'));
        expect((await api.call('POST', `${path}/${policyId}/execute`)).status).to.equal(202);
        const group = await api.call('GET', `${GROUPS}/${id}`);
        expect(at(group.body, 'group', 'state', 'desiredCapacity')).to.equal(1000);
      });

      it('takes a desired capacity beyond all capacities, and reads it again', async () => {
        const text = JSON.stringify([
          aPolicyBody({ change: undefined, desiredCapacity: 7 }),
        ]).replace(':7', ':9223372036854775807');

        const reply = await api.call('POST', path, { body: text });

        expect(reply.status).to.equal(201);
        expect((await api.call('GET', path)).status).to.equal(200);
      });

      it('refuses more than the group may have, and stores none of them', async () => {
        await api.close(0);
        await start({ limits: { maxGroups: 9, maxPoliciesPerGroup: 2, maxWebhooksPerPolicy: 25 } });
        await createPolicy(api, id);
        const before = await contentOf(api.store);

        const reply = await api.call('POST', path, { body: [aPolicyBody(), aPolicyBody()] });

        expect(reply.status).to.equal(422);
        expect(reply.body).to.deep.equal(
          refusal(
            'PoliciesOverLimitError',
            422,
            `Currently there are 1 policies for tenant 000000, scaling group ${id}. ` +
              'Creating 2 new policies would exceed the policy limit of 2 per group.',
          ),
        );
        expect(await contentOf(api.store)).to.deep.equal(before);
      });

      it('refuses a key that another policy of the group has', async () => {
        await createPolicy(api, id, { key: 'up' });

        const reply = await api.call('POST', path, { body: [aPolicyBody({ key: 'up' })] });

        expect(reply.status).to.equal(409);
        expect(at(reply.body, 'error', 'type')).to.equal('KeyInUseError');
      });

      it('finds a mistake in the body before it misses the group', async () => {
        const unknown = `${GROUPS}/${NOBODY}/policies`;

        const over = aPolicyBody({ type: 'schedule', args: { at: '2025-12-31T23:59:59Z' } });
        expect((await api.call('POST', unknown, { body: [] })).status).to.equal(400);
        expect((await api.call('POST', unknown, { body: [over] })).status).to.equal(400);
        expect((await api.call('POST', unknown, { body: [aPolicyBody()] })).status).to.equal(404);
      });

      it('judges an instant by the clock of the store, too', async () => {
        await api.close(0);
        const store = new FakeClock(START + 60_000);
        clock = new FakeClock(START);
        api = await startApi({
          kind: { ...kind, open: (_, layout) => kind.open(store, layout) },
          clock,
        });
        await createOnlyGroup();
        const body = [aPolicyBody({ type: 'schedule', args: { at: '2026-01-01T00:00:30Z' } })];

        const reply = await api.call('POST', path, { body });

        expect(reply.status).to.equal(400);
        expect(at(reply.body, 'error', 'message')).to.equal(
          'Invalid "2026-01-01T00:00:30Z" datetime: It must be in the future',
        );
      });
    });

    describe('GET policies', () => {
      it('lists none for a group that has none', async () => {
        const reply = await api.call('GET', path);

        expect(reply.status).to.equal(200);
        expect(reply.body).to.deep.equal({ policies: [], policies_links: [] });
      });

      it('lists in ascending order of id, with a next link behind every full page, even the last', async () => {
        const ids = (
          await create(aPolicyBody(), aPolicyBody(), aPolicyBody(), aPolicyBody())
        ).sort();
        const next = (marker: string | undefined): object[] => [
          { rel: 'next', href: `${api.url}${path}/?limit=2&marker=${marker ?? ''}` },
        ];

        const first = await api.call('GET', `${path}?limit=2`);
        const second = await api.call('GET', nextOf(first));
        const third = await api.call('GET', nextOf(second));

        expect(idsOf(first)).to.deep.equal(ids.slice(0, 2));
        expect(at(first.body, 'policies_links')).to.deep.equal(next(ids[1]));
        expect(idsOf(second)).to.deep.equal(ids.slice(2));
        expect(at(second.body, 'policies_links')).to.deep.equal(next(ids[3]));
        expect(third.body).to.deep.equal({ policies: [], policies_links: [] });
      });

      it('shows a next link behind exactly 100 policies', async () => {
        await create(...Array.from({ length: 100 }, () => aPolicyBody()));

        const reply = await api.call('GET', path);

        expect(at(reply.body, 'policies', 'length')).to.equal(100);
        expect(at(reply.body, 'policies_links', 'length')).to.equal(1);
        expect(at(reply.body, 'policies_links', 0, 'href')).to.contain('/?limit=100&marker=');
      });

      it('finds a bad limit before it misses the group, and takes any marker', async () => {
        expect((await api.call('GET', `${GROUPS}/${NOBODY}/policies?limit=3.0`)).status).to.equal(
          400,
        );
        for (const marker of ['1', 'invalid', '-13']) {
          expect((await api.call('GET', `${path}?marker=${marker}`)).status).to.equal(200);
        }
      });

      function nextOf(reply: HttpReply): string {
        return String(at(reply.body, 'policies_links', 0, 'href')).slice(api.url.length);
      }

      function idsOf(reply: HttpReply): unknown {
        return (at(reply.body, 'policies') as object[]).map((policy) => at(policy, 'id'));
      }
    });

    describe('GET a policy', () => {
      it('shows it as it was created', async () => {
        const policyId = await createPolicy(api, id, { change: undefined, changePercent: 100 });

        const reply = await api.call('GET', `${path}/${policyId}`);

        expect(reply.status).to.equal(200);
        expect(reply.body).to.deep.equal({
          policy: shown(policyId, {
            ...{ name: 'up', type: 'webhook', changePercent: 100, cooldown: 0 },
          }),
        });
      });

      for (const policyId of [NOBODY, '13344', 'constructor', '__proto__']) {
        it(`answers 404 for ${policyId}`, async () => {
          const reply = await api.call('GET', `${path}/${policyId}`);

          expect(reply.status).to.equal(404);
          expect(reply.body).to.deep.equal(
            refusal(
              'NoSuchPolicyError',
              404,
              `No such scaling policy ${policyId} for group ${id} for tenant 000000`,
            ),
          );
        });
      }
    });

    describe('PUT a policy', () => {
      it('replaces it, another kind of adjustment included, and arms it anew', async () => {
        const policyId = await createPolicy(api, id, {
          type: 'schedule',
          args: { cron: '* * * * *' },
        });
        const body = {
          ...{ name: 'renamed', type: 'schedule', cooldown: 3, desiredCapacity: 4 },
          args: { at: '2026-01-01T00:00:20Z' },
        };

        const reply = await api.call('PUT', `${path}/${policyId}`, { body });

        expect(reply.status).to.equal(204);
        expect((await api.call('GET', `${path}/${policyId}`)).body).to.deep.equal({
          policy: shown(policyId, body),
        });
        const { due } = await storedGroupOf(api.store, id);
        expect([...due.values()]).to.deep.equal([START + 20_000]);
      });

      it('refuses another type, in both directions', async () => {
        const webhook = await createPolicy(api, id);
        const schedule = await createPolicy(api, id, {
          type: 'schedule',
          args: { cron: '* * * * *' },
        });

        const replies = [
          await api.call('PUT', `${path}/${webhook}`, {
            body: aPolicyBody({ type: 'schedule', args: { cron: '* * * * *' } }),
          }),
          await api.call('PUT', `${path}/${schedule}`, { body: aPolicyBody() }),
        ];

        for (const reply of replies) {
          expect(reply.body).to.deep.equal(
            refusal('ValidationError', 400, 'Cannot change type of a scaling policy'),
          );
        }
      });

      it('refuses another key', async () => {
        const policyId = await createPolicy(api, id, { key: 'up' });

        const reply = await api.call('PUT', `${path}/${policyId}`, {
          body: aPolicyBody({ key: 'down' }),
        });

        expect(reply.status).to.equal(400);
        expect(at(reply.body, 'error', 'message')).to.match(/^key cannot be changed: it is "up"/);
      });

      it('finds a mistake in the body, then misses the group, then the policy', async () => {
        const bad = await api.call('PUT', `${GROUPS}/${NOBODY}/policies/${NOBODY}`, { body: {} });
        const noGroup = await api.call('PUT', `${GROUPS}/${NOBODY}/policies/${NOBODY}`, {
          body: aPolicyBody(),
        });
        const noPolicy = await api.call('PUT', `${path}/${NOBODY}`, { body: aPolicyBody() });

        expect(at(bad.body, 'error', 'type')).to.equal('ValidationError');
        expect(at(noGroup.body, 'error', 'type')).to.equal('NoSuchScalingGroupError');
        expect(at(noPolicy.body, 'error', 'type')).to.equal('NoSuchPolicyError');
      });
    });

    describe('DELETE a policy', () => {
      it('removes it and what it was armed for', async () => {
        const policyId = await createPolicy(api, id, {
          type: 'schedule',
          args: { cron: '* * * * *' },
        });
        const kept = await createPolicy(api, id);

        const reply = await api.call('DELETE', `${path}/${policyId}`);
        const again = await api.call('DELETE', `${path}/${policyId}`);

        expect(reply.status).to.equal(204);
        expect(again.status).to.equal(404);
        expect((await api.call('GET', `${path}/${policyId}`)).status).to.equal(404);
        expect((await api.call('GET', `${path}/${kept}`)).status).to.equal(200);
        expect((await storedGroupOf(api.store, id)).due.size).to.equal(0);
      });
    });
  });
}
