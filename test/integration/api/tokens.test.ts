import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { at, GROUPS, NOBODY, refusal, startApi } from '../../support/api-server.ts';
import type { HttpReply } from '../../support/api-server.ts';
import { ADMIN_SECRET, bearer, startSecuredApi } from '../../support/secured-api.ts';
import type { SecuredApi } from '../../support/secured-api.ts';

const TOKENS = '/lutra/v1/tokens';
const ADMIN = bearer(ADMIN_SECRET);
const BODY = { name: 'ci', role: 'observer', tenants: ['000000'] };

describe('Access tokens over HTTP', () => {
  let api: SecuredApi;
  beforeEach(async () => {
    api = await startSecuredApi();
  });
  afterEach(() => api.close(0));

  function create(changes: object = {}): Promise<HttpReply> {
    return api.call('POST', TOKENS, { body: { ...BODY, ...changes }, headers: ADMIN });
  }

  it('are shown once, are good at once, and are refused as soon as they are revoked', async () => {
    const created = await create({ expiresInSeconds: 60 });
    const { secret, ...token } = at(created.body, 'token') as Record<string, string>;

    expect(created.status).to.equal(201);
    expect(created.headers['cache-control']).to.equal('no-store');
    expect(token).to.deep.include({
      ...{ name: 'ci', role: 'observer', createdBy: 'admin-token-file' },
      ...{ createdAt: '2026-01-01T00:00:00.000Z', expiresAt: '2026-01-01T00:01:00.000Z' },
    });
    const headers = bearer(secret ?? '');
    expect((await api.call('GET', GROUPS, { headers })).status).to.equal(200);

    const listed = await api.call('GET', TOKENS, { headers: ADMIN });
    expect(listed.body).to.deep.equal({ tokens: [token] });
    expect(listed.text).not.to.include(secret);

    const path = `${TOKENS}/${token['id'] ?? ''}`;
    expect((await api.call('DELETE', path, { headers: ADMIN })).status).to.equal(204);
    expect((await api.call('GET', GROUPS, { headers })).status).to.equal(401);
    expect((await api.call('GET', TOKENS, { headers: ADMIN })).body).to.deep.equal({ tokens: [] });
  });

  it('end when they were said to, by the clock of the node', async () => {
    const created = await create({ expiresInSeconds: 60 });
    const headers = bearer(String(at(created.body, 'token', 'secret')));

    await api.clock.advance(59_999);
    expect((await api.call('GET', GROUPS, { headers })).status).to.equal(200);
    await api.clock.advance(1);
    expect((await api.call('GET', GROUPS, { headers })).status).to.equal(401);
  });

  it('can be made by their bearers where those are admins of all tenants, in their own name', async () => {
    const boss = await api.token({ name: 'boss', role: 'admin', tenants: 'all' });
    const body = { ...BODY, role: 'admin', tenants: 'all' };

    const made = await api.call('POST', TOKENS, { body, headers: bearer(boss) });

    expect(made.status).to.equal(201);
    expect(at(made.body, 'token', 'createdBy')).to.equal('boss');
  });

  it('are 404 where there is none of an id', async () => {
    const reply = await api.call('DELETE', `${TOKENS}/${NOBODY}`, { headers: ADMIN });

    expect(reply.body).to.deep.equal(
      refusal('NotFound', 404, `There is no access token with the id ${NOBODY}`),
    );
  });

  const REFUSED = [
    { name: 'no name', body: { name: undefined }, says: 'name is missing: it must be 1 to 255' },
    { name: 'an empty name', body: { name: '' }, says: 'name must be 1 to 255 characters' },
    { name: 'a line break in its name', body: { name: 'a\nb' }, says: 'name must be 1 to 255' },
    {
      name: 'a role that there is not',
      body: { role: 'root' },
      says: 'role must be one of observer, operator, admin, not "root"',
    },
    { name: 'no tenants', body: { tenants: [] }, says: 'tenants must be "all" or a list of 1' },
    { name: 'any tenant', body: { tenants: '*' }, says: 'tenants must be "all" or a list of 1' },
    { name: 'a bad tenant', body: { tenants: ['a\u0000'] }, says: 'tenants[0] must be 1 to 255' },
    { name: 'a past end', body: { expiresInSeconds: 0 }, says: 'expiresInSeconds must be a whole' },
    { name: 'an end in 1000 years', body: { expiresInSeconds: 4e10 }, says: 'expiresInSeconds mu' },
    { name: 'a secret of its own', body: { secret: 'x' }, says: 'secret is not known' },
    {
      name: 'too many and too long tenants',
      body: {
        tenants: Array.from({ length: 60 }, (_, index) => `${String(index)}${'x'.repeat(40)}`),
      },
      says: 'tenants must be fewer or shorter',
    },
  ];
  for (const { name, body, says } of REFUSED) {
    it(`are refused with ${name}, and nothing is made`, async () => {
      const reply = await create(body);

      expect(reply.status, reply.text).to.equal(400);
      expect(at(reply.body, 'error', 'message')).to.include(says);
      expect((await api.call('GET', TOKENS, { headers: ADMIN })).body).to.deep.equal({
        tokens: [],
      });
    });
  }

  it('are not made where nobody is asked for them', async () => {
    const open = await startApi();

    const replies = [
      await open.call('GET', TOKENS),
      await open.call('POST', TOKENS, { body: BODY }),
      await open.call('DELETE', `${TOKENS}/${NOBODY}`),
    ];
    await open.close(0);

    for (const reply of replies) {
      expect(reply.status).to.equal(403);
      expect(reply.text).to.include('set auth.adminTokenFile or auth.jwt first');
    }
  });
});
