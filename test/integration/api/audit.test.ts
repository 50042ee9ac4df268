/** What the history of a group tells of who asked for what, from where, and why it was refused. */
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
  startApi,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';
import { FaultyStore, rejectWith } from '../../support/faulty-store.ts';
import { ADMIN_SECRET, bearer, startSecuredApi } from '../../support/secured-api.ts';

interface Told {
  readonly event: string;
  readonly by?: string;
  readonly caller?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

const SECRETS = { API_TOKEN: 'hunter2', DATABASE_URL: 'postgres://u:geheim@db/x' };

for (const kind of STORE_KINDS) {
  describe(`What a history tells of changes, on ${kind.name}`, () => {
    let api: ApiFixture;
    let store: FaultyStore;
    let id: GroupId;
    beforeEach(async () => {
      const wrap = (inner: Store): Store => {
        store = new FaultyStore(inner);
        return store;
      };
      api = await startApi({ kind, wrap });
      id = await createGroup(api, {
        launch: { type: 'process', args: { command: ['a'], env: SECRETS } },
      });
    });
    afterEach(() => api.close(0));

    async function latest(headers: Readonly<Record<string, string>> = {}): Promise<Told> {
      const reply = await api.call('GET', `${GROUPS}/${id}/history?limit=1`, { headers });
      return (at(reply.body, 'events', 0) as Told | undefined) ?? { event: 'none' };
    }

    function refused(reply: HttpReply, status: number): void {
      expect(reply.status, reply.text).to.equal(status);
    }

    it('names whoever is asked nothing "local", with where they called from and the id of the reply', async () => {
      const reply = await api.call('POST', `${GROUPS}/${id}/pause`);

      const { by, caller } = await latest();
      expect(by).to.equal('local');
      expect(caller).to.deep.equal({
        ...{ kind: 'local', from: '127.0.0.1', responseId: reply.headers['x-response-id'] },
      });
    });

    it('tells old and new values, and no secret of a launch configuration in any event', async () => {
      const launchConfiguration = {
        ...{ type: 'process', args: { command: ['b'], env: { ...SECRETS, API_TOKEN: 'hunter3' } } },
      };
      await api.call('PUT', `${GROUPS}/${id}/launch`, { body: launchConfiguration });

      expect((await latest())['changes']).to.deep.equal([
        { path: 'args.command[0]', before: 'a', after: 'b' },
        { path: 'args.env.API_TOKEN', before: '(hidden)', after: '(hidden)' },
      ]);
      const { text } = await api.call('GET', `${GROUPS}/${id}/history`);
      expect(text).to.not.match(/hunter|geheim|postgres/);
    });

    it('tells no capability of a webhook, whatever is done to it', async () => {
      const policyId = await createPolicy(api, id);
      const webhooks = `${GROUPS}/${id}/policies/${policyId}/webhooks`;
      const created = await api.call('POST', webhooks, { body: [{ name: 'hook' }] });
      const webhookId = String(at(created.body, 'webhooks', 0, 'id'));
      const links = [created];
      links.push(await api.call('POST', `${webhooks}/${webhookId}/rotate`));
      await api.call('PUT', `${webhooks}/${webhookId}`, {
        body: { name: 'other', metadata: { a: 'b' } },
      });
      await api.call('DELETE', `${webhooks}/${webhookId}`);

      const { text } = await api.call('GET', `${GROUPS}/${id}/history`);
      for (const { text: reply } of links) {
        const [, secret = 'none'] = /execute\/1\/[0-9a-f]{32}([0-9a-f]{32})/.exec(reply) ?? [];
        expect(secret).to.have.length(32);
        expect(text).to.not.contain(secret);
      }
      expect(text).to.contain('webhook.rotated').and.contain('"path":"name"');
    });

    it('names a capability by its webhook, and says that nobody was asked who they are', async () => {
      const policyId = await createPolicy(api, id);
      const webhooks = `${GROUPS}/${id}/policies/${policyId}/webhooks`;
      const created = await api.call('POST', webhooks, { body: [{ name: 'hook' }] });
      const link = String(at(created.body, 'webhooks', 0, 'links', 1, 'href'));
      const reply = await api.call('POST', new URL(link).pathname);

      const { event, by, caller } = await latest();
      expect(event).to.equal('policy.executed');
      expect(by).to.equal(`webhook:${String(at(created.body, 'webhooks', 0, 'id'))}`);
      expect(caller).to.deep.equal({
        ...{ kind: 'capability', from: '127.0.0.1', responseId: reply.headers['x-response-id'] },
      });
    });

    it('tells of a change that was refused, and why', async () => {
      await api.call('POST', `${GROUPS}/${id}/pause`);
      refused(await api.call('POST', `${GROUPS}/${id}/converge`), 403);

      expect(await latest()).to.deep.include({
        ...{ event: 'change.refused', wanted: 'group.marked', outcome: 'refused' },
        ...{ reason: 'paused', by: 'local' },
      });
      const refusals = await api.call('GET', `${GROUPS}/${id}/history?outcome=refused`);
      expect(at(refusals.body, 'events')).to.have.length(1);
    });

    it('tells nothing of a body that nobody could read', async () => {
      refused(await api.call('PUT', `${GROUPS}/${id}/config`, { body: '{' }), 400);
      refused(await api.call('PUT', `${GROUPS}/${id}/config`, { body: { name: 1 } }), 400);

      expect((await latest()).event).to.equal('group.created');
    });

    it('is refused all the same where the store does not take the record', async () => {
      await api.call('POST', `${GROUPS}/${id}/pause`);
      store.plan = ({ method }) =>
        method === 'commit' ? rejectWith('store-unavailable') : undefined;

      const reply = await api.call('POST', `${GROUPS}/${id}/converge`);

      refused(reply, 403);
      expect(at(reply.body, 'error', 'type')).to.equal('GroupPausedError');
      expect(api.events.map(({ event }) => event)).to.include('change.refusal-unrecorded');
    });
  });
}

describe('Whom a history names', () => {
  let api: Awaited<ReturnType<typeof startSecuredApi>>;
  beforeEach(async () => {
    api = await startSecuredApi({
      trustedProxies: ['127.0.0.1'],
      issuer: {
        check: () =>
          Promise.resolve({
            kind: 'known',
            principal: {
              ...{ name: 'subject-1', role: 'admin', tenants: 'all' },
              credential: { kind: 'jwt' },
            },
          }),
      },
    });
  });
  afterEach(() => api.close(0));

  async function tellOf(headers: Readonly<Record<string, string>>): Promise<Told> {
    const created = await api.call('POST', GROUPS, { headers, body: aGroupBody() });
    expect(created.status, created.text).to.equal(201);
    const id = String(at(created.body, 'group', 'id'));
    const reply = await api.call('GET', `${GROUPS}/${id}/history`, { headers });
    const told = at(reply.body, 'events', 0) as Told;
    return { ...told, caller: { ...told.caller, responseId: undefined } };
  }

  it('is a token, by its name and its id, and where a trusted proxy says that it came from', async () => {
    const secret = await api.token({ name: 'ci', role: 'admin' });
    const tokens = await api.call('GET', '/lutra/v1/tokens', { headers: bearer(ADMIN_SECRET) });
    const headers = { ...bearer(secret), 'X-Forwarded-For': '1.2.3.4, 198.51.100.7' };

    const { by, caller } = await tellOf(headers);

    expect(by).to.equal('ci');
    expect(caller).to.deep.include({
      ...{ kind: 'token', id: at(tokens.body, 'tokens', 0, 'id'), from: '198.51.100.7' },
    });
  });

  it('is the file of the admin’s token', async () => {
    const { by, caller } = await tellOf(bearer(ADMIN_SECRET));

    expect(by).to.equal('admin-token-file');
    expect(caller).to.deep.include({ kind: 'admin-file', from: '127.0.0.1' });
  });

  it('is the subject of a JWT', async () => {
    const { by, caller } = await tellOf(bearer('eyJ0.eyJ1.c2ln'));

    expect(by).to.equal('subject-1');
    expect(caller).to.deep.include({ kind: 'jwt' });
  });
});
