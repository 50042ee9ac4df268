import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { GroupId } from '../../../src/domain/ids.ts';
import {
  aGroupBody,
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
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** A group, its parts, a policy or a webhook: what carries an entity tag. */
const GET_OF_ONE_THING =
  /^GET .*\/(?:groups\/[^/]+(?:\/(?:config|launch|state))?|policies\/[^/]+|webhooks\/[^/]+)$/;
const CONFIG = { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 5, metadata: {} };
const LAUNCH = { type: 'process', args: { command: ['true'] } };

describe('The API over HTTP', () => {
  let api: ApiFixture;
  let id: GroupId;
  let policyId: string;
  let webhookId: string;
  beforeEach(async () => {
    api = await startApi();
    id = await createGroup(api);
    policyId = await createPolicy(api, id);
    const webhooks = `${GROUPS}/${id}/policies/${policyId}/webhooks`;
    const created = await api.call('POST', webhooks, { body: [{ name: 'hook' }] });
    webhookId = String(at(created.body, 'webhooks', 0, 'id'));
  });
  afterEach(() => api.close(0));

  it('tells at the root, which has no body, where the API is described', async () => {
    const { status, text, headers } = await api.call('GET', '/');

    expect({ status, text }).to.deep.equal({ status: 200, text: '' });
    const targets = [...String(headers['link']).matchAll(/<([^>]+)>; rel="([^"]+)"/g)];
    expect(targets.map(([, , rel]) => rel)).to.deep.equal(['service-desc', 'service-doc']);
    for (const [, target = ''] of targets) {
      expect((await api.call('GET', target)).status, target).to.equal(200);
    }
  });

  /** Every route with what it needs to succeed, and the status that it then answers with. */
  function routes(): readonly {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly status: number;
  }[] {
    const group = `${GROUPS}/${id}`;
    const policy = `${group}/policies/${policyId}`;
    const webhook = `${policy}/webhooks/${webhookId}`;
    return [
      { method: 'GET', path: '/', status: 200 },
      { method: 'GET', path: '/health', status: 200 },
      { method: 'GET', path: '/health/live', status: 200 },
      { method: 'GET', path: '/health/ready', status: 200 },
      { method: 'GET', path: '/lutra/v1/status', status: 200 },
      { method: 'GET', path: '/lutra/v1/cluster', status: 200 },
      { method: 'POST', path: '/lutra/v1/nodes/node-1/drain', status: 202 },
      { method: 'GET', path: '/v1.0/000000/limits', status: 200 },
      { method: 'GET', path: GROUPS, status: 200 },
      { method: 'POST', path: GROUPS, body: aGroupBody(), status: 201 },
      { method: 'GET', path: group, status: 200 },
      { method: 'GET', path: `${group}/state`, status: 200 },
      { method: 'GET', path: `${group}/config`, status: 200 },
      { method: 'PUT', path: `${group}/config`, body: CONFIG, status: 204 },
      { method: 'GET', path: `${group}/launch`, status: 200 },
      { method: 'PUT', path: `${group}/launch`, body: LAUNCH, status: 204 },
      { method: 'POST', path: `${group}/converge`, status: 204 },
      { method: 'POST', path: `${group}/pause`, status: 204 },
      { method: 'POST', path: `${group}/resume`, status: 204 },
      { method: 'GET', path: `${group}/history`, status: 200 },
      { method: 'GET', path: `${group}/policies`, status: 200 },
      { method: 'POST', path: `${group}/policies`, body: [aPolicyBody()], status: 201 },
      { method: 'GET', path: policy, status: 200 },
      { method: 'PUT', path: policy, body: aPolicyBody(), status: 204 },
      { method: 'POST', path: `${policy}/execute`, status: 202 },
      { method: 'GET', path: `${policy}/webhooks`, status: 200 },
      { method: 'POST', path: `${policy}/webhooks`, body: [{ name: 'hook' }], status: 201 },
      { method: 'GET', path: webhook, status: 200 },
      { method: 'PUT', path: webhook, body: { name: 'hook', metadata: {} }, status: 204 },
      { method: 'POST', path: `${webhook}/rotate`, status: 200 },
      { method: 'DELETE', path: webhook, status: 204 },
      { method: 'POST', path: '/v1.0/execute/1/unknown', status: 202 },
      { method: 'DELETE', path: policy, status: 204 },
      { method: 'DELETE', path: `${group}?force=true`, status: 204 },
    ];
  }

  function withSlash(path: string): string {
    const [before = '', query] = path.split('?');
    if (before === '/') return path;
    return query === undefined ? `${before}/` : `${before}/?${query}`;
  }

  function expectUsualHeaders(reply: HttpReply, what: string): void {
    expect(reply.headers['content-type'], what).to.equal('application/json');
    expect(reply.headers['server'], what).to.equal('Lutra');
    expect(reply.headers.date, what).to.match(/ GMT$/);
    expect(reply.headers, what).to.not.have.any.keys('x-powered-by');
    expect('etag' in reply.headers, what).to.equal(GET_OF_ONE_THING.test(what));
    const responseId = reply.headers['x-response-id'];
    if (what.endsWith('/health')) expect(responseId).to.equal('health_check');
    else expect(responseId, what).to.match(UUID_4);
  }

  it('answers every route with its status and the usual headers, also without a body', async () => {
    for (const { method, path, body, status } of routes()) {
      const reply = await api.call(method, path, { body });

      expect(reply.status, `${method} ${path}: ${reply.text}`).to.equal(status);
      expectUsualHeaders(reply, `${method} ${path}`);
      if (status === 204) expect(reply.text).to.equal('');
    }
  });

  it('answers every route alike with a slash at its end', async () => {
    for (const { method, path, body, status } of routes()) {
      const reply = await api.call(method, withSlash(path), { body });

      expect(reply.status, `${method} ${withSlash(path)}`).to.equal(status);
    }
  });

  it('gives every reply another id', async () => {
    const replies = [await api.call('GET', GROUPS), await api.call('GET', GROUPS)];

    const ids = replies.map(({ headers }) => headers['x-response-id']);
    expect(new Set(ids).size).to.equal(2);
  });

  it('answers HEAD wherever there is GET, with the same headers and no body', async () => {
    for (const { method, path } of routes().filter(({ method }) => method === 'GET')) {
      const get = await api.call(method, path);
      const head = await api.call('HEAD', path);

      expect(head.status, path).to.equal(200);
      expect(head.text).to.equal('');
      expectUsualHeaders(head, `GET ${path}`);
      expect(head.headers['content-length']).to.equal(get.headers['content-length']);
    }
    expect((await api.call('HEAD', `${GROUPS}/${id}/pause`)).status).to.equal(405);
  });

  it('answers methods that a path does not have with 405 and those that it has', async () => {
    const group = `${GROUPS}/${id}`;
    const paths: readonly { readonly path: string; readonly allow: string }[] = [
      { path: '/', allow: 'GET, HEAD' },
      { path: '/health', allow: 'GET, HEAD' },
      { path: '/metrics', allow: 'GET, HEAD' },
      { path: '/health/live', allow: 'GET, HEAD' },
      { path: '/health/ready', allow: 'GET, HEAD' },
      { path: '/lutra/v1/status', allow: 'GET, HEAD' },
      { path: '/lutra/v1/cluster', allow: 'GET, HEAD' },
      { path: '/lutra/v1/nodes/node-1/drain', allow: 'POST' },
      { path: '/v1.0/000000/limits', allow: 'GET, HEAD' },
      { path: GROUPS, allow: 'GET, HEAD, POST' },
      { path: group, allow: 'DELETE, GET, HEAD' },
      { path: `${group}/state`, allow: 'GET, HEAD' },
      { path: `${group}/config`, allow: 'GET, HEAD, PUT' },
      { path: `${group}/launch`, allow: 'GET, HEAD, PUT' },
      { path: `${group}/converge`, allow: 'POST' },
      { path: `${group}/pause`, allow: 'POST' },
      { path: `${group}/resume`, allow: 'POST' },
      { path: `${group}/history`, allow: 'GET, HEAD' },
      { path: `${group}/policies`, allow: 'GET, HEAD, POST' },
      { path: `${group}/policies/${policyId}`, allow: 'DELETE, GET, HEAD, PUT' },
      { path: `${group}/policies/${policyId}/execute`, allow: 'POST' },
      { path: `${group}/policies/${policyId}/webhooks`, allow: 'GET, HEAD, POST' },
      { path: `${group}/policies/${policyId}/webhooks/x`, allow: 'DELETE, GET, HEAD, PUT' },
      { path: `${group}/policies/${policyId}/webhooks/x/rotate`, allow: 'POST' },
      { path: '/v1.0/execute/1/unknown', allow: 'POST' },
    ];
    for (const { path, allow } of paths) {
      for (const method of ['PATCH', 'OPTIONS', 'TRACE']) {
        const reply = await api.call(method, path);

        expect(reply.status, `${method} ${path}`).to.equal(405);
        expect(reply.headers.allow, path).to.equal(allow);
        expect(reply.body).to.deep.equal(
          refusal('InvalidMethod', 405, `${method} is not possible here, only ${allow}`),
        );
        expectUsualHeaders(reply, `${method} ${path} refused`);
      }
    }
  });

  for (const path of [
    '/nothing',
    '/v1.0',
    '/v1.0/000000',
    '/v1.0/000000/groups//',
    '/v1.0//groups',
    '/V1.0/000000/groups',
    '/v1.0/000000/Groups',
    '/v1x0/000000/groups',
    '/v1.0/000000/groups/a/b/c',
    `${GROUPS}/${NOBODY}/policies//`,
    '/v1.0/000000/limits//',
    '/health//',
    '//',
    '//?a=b',
    '///',
  ]) {
    it(`answers 404 for ${path}`, async () => {
      const reply = await api.call('GET', path);

      expect(reply.status).to.equal(404);
      expect(reply.body).to.deep.equal(refusal('NotFound', 404, 'There is nothing at this path'));
      expectUsualHeaders(reply, path);
    });
  }

  it('answers 400 for a path that is not UTF-8', async () => {
    const reply = await api.call('GET', '/v1.0/%ff/groups');

    expect(reply.status).to.equal(400);
    expect(at(reply.body, 'error', 'message')).to.equal('The path is not UTF-8');
  });

  for (const character of ['%00', '%1f', '%7f', '%c2%85']) {
    it(`answers 400 for a tenant with the control character ${character}, whatever is asked`, async () => {
      const groups = `/v1.0/a${character}b/groups`;
      const message = `the tenant must not contain control characters: ${JSON.stringify(decodeURIComponent(`a${character}b`))}`;

      for (const [method, path, body] of [
        ['GET', groups, undefined],
        ['POST', groups, aGroupBody()],
        ['GET', `${groups}/${id}`, undefined],
        ['DELETE', `${groups}/${id}/policies/${policyId}`, undefined],
      ] as const) {
        const reply = await api.call(method, path, { body });

        expect(reply.status, `${method} ${path}`).to.equal(400);
        expect(reply.body).to.deep.equal(refusal('ValidationError', 400, message));
      }
    });
  }

  for (const kind of STORE_KINDS) {
    it(`answers 404 for ids with control characters, on ${kind.name}`, async () => {
      await api.close(0);
      api = await startApi({ kind });
      id = await createGroup(api);

      const group = await api.call('GET', `${GROUPS}/a%00b`);
      const policy = await api.call('DELETE', `${GROUPS}/${id}/policies/a%00b`);

      expect(at(group.body, 'error', 'type'), group.text).to.equal('NoSuchScalingGroupError');
      expect(at(policy.body, 'error', 'type'), policy.text).to.equal('NoSuchPolicyError');
    });
  }

  it('answers 414 for a URL that is too long, and 200 for one that is just not', async () => {
    const path = `${GROUPS}?marker=`;

    const longest = await api.call('GET', path + 'x'.repeat(8_192 - path.length));
    const tooLong = await api.call('GET', path + 'x'.repeat(8_193 - path.length));

    expect(longest.status).to.equal(200);
    expect(tooLong.status).to.equal(414);
    expect(at(tooLong.body, 'error', 'type')).to.equal('UriTooLong');
  });

  describe('with a body', () => {
    beforeEach(async () => {
      await api.close(0);
      api = await startApi({ bodyMaxBytes: 2_000 });
    });

    it('takes one of just the size allowed', async () => {
      const text = JSON.stringify(aGroupBody());
      const body = text + ' '.repeat(2_000 - Buffer.byteLength(text));

      expect((await api.call('POST', GROUPS, { body })).status).to.equal(201);
      const reply = await api.call('POST', GROUPS, { body: `${body} ` });

      expect(reply.status).to.equal(413);
      expect(reply.body).to.deep.equal(
        refusal('PayloadTooLarge', 413, 'The body must not be longer than 2000 bytes'),
      );
      expect(reply.headers.connection).to.equal('close');
    });

    it('takes one that is chunked', async () => {
      const headers = { 'Transfer-Encoding': 'chunked' };

      const reply = await api.call('POST', GROUPS, { body: aGroupBody(), headers });

      expect(reply.status).to.equal(201);
    });

    it('refuses one that is far too long without waiting for its end', async () => {
      const headers = { 'Content-Length': '1000000' };

      const reply = await api.call('POST', GROUPS, { body: 'x'.repeat(16_001), headers });

      expect(reply.status).to.equal(413);
    });

    it('refuses a chunked one that is too long as well', async () => {
      const headers = { 'Transfer-Encoding': 'chunked' };

      const reply = await api.call('POST', GROUPS, { body: 'x'.repeat(2_001), headers });

      expect(reply.status).to.equal(413);
    });
  });

  describe('GET /metrics', () => {
    it('gives the text that it was handed', async () => {
      const reply = await api.call('GET', '/metrics');

      expect(reply.status).to.equal(200);
      expect(reply.headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8');
      expect(reply.text).to.equal('lutra_up 1\n');
    });
  });

  describe('for links', () => {
    it('uses the configured root, with or without a slash at its end', async () => {
      await api.close(0);
      api = await startApi({ urlRoot: 'http://lutra.example:81/base//' });

      const reply = await api.call('POST', GROUPS, { body: aGroupBody() });

      expect(reply.headers.location).to.match(
        /^http:\/\/lutra\.example:81\/base\/v1\.0\/000000\/groups\/[0-9a-f-]{36}\/$/,
      );
    });
  });
});
