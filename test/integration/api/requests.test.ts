import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  aGroupBody,
  at,
  createGroup,
  createPolicy,
  GROUPS,
  startApi,
} from '../../support/api-server.ts';
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';

describe('A request over HTTP', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await startApi();
  });
  afterEach(() => api.close(0));

  const count = (reply: HttpReply): unknown => (at(reply.body, 'groups') as unknown[]).length;

  it('may say the same key of its query twice: the first value counts', async () => {
    for (const name of ['a', 'b', 'c']) await createGroup(api, { config: { name } });

    const first = await api.call('GET', `${GROUPS}?limit=1&limit=2`);
    const other = await api.call('GET', `${GROUPS}?limit=2&limit=x`);
    const wrong = await api.call('GET', `${GROUPS}?limit=x&limit=2`);

    expect(count(first)).to.equal(1);
    expect(count(other)).to.equal(2);
    expect(wrong.status).to.equal(400);
  });

  it('says the empty text where a key of its query has no value', async () => {
    const id = await createGroup(api);

    for (const query of ['force', 'force=', '&force&']) {
      const reply = await api.call('DELETE', `${GROUPS}/${id}?${query}`);

      expect(reply.status, query).to.equal(400);
      expect(at(reply.body, 'error', 'message')).to.match(
        /^Invalid "force" query argument: ""\. Must be/,
      );
    }
    expect((await api.call('GET', `${GROUPS}?limit`)).status).to.equal(400);
  });

  it('may have keys in its query that nobody knows, in whatever form', async () => {
    await createGroup(api);

    for (const query of ['LIMIT=x', 'a[b]=1', 'limit[]=x', '%ff=%ff', '__proto__=1', '?limit=x']) {
      const reply = await api.call('GET', `${GROUPS}?${query}`);

      expect(reply.status, query).to.equal(200);
      expect(count(reply), query).to.equal(1);
    }
  });

  for (const type of [
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'application/xml; charset=latin1',
    'nonsense',
  ]) {
    it(`has its body read as JSON though it is called ${type}`, async () => {
      const headers = { 'Content-Type': type };

      const reply = await api.call('POST', GROUPS, { body: aGroupBody(), headers });

      expect(reply.status, reply.text).to.equal(201);
      expect(reply.headers['content-type']).to.equal('application/json');
    });
  }

  for (const body of ['{', '[]', 'x'.repeat(100)]) {
    it(`may carry ${body.slice(0, 3)} where no body is asked for`, async () => {
      const id = await createGroup(api);
      const group = `${GROUPS}/${id}`;
      const policy = `${group}/policies/${await createPolicy(api, id)}`;
      const calls: readonly (readonly [string, string, number])[] = [
        ['POST', `${policy}/execute`, 202],
        ['POST', `${group}/pause`, 204],
        ['POST', `${group}/resume`, 204],
        ['POST', `${group}/converge`, 204],
        ['POST', `/v1.0/execute/1/${'a'.repeat(64)}`, 202],
        ['DELETE', policy, 204],
        ['DELETE', `${group}?force=true`, 204],
      ];
      for (const [method, path, status] of calls) {
        // Said, as Node's client would not say for a DELETE that there is a body.
        const headers = { 'Content-Length': String(body.length) };
        const reply = await api.call(method, path, { body, headers });

        expect(reply.status, `${method} ${path}: ${reply.text}`).to.equal(status);
      }
    });
  }

  it('is told neither 415 nor 406, whatever it accepts', async () => {
    for (const accept of ['application/xml', 'image/png', '', 'nonsense', '*/*;q=0']) {
      const reply = await api.call('GET', GROUPS, { headers: { Accept: accept } });

      expect(reply.status, accept).to.equal(200);
      expect(reply.headers['content-type'], accept).to.equal('application/json');
    }
  });
});
