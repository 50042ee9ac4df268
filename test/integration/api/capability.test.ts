import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { Store } from '../../../src/ports/store.ts';
import {
  aGroupBody,
  at,
  createGroup,
  createPolicy,
  GROUPS,
  putState,
  startApi,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FaultyStore, rejectWith } from '../../support/faulty-store.ts';
import { contentOf, finish, historyOf } from '../../support/scaling.ts';

for (const kind of STORE_KINDS) {
  describe(`Executing by a capability URL, on ${kind.name}`, () => {
    let api: ApiFixture;
    let clock: FakeClock;
    let store: FaultyStore;
    let id: GroupId;
    let policyId: string;
    let webhook: object;
    /** Its capability, as a path. */
    let path: string;
    beforeEach(async () => {
      clock = new FakeClock(START);
      const wrap = (inner: Store): Store => {
        store = new FaultyStore(inner);
        return store;
      };
      api = await startApi({ kind, clock, wrap });
      id = await createGroup(api);
      policyId = await createPolicy(api, id, { cooldown: 1 });
      const reply = await api.call('POST', `${GROUPS}/${id}/policies/${policyId}/webhooks`, {
        body: [{ name: 'hook' }],
      });
      webhook = at(reply.body, 'webhooks', 0) as object;
      path = String(at(webhook, 'links', 1, 'href')).slice(api.url.length);
    });
    afterEach(() => api.close(0));

    function webhookPath(): string {
      return `${GROUPS}/${id}/policies/${policyId}/webhooks/${String(at(webhook, 'id'))}`;
    }

    async function desired(): Promise<unknown> {
      const reply = await api.call('GET', `${GROUPS}/${id}/state`);
      return at(reply.body, 'group', 'desiredCapacity');
    }

    /** Accepted, and not a word more. */
    function expectAccepted(reply: HttpReply, what: string): void {
      expect(reply.status, `${what}: ${reply.text}`).to.equal(202);
      expect(reply.text, what).to.equal('');
      expect(reply.headers['content-type'], what).to.equal('application/json');
    }

    it('has executed the policy when it answers, whatever the body says', async () => {
      const reply = await api.call('POST', path, { body: 'no JSON' });

      expectAccepted(reply, path);
      expect(await desired()).to.equal(1);
      expect((await historyOf(api.store, id)).at(-1)).to.deep.include({
        ...{ event: 'policy.executed', policyId, outcome: 'scaled' },
        by: `webhook:${String(at(webhook, 'id'))}`,
      });
    });

    it('does not need the slash at the end', async () => {
      expectAccepted(await api.call('POST', path.replace(/\/$/, '')), path);
      expect(await desired()).to.equal(1);
    });

    it('adds up calls that come at once', async () => {
      const body = { name: 'up', type: 'webhook', change: 1, cooldown: 0 };
      await api.call('PUT', `${GROUPS}/${id}/policies/${policyId}`, { body });

      const replies = await Promise.all([1, 2, 3].map(() => api.call('POST', path)));

      for (const reply of replies) expectAccepted(reply, path);
      expect(await desired()).to.equal(3);
    });

    it('accepts what it refuses, within a cooldown, and executes after it', async () => {
      await api.call('POST', path);
      expectAccepted(await api.call('POST', path), 'within a cooldown');
      expect(await desired()).to.equal(1);

      await clock.advance(1_000);
      await api.call('POST', path);

      expect(await desired()).to.equal(2);
    });

    it('accepts what it skips, while the group is paused or suspended', async () => {
      for (const state of [{ isPaused: true }, { isPaused: false, isSuspended: true }]) {
        await putState(api, id, state);
        expectAccepted(await api.call('POST', path), JSON.stringify(state));
      }

      expect(await desired()).to.equal(0);
    });

    it('accepts what it knows nothing of, and does nothing', async () => {
      const hash = path.split('/')[4] ?? '';
      const before = await contentOf(api.store);

      for (const other of [
        `/v1.0/execute/10/${hash}/`,
        `/v1.0/execute/0/${hash}`,
        `/v1.0/execute/1/${hash.slice(0, 63)}`,
        `/v1.0/execute/1/${hash.slice(0, 32)}${'0'.repeat(32)}/`,
        `/v1.0/execute/1/${'0'.repeat(64)}/`,
        '/v1.0/execute/1/unknown',
        '/v1.0/execute/1/a%00b/',
      ]) {
        expectAccepted(await api.call('POST', other), other);
      }

      expect(await contentOf(api.store)).to.deep.equal(before);
    });

    for (const { what, undo } of [
      { what: 'webhook', undo: () => api.call('DELETE', webhookPath()) },
      {
        what: 'policy',
        undo: () => api.call('DELETE', `${GROUPS}/${id}/policies/${policyId}`),
      },
      { what: 'group', undo: () => api.call('DELETE', `${GROUPS}/${id}?force=true`) },
    ]) {
      it(`accepts what was for a ${what} that was deleted, and does nothing`, async () => {
        expect((await undo()).status).to.equal(204);
        const before = await contentOf(api.store);

        expectAccepted(await api.call('POST', path), path);
        expect(await contentOf(api.store)).to.deep.equal(before);
      });
    }

    it('does nothing any more by an address that was replaced', async () => {
      const reply = await api.call('POST', `${webhookPath()}/rotate`);
      const next = String(at(reply.body, 'webhook', 'links', 1, 'href')).slice(api.url.length);

      expectAccepted(await api.call('POST', path), path);
      expect(await desired()).to.equal(0);
      expectAccepted(await api.call('POST', next), next);
      expect(await desired()).to.equal(1);
    });

    it('still works by its address when the webhook was changed', async () => {
      await api.call('PUT', webhookPath(), { body: { name: 'renamed', metadata: {} } });

      await api.call('POST', path);

      expect(await desired()).to.equal(1);
    });

    it('can only be called, not looked at', async () => {
      for (const method of ['GET', 'HEAD', 'PUT']) {
        const reply = await api.call(method, path);

        expect(reply.status, method).to.equal(405);
        expect(reply.headers.allow).to.equal('POST');
      }
      expect(await desired()).to.equal(0);
    });

    it('is not found without a hash', async () => {
      expect((await api.call('POST', '/v1.0/execute/1/')).status).to.equal(404);
    });

    for (const method of ['group', 'commit'] as const) {
      it(`answers 503 where the store does not answer to ${method}`, async () => {
        store.plan = (call) =>
          call.method === method ? rejectWith('store-unavailable') : undefined;

        const reply = await finish(clock, api.call('POST', path));

        expect(reply.status).to.equal(503);
        expect(at(reply.body, 'error', 'type')).to.equal('ServiceUnavailable');
      });
    }

    it('never tells a capability to those who watch the node', async () => {
      await api.call('POST', path);

      expect(JSON.stringify(api.events)).to.not.contain(path.split('/')[4]);
    });

    it('leaves room for a tenant who is called execute', async () => {
      const groups = '/v1.0/execute/groups';
      const created = await api.call('POST', groups, { body: aGroupBody() });
      const group = `${groups}/${String(at(created.body, 'group', 'id'))}`;

      expect(created.status).to.equal(201);
      expect((await api.call('GET', groups)).status).to.equal(200);
      expect((await api.call('GET', group)).status).to.equal(200);
      expect((await api.call('DELETE', group)).status).to.equal(204);
    });
  });
}
