import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { TenantId } from '../../../src/domain/ids.ts';
import { LutraError } from '../../../src/base/errors.ts';
import { aGroupBody, aPolicyBody, at, GROUPS, NOBODY, refusal } from '../../support/api-server.ts';
import type { HttpReply } from '../../support/api-server.ts';
import { FaultyStore } from '../../support/faulty-store.ts';
import { ADMIN_SECRET, bearer, startSecuredApi } from '../../support/secured-api.ts';
import type { SecuredApi } from '../../support/secured-api.ts';

const ADMIN = bearer(ADMIN_SECRET);
const FOREIGN = ['111111' as TenantId]; // any text names a tenant

interface Row {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** What it is answered with where it is allowed. */
  readonly status: number;
}

describe('Callers who have to say who they are, over HTTP', () => {
  let api: SecuredApi;
  let store: FaultyStore;
  let group: string;
  let policy: string;
  beforeEach(async () => {
    api = await startSecuredApi({ wrap: (inner) => (store = new FaultyStore(inner)) });
    const created = await api.call('POST', GROUPS, { body: aGroupBody(), headers: ADMIN });
    group = `${GROUPS}/${String(at(created.body, 'group', 'id'))}`;
    const policies = `${group}/policies`;
    const added = await api.call('POST', policies, { body: [aPolicyBody()], headers: ADMIN });
    policy = `${policies}/${String(at(added.body, 'policies', 0, 'id'))}`;
  });
  afterEach(() => api.close(0));

  function call({ method, path, body }: Omit<Row, 'status'>, token?: string): Promise<HttpReply> {
    return api.call(method, path, { body, headers: token === undefined ? {} : bearer(token) });
  }

  function expectRefused(reply: HttpReply, status: 401 | 403, what: string): void {
    const type = status === 401 ? 'InvalidCredentials' : 'Forbidden';
    expect({ status: reply.status, type: at(reply.body, 'error', 'type') }, what).to.deep.equal({
      status,
      type,
    });
    const scheme = reply.headers['www-authenticate'];
    expect(scheme, what).to.equal(status === 401 ? 'Bearer' : undefined);
  }

  /** Some of each kind; the last of all takes the group away. */
  function rows(): Readonly<Record<'read' | 'reveal' | 'execute' | 'change', readonly Row[]>> {
    return {
      read: [
        { method: 'GET', path: GROUPS, status: 200 },
        { method: 'HEAD', path: GROUPS, status: 200 },
        { method: 'GET', path: group, status: 200 },
        { method: 'GET', path: `${group}/state`, status: 200 },
        { method: 'GET', path: `${group}/config`, status: 200 },
        { method: 'GET', path: `${group}/launch`, status: 200 },
        { method: 'GET', path: `${group}/policies`, status: 200 },
        { method: 'GET', path: policy, status: 200 },
        { method: 'GET', path: `${policy}?webhooks=yes`, status: 200 },
        { method: 'GET', path: `${group}/history`, status: 200 },
        { method: 'GET', path: '/v1.0/000000/limits', status: 200 },
        { method: 'PATCH', path: GROUPS, status: 405 },
        { method: 'GET', path: '/v1.0/000000/nothing', status: 404 },
      ],
      reveal: [
        { method: 'GET', path: `${policy}/webhooks`, status: 200 },
        { method: 'GET', path: `${policy}/webhooks/${NOBODY}`, status: 404 },
        { method: 'GET', path: `${group}?webhooks=TrUe`, status: 200 },
        { method: 'GET', path: `${group}/policies?webhooks=true`, status: 200 },
      ],
      execute: [
        { method: 'POST', path: `${policy}/execute`, status: 202 },
        { method: 'POST', path: `${group}/pause`, status: 204 },
        { method: 'POST', path: `${group}/resume`, status: 204 },
        { method: 'POST', path: `${group}/converge`, status: 204 },
      ],
      change: [
        { method: 'POST', path: GROUPS, body: aGroupBody(), status: 201 },
        { method: 'POST', path: `${group}/policies`, body: [aPolicyBody()], status: 201 },
        { method: 'PUT', path: policy, body: aPolicyBody(), status: 204 },
        {
          ...{ method: 'POST', path: `${policy}/webhooks`, body: [{ name: 'w' }], status: 201 },
        },
        {
          ...{ method: 'PUT', path: `${policy}/webhooks/${NOBODY}`, status: 404 },
          body: { name: 'w', metadata: {} },
        },
        { method: 'POST', path: `${policy}/webhooks/${NOBODY}/rotate`, status: 404 },
        { method: 'DELETE', path: `${policy}/webhooks/${NOBODY}`, status: 404 },
        { method: 'DELETE', path: policy, status: 204 },
        { method: 'DELETE', path: `${group}?force=true`, status: 204 },
      ],
    };
  }

  const TABLE = [
    { role: 'observer', may: ['read'], mayNot: ['reveal', 'execute', 'change'] },
    { role: 'operator', may: ['read', 'reveal', 'execute'], mayNot: ['change'] },
    { role: 'admin', may: ['read', 'reveal', 'execute', 'change'], mayNot: [] },
  ] as const;
  for (const { role, may, mayNot } of TABLE) {
    it(`lets ${role} of the tenant do "${may.join(', ')}", with either header, and no more`, async () => {
      const token = await api.token({ role });
      const all = rows();

      for (const row of mayNot.flatMap((kind) => all[kind])) {
        expectRefused(await call(row, token), 403, `${row.method} ${row.path}`);
      }
      for (const { method, path, body, status } of may.flatMap((kind) => all[kind])) {
        const reply = await api.call(method, path, { body, headers: { 'X-Auth-Token': token } });
        expect(reply.status, `${method} ${path}: ${reply.text}`).to.equal(status);
      }
    });
  }

  it('refuses everything to everybody who does not say who they are, or to whom nobody knows', async () => {
    const expired = await api.token({ role: 'admin', expiresInSeconds: 1 });
    await api.clock.advance(1_000);
    const strangers: readonly Readonly<Record<string, string>>[] = [
      {},
      bearer('lutra_unknown'),
      bearer(expired),
      { 'X-Auth-Token': '' },
      { Authorization: 'Basic YTpi' },
      { ...ADMIN, 'X-Auth-Token': 'another' },
    ];
    store.calls.length = 0;

    for (const { method, path, body } of Object.values(rows()).flat()) {
      for (const withSlash of [path, path.replace(/(\?|$)/, '/$1')]) {
        for (const headers of strangers) {
          const reply = await api.call(method, withSlash, { body, headers });
          if (method === 'HEAD') expect(reply.status).to.equal(401);
          else expectRefused(reply, 401, `${method} ${withSlash} ${JSON.stringify(headers)}`);
        }
      }
    }
    expect(store.calls).to.deep.equal([]);
  });

  it('says of every route what it takes: nothing is open but what has to be', async () => {
    const open: string[] = [];
    store.calls.length = 0;
    for (const { path, methods } of api.routes) {
      for (const method of Object.keys(methods)) {
        const filled = path.replace(':tenantId', '000000').replaceAll(/:\w+/g, NOBODY);
        const { status } = await api.call(method, filled);
        if (status !== 401) open.push(`${method} ${path}`);
      }
    }

    expect(open.sort()).to.deep.equal([
      ...['GET /', 'GET /docs', 'GET /health', 'GET /health/live', 'GET /health/ready'],
      ...['GET /openapi.json', 'POST /v1.0/execute/:version/:hash'],
    ]);
  });

  it('tells nobody whether something of a foreign tenant, or beyond their role, is there', async () => {
    const callers = [
      await api.token({ role: 'admin', tenants: FOREIGN }),
      await api.token({ role: 'observer' }),
    ];
    store.calls.length = 0;
    for (const token of callers) {
      for (const there of [group, policy]) {
        const absent = there.replace(/[^/]+$/, NOBODY);
        const replies = [
          await call({ method: 'DELETE', path: there }, token),
          await call({ method: 'DELETE', path: absent }, token),
        ];

        for (const reply of replies) expectRefused(reply, 403, there);
        expect(replies[0]?.body).to.deep.equal(replies[1]?.body);
      }
    }
    expect(store.calls).to.deep.equal([]);
  });

  it('refuses a foreign tenant in every route, and below it where there is none', async () => {
    const token = await api.token({ role: 'admin', tenants: FOREIGN });

    for (const { method, path, body } of Object.values(rows()).flat()) {
      const reply = await call({ method, path, body }, token);
      if (method === 'HEAD') expect(reply.status).to.equal(403);
      else expectRefused(reply, 403, `${method} ${path}`);
    }
  });

  it('lets a token of several tenants act for each of them', async () => {
    const tenants = ['111111', '000000', 'ü/x'].map((text) => text as TenantId); // any text names one
    const token = await api.token({ tenants });

    for (const tenant of tenants) {
      const path = `/v1.0/${encodeURIComponent(tenant)}/groups`;
      expect((await call({ method: 'GET', path }, token)).status, tenant).to.equal(200);
    }
  });

  it('asks nobody who executes a capability, whatever they show', async () => {
    const foreign = await api.token({ tenants: FOREIGN });
    const path = `/v1.0/execute/1/${'0'.repeat(64)}`;

    for (const headers of [{}, bearer('lutra_unknown'), bearer(foreign), ADMIN]) {
      expect((await api.call('POST', path, { headers })).status).to.equal(202);
      expect((await api.call('POST', `${path}/`, { headers })).status).to.equal(202);
    }
    expect((await api.call('GET', path)).status).to.equal(405);
  });

  describe('about nodes', () => {
    const paths = ['/metrics', '/lutra/v1/status', '/lutra/v1/cluster', '/lutra/v1/nothing'];
    const DRAIN = { method: 'POST', path: '/lutra/v1/nodes/node-1/drain' };

    it('answers observers of all tenants, and not those of some, whatever their role', async () => {
      const all = await api.token({ tenants: 'all' });
      const some = await api.token({ role: 'admin' });
      for (const path of paths) {
        const row = { method: 'GET', path };
        const status = path.endsWith('nothing') ? 404 : 200;
        expect((await call(row, all)).status, path).to.equal(status);
        expectRefused(await call(row, some), 403, path);
        expectRefused(await call(row), 401, path);
      }
    });

    it('drains nodes for admins of all tenants only', async () => {
      expectRefused(await call(DRAIN, await api.token({ role: 'admin' })), 403, 'of some');
      const operator = await api.token({ role: 'operator', tenants: 'all' });
      expectRefused(await call(DRAIN, operator), 403, 'operator');
      expect((await call(DRAIN, ADMIN_SECRET)).status).to.equal(202);
    });

    it('answers everybody who asks for its health', async () => {
      for (const path of ['/', '/health', '/health/live', '/health/ready', '/nothing']) {
        const { status } = await api.call('GET', path);
        expect(status, path).to.equal(path === '/nothing' ? 404 : 200);
      }
    });
  });

  it('answers under every name of this machine, and not to pages of others', async () => {
    const named = { ...ADMIN, Host: 'lutra.internal:9000' };
    const foreign = { ...ADMIN, Origin: 'https://evil.example' };

    expect((await api.call('GET', GROUPS, { headers: named })).status).to.equal(200);
    expect((await api.call('GET', GROUPS, { headers: foreign })).status).to.equal(403);
  });

  it('says in the history by whom a group was changed', async () => {
    const token = await api.token({ role: 'admin', name: 'deploy' });
    await call({ method: 'POST', path: `${group}/pause` }, token);

    const { body } = await api.call('GET', `${group}/history`, { headers: ADMIN });

    const events = at(body, 'events') as readonly { readonly by?: string }[];
    const [latest, ...earlier] = events.map(({ by }) => by).filter((by) => by !== undefined);
    expect(latest).to.equal('deploy');
    expect([...new Set(earlier)]).to.deep.equal(['admin-token-file']);
  });

  it('tells of each refusal once, with its reason and never with what was shown', async () => {
    const token = await api.token({ name: 'ada' });
    const before = api.events.length;
    await api.call('GET', GROUPS);
    await api.call('GET', GROUPS, { headers: bearer('lutra_geheim') });
    await api.call('POST', `${group}/pause`, { headers: bearer(token) });

    const told = api.events.slice(before).flatMap((event) => {
      const { responseId, ...rest } = { responseId: '', ...event };
      return event.event === 'request.answered' ? [] : [{ ...rest, hasId: responseId !== '' }];
    });
    const route = '/v1.0/:tenantId/groups';
    const facts = { method: 'GET', route, from: '127.0.0.1', hasId: true };
    expect(told).to.deep.equal([
      { event: 'request.unauthenticated', reason: 'missing', ...facts },
      { event: 'request.unauthenticated', reason: 'unknown', ...facts },
      {
        ...{ event: 'request.forbidden', principal: 'ada', reason: 'role' },
        ...{ ...facts, method: 'POST', route: `${route}/:groupId/pause` },
      },
    ]);
    const text = JSON.stringify(api.events);
    expect(text).not.to.include('geheim').and.not.to.include(token);
  });

  it('is 503 where nobody can tell who calls, and does nothing', async () => {
    await api.close(0);
    const why = 'fetching the keys of the issuer';
    api = await startSecuredApi({
      wrap: (inner) => (store = new FaultyStore(inner)),
      issuer: { check: () => Promise.reject(new LutraError('identity-unavailable', why)) },
    });

    const reply = await call({ method: 'GET', path: GROUPS }, 'eyJh.eyJi.c');

    expect(reply.status).to.equal(503);
    expect(reply.headers['retry-after']).to.equal('1');
    expect(reply.body).to.deep.equal(
      refusal('ServiceUnavailable', 503, 'Who calls cannot be found out now. Try again.'),
    );
    expect(store.calls).to.deep.equal([]);
  });
});
