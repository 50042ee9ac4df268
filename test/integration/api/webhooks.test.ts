import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { GroupId, PolicyId } from '../../../src/domain/ids.ts';
import { webhookField } from '../../../src/domain/group/fields.ts';
import {
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
import { commitDirectly, contentOf, historyOf, LIMITS } from '../../support/scaling.ts';

const HASH = /^[0-9a-f]{64}$/;

for (const kind of STORE_KINDS) {
  describe(`Webhooks over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    let id: GroupId;
    let policyId: string;
    let path: string;
    beforeEach(() => start());
    afterEach(() => api.close(0));

    async function start(options: ApiOptions = {}): Promise<void> {
      api = await startApi({ kind, ...options });
      id = await createGroup(api);
      policyId = await createPolicy(api, id);
      path = `${GROUPS}/${id}/policies/${policyId}/webhooks`;
    }

    /** Creates webhooks and gives them as they were shown. */
    async function create(...webhooks: readonly object[]): Promise<object[]> {
      const reply = await api.call('POST', path, { body: webhooks });
      expect(reply.status, reply.text).to.equal(201);
      return at(reply.body, 'webhooks') as object[];
    }

    async function createOne(webhook: object = { name: 'hook' }): Promise<object> {
      const [created] = await create(webhook);
      if (created === undefined) throw new Error('one was created');
      return created;
    }

    function idOf(webhook: object): string {
      return String(at(webhook, 'id'));
    }

    function linkOf(webhook: unknown, rel: string): string {
      const links = at(webhook, 'links') as readonly { rel: string; href: string }[];
      return links.find((link) => link.rel === rel)?.href ?? '';
    }

    function noSuchWebhook(webhookId: string, policy = policyId): object {
      return refusal(
        'NoSuchWebhookError',
        404,
        `No such webhook ${webhookId} for policy ${policy} in group ${id} for tenant 000000`,
      );
    }

    async function lastEvent(): Promise<unknown> {
      return (await historyOf(api.store, id)).at(-1);
    }

    describe('POST webhooks', () => {
      it('creates webhooks in the order of the request, each with its links, and tells where they are listed', async () => {
        const bodies = [{ name: 'b', metadata: { k: 'v' } }, { name: 'a' }];

        const reply = await api.call('POST', path, { body: bodies });

        const webhooks = at(reply.body, 'webhooks') as object[];
        expect(reply.status).to.equal(201);
        expect(reply.headers.location).to.equal(`${api.url}${path}/`);
        const hashes = webhooks.map((webhook) => {
          const [, hash = ''] = linkOf(webhook, 'capability').split('/v1.0/execute/1/');
          expect(hash).to.match(/\/$/);
          return hash.slice(0, -1);
        });
        expect(reply.body).to.deep.equal({
          webhooks: bodies.map(({ name, metadata = {} }, index) => ({
            id: at(webhooks, index, 'id'),
            ...{ name, metadata },
            links: [
              { href: `${api.url}${path}/${String(at(webhooks, index, 'id'))}/`, rel: 'self' },
              { href: `${api.url}/v1.0/execute/1/${hashes[index] ?? ''}/`, rel: 'capability' },
            ],
          })),
        });
        expect(new Set(hashes).size).to.equal(2);
        for (const hash of hashes) {
          expect(hash).to.match(HASH);
          expect(hash.slice(0, 32)).to.equal(id.replaceAll('-', ''));
        }
      });

      it('takes policies of type schedule as well', async () => {
        const args = { cron: '0 0 1 1 *' };
        policyId = await createPolicy(api, id, { type: 'schedule', args });

        const reply = await api.call('POST', `${GROUPS}/${id}/policies/${policyId}/webhooks`, {
          body: [{ name: 'hook' }],
        });

        expect(reply.status).to.equal(201);
      });

      it('refuses more than the policy may have, and stores none of them', async () => {
        await api.close(0);
        await start({ limits: { ...LIMITS, maxWebhooksPerPolicy: 2 } });
        await createOne();
        const before = await contentOf(api.store);

        const reply = await api.call('POST', path, { body: [{ name: 'a' }, { name: 'b' }] });

        expect(reply.status).to.equal(422);
        expect(reply.body).to.deep.equal(
          refusal(
            'WebhooksOverLimitError',
            422,
            `Currently there are 1 webhooks for tenant 000000, scaling group ${id}, policy ${policyId}.  ` +
              'Creating 2 new webhooks would exceed the webhook limit of 2 per policy.',
          ),
        );
        expect(await contentOf(api.store)).to.deep.equal(before);
      });

      it('lets a policy have 25, and not one more', async () => {
        await create(...Array.from({ length: 25 }, () => ({ name: 'hook' })));

        expect((await api.call('POST', path, { body: [{ name: 'hook' }] })).status).to.equal(422);
        const list = await api.call('GET', path);
        expect(at(list.body, 'webhooks', 'length')).to.equal(25);
        expect(at(list.body, 'webhooks_links')).to.deep.equal([]);
      });

      it('finds a mistake in the body, then misses the group, then the policy', async () => {
        const policies = `${GROUPS}/${NOBODY}/policies`;
        const body = [{ name: 'hook' }];

        const replies = [
          await api.call('POST', `${policies}/${NOBODY}/webhooks`, { body: [] }),
          await api.call('POST', `${policies}/${NOBODY}/webhooks`, { body }),
          await api.call('POST', `${GROUPS}/${id}/policies/${NOBODY}/webhooks`, { body }),
        ];

        expect(replies.map((reply) => at(reply.body, 'error', 'type'))).to.deep.equal([
          ...['ValidationError', 'NoSuchScalingGroupError', 'NoSuchPolicyError'],
        ]);
      });
    });

    describe('GET webhooks', () => {
      it('lists none for a policy that has none', async () => {
        const reply = await api.call('GET', path);

        expect(reply.status).to.equal(200);
        expect(reply.body).to.deep.equal({ webhooks: [], webhooks_links: [] });
      });

      it('lists in ascending order of id, with a next link behind every full page, even the last', async () => {
        const webhooks = await create(...['a', 'b', 'c', 'd'].map((name) => ({ name })));
        const sorted = webhooks.sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
        const next = (webhook: object): object[] => [
          { rel: 'next', href: `${api.url}${path}/?limit=2&marker=${idOf(webhook)}` },
        ];

        const first = await api.call('GET', `${path}?limit=2`);
        const second = await api.call('GET', nextOf(first));
        const third = await api.call('GET', nextOf(second));

        const [, ...[b, , d]] = sorted;
        if (b === undefined || d === undefined) throw new Error('there are four');
        expect(first.body).to.deep.equal({
          webhooks: sorted.slice(0, 2),
          webhooks_links: next(b),
        });
        expect(second.body).to.deep.equal({ webhooks: sorted.slice(2), webhooks_links: next(d) });
        expect(third.body).to.deep.equal({ webhooks: [], webhooks_links: [] });
      });

      it('finds a bad limit before it misses the group, then the policy, and takes any marker', async () => {
        const inNoGroup = `${GROUPS}/${NOBODY}/policies/${NOBODY}/webhooks`;
        const inNoPolicy = `${GROUPS}/${id}/policies/${NOBODY}/webhooks`;

        const replies = [
          await api.call('GET', `${inNoGroup}?limit=3.0`),
          await api.call('GET', inNoGroup),
          await api.call('GET', inNoPolicy),
          await api.call('GET', `${path}?marker=invalid`),
        ];

        expect(replies.map(({ status }) => status)).to.deep.equal([400, 404, 404, 200]);
        expect(replies.slice(1, 3).map((reply) => at(reply.body, 'error', 'type'))).to.deep.equal([
          'NoSuchScalingGroupError',
          'NoSuchPolicyError',
        ]);
      });

      it('leaves out one that cannot be read, reports it, and never says what is in it', async () => {
        const [good, broken] = await create({ name: 'a' }, { name: 'b' });
        if (good === undefined || broken === undefined) throw new Error('there are two');
        const text = '{"secret":"not to be told"';
        const field = webhookField(policyId as PolicyId, idOf(broken));
        await commitDirectly(api.store, id, { set: { [field]: text } });

        const list = await api.call('GET', path);
        const one = await api.call('GET', `${path}/${idOf(broken)}`);

        expect(at(list.body, 'webhooks')).to.deep.equal([good]);
        expect(one.status).to.equal(404);
        const reports = api.events.filter(({ event }) => event === 'group.record-malformed');
        expect(reports).to.have.length(2);
        expect(JSON.stringify(reports)).to.contain(idOf(broken)).and.not.contain('to be told');
      });

      function nextOf(reply: HttpReply): string {
        return String(at(reply.body, 'webhooks_links', 0, 'href')).slice(api.url.length);
      }
    });

    describe('GET a webhook', () => {
      it('shows it as it was created, at the address that its link gives', async () => {
        const webhook = await createOne({ name: 'hook', metadata: { k: '' } });

        const reply = await api.call('GET', linkOf(webhook, 'self').slice(api.url.length));

        expect(reply.status).to.equal(200);
        expect(reply.body).to.deep.equal({ webhook });
      });

      for (const webhookId of [NOBODY, '13344', 'constructor', '__proto__']) {
        it(`answers 404 for ${webhookId}, and for any policy that does not exist`, async () => {
          const webhook = await createOne();

          const reply = await api.call('GET', `${path}/${webhookId}`);
          const inNoPolicy = await api.call(
            'GET',
            `${GROUPS}/${id}/policies/${webhookId}/webhooks/${idOf(webhook)}`,
          );

          expect(reply.status).to.equal(404);
          expect(reply.body).to.deep.equal(noSuchWebhook(webhookId));
          expect(inNoPolicy.body).to.deep.equal(noSuchWebhook(idOf(webhook), webhookId));
        });
      }
    });

    describe('PUT a webhook', () => {
      it('replaces name and metadata, and leaves its links as they are', async () => {
        const webhook = await createOne({ name: 'hook', metadata: { gone: 'x' } });
        const body = { name: 'renamed', metadata: { k: 'v' } };

        const reply = await api.call('PUT', `${path}/${idOf(webhook)}`, { body });

        expect(reply.status).to.equal(204);
        const shown = await api.call('GET', `${path}/${idOf(webhook)}`);
        expect(shown.body).to.deep.equal({ webhook: { ...webhook, ...body } });
      });

      it('finds a mistake in the body, then misses the group, then the webhook', async () => {
        const inNoGroup = `${GROUPS}/${NOBODY}/policies/${NOBODY}/webhooks/${NOBODY}`;
        const inNoPolicy = `${GROUPS}/${id}/policies/${NOBODY}/webhooks/${NOBODY}`;
        const body = { name: 'hook', metadata: {} };

        const replies = [
          await api.call('PUT', inNoGroup, { body: { name: 'hook' } }),
          await api.call('PUT', inNoGroup, { body }),
          await api.call('PUT', inNoPolicy, { body }),
        ];

        expect(replies.map((reply) => at(reply.body, 'error', 'type'))).to.deep.equal([
          ...['ValidationError', 'NoSuchScalingGroupError', 'NoSuchWebhookError'],
        ]);
      });
    });

    describe('DELETE a webhook', () => {
      it('removes it and no other', async () => {
        const [gone, kept] = await create({ name: 'gone' }, { name: 'kept' });
        if (gone === undefined || kept === undefined) throw new Error('there are two');

        const reply = await api.call('DELETE', `${path}/${idOf(gone)}`);
        const again = await api.call('DELETE', `${path}/${idOf(gone)}`);

        expect(reply.status).to.equal(204);
        expect(again.body).to.deep.equal(noSuchWebhook(idOf(gone)));
        expect(at((await api.call('GET', path)).body, 'webhooks')).to.deep.equal([kept]);
      });

      it('comes with that of its policy', async () => {
        const webhook = await createOne();

        await api.call('DELETE', `${GROUPS}/${id}/policies/${policyId}`);

        expect((await api.call('GET', path)).status).to.equal(404);
        const reply = await api.call('GET', `${path}/${idOf(webhook)}`);
        expect(reply.body).to.deep.equal(noSuchWebhook(idOf(webhook)));
      });
    });

    describe('POST rotate', () => {
      it('shows the webhook with another capability, which is then its own', async () => {
        const webhook = await createOne({ name: 'hook', metadata: { k: 'v' } });

        const reply = await api.call('POST', `${path}/${idOf(webhook)}/rotate`);

        const rotated = at(reply.body, 'webhook');
        expect(reply.status).to.equal(200);
        expect(rotated).to.deep.include({ id: idOf(webhook), name: 'hook', metadata: { k: 'v' } });
        expect(linkOf(rotated, 'self')).to.equal(linkOf(webhook, 'self'));
        expect(linkOf(rotated, 'capability')).to.not.equal(linkOf(webhook, 'capability'));
        const shown = await api.call('GET', `${path}/${idOf(webhook)}`);
        expect(shown.body).to.deep.equal(reply.body);
        expect(await lastEvent()).to.deep.include({ event: 'webhook.rotated', by: 'local' });
      });

      it('answers 404 for a webhook, or a group, that is not there', async () => {
        const reply = await api.call('POST', `${path}/${NOBODY}/rotate`);
        const inNoGroup = `${GROUPS}/${NOBODY}/policies/${NOBODY}/webhooks/${NOBODY}/rotate`;

        expect(reply.body).to.deep.equal(noSuchWebhook(NOBODY));
        expect((await api.call('POST', inNoGroup)).status).to.equal(404);
      });
    });
  });
}
