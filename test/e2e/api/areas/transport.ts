/** Paths, methods, bodies and headers, whatever the requests are about. */
import { expect } from 'chai';
import { before, beforeEach, describe, it } from 'mocha';
import { aConfig, aGroup, aLaunch, aPolicy, ASTRAL, aWebhook, NOBODY } from '../support/bodies.ts';
import type { HttpReply } from '../support/client.ts';
import {
  BAD_LIMIT,
  expectBody,
  expectEmpty,
  expectHeaders,
  expectRefused,
  invalid,
  jsonOf,
  listAt,
} from '../support/replies.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

/** A path, from the root on, and what can be done to it: the body to send, and the status of the answer. */
interface RouteRow {
  readonly path: string;
  readonly methods: Readonly<Record<string, { readonly json?: unknown; readonly status: number }>>;
}

/** Every path of one tenant with a webhook, its policy and its group. What deletes stands after what it deletes. */
function routesOf(tenant: Tenant, webhook: string): readonly RouteRow[] {
  const [, groups = '', id = '', policies = '', policyId = ''] = webhook.split('/');
  const group = `/${groups}/${id}`;
  const policy = `${group}/${policies}/${policyId}`;
  const ok = { status: 200 };
  const done = { status: 204 };
  const of = (path: string, methods: RouteRow['methods']): RouteRow => ({
    path: tenant.path(path),
    methods,
  });
  return [
    of(`${policy}/execute`, { POST: { status: 202 } }),
    // Without force, and the group wants a server by now: it lasts.
    of(group, { GET: ok, DELETE: { status: 403 } }),
    of(webhook, { GET: ok, PUT: { json: aWebhook(), ...done }, DELETE: done }),
    of(`${policy}/webhooks`, { GET: ok, POST: { json: [aWebhook()], status: 201 } }),
    of(policy, { GET: ok, PUT: { json: aPolicy(), ...done }, DELETE: done }),
    of(`${group}/policies`, { GET: ok, POST: { json: [aPolicy()], status: 201 } }),
    of(`${group}/state`, { GET: ok }),
    of(`${group}/config`, { GET: ok, PUT: { json: aConfig(), ...done } }),
    of(`${group}/launch`, { GET: ok, PUT: { json: aLaunch(), ...done } }),
    of(`${group}/converge`, { POST: done }),
    of(`${group}/pause`, { POST: done }),
    of(`${group}/resume`, { POST: done }),
    of('/limits', { GET: ok }),
    of('/groups', { GET: ok, POST: { json: aGroup(), status: 201 } }),
  ];
}

function allowOf({ methods }: RouteRow): string {
  const names = Object.keys(methods);
  return [...names, ...(names.includes('GET') ? ['HEAD'] : [])].sort().join(', ');
}

export function transport(world: World): void {
  describe('transport', () => {
    let tenant: Tenant;
    let group: string;
    let policy: string;
    let webhook: string;
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group();
      policy = await tenant.policy(group);
      webhook = await tenant.webhook(policy);
    });

    function rows(): readonly RouteRow[] {
      return routesOf(tenant, webhook);
    }

    for (const slash of ['', '/']) {
      it(`answers every route with ${slash === '' ? 'no slash' : 'a slash'} at its end`, async () => {
        for (const { path, methods } of rows()) {
          for (const [method, { json, status }] of Object.entries(methods)) {
            const content = json === undefined ? {} : { json };
            const reply = await world.send({ method, path: `${path}${slash}`, ...content });
            expect(reply.status, `${reply.to}: ${reply.text}`).to.equal(status);
            expectHeaders(reply);
            expect(reply.headers.has('location'), reply.to).to.equal(status === 201);
            if (status === 204) expect(reply.text, reply.to).to.equal('');
            else expect(jsonOf(reply), reply.to).to.be.an('object');
          }
        }
      });
    }

    it('answers every other method with 405, and says which it has', async () => {
      const nodeRows = ['/', '/health'].map((path) => ({
        path,
        methods: { GET: { status: 200 } },
      }));
      for (const row of [...rows(), ...nodeRows]) {
        const allow = allowOf(row);
        for (const method of METHODS.filter((name) => !(name in row.methods))) {
          const reply = await world.send({ method, path: row.path });
          const message = `${method} is not possible here, only ${allow}`;
          expectRefused(reply, { status: 405, type: 'InvalidMethod', message });
          expect(reply.headers.get('allow'), reply.to).to.equal(allow);
        }
      }
    });

    it('answers HEAD as GET but without the body, and nowhere else', async () => {
      for (const { path, methods } of rows()) {
        const head = await world.send({ method: 'HEAD', path });
        expectHeaders(head);
        expect(head.text, head.to).to.equal('');
        const get = await world.send({ method: 'GET', path });
        const isThere = 'GET' in methods;
        expect([head.status, get.status], path).to.deep.equal(isThere ? [200, 200] : [405, 405]);
        if (isThere) {
          expect(head.headers.get('content-length')).to.equal(get.headers.get('content-length'));
        }
      }
    });

    it('has nothing at paths that are not listed', async () => {
      const paths = [
        ...['/v1.0', '/v1.0/', '/v2.0/t/groups', '/V1.0/t/groups', '/v1.0/t', '/nothing'],
        ...['//', '/health//', '/scheduler/reset', '/scheduler/stop', '/v1.0//groups'],
        ...[
          '/Groups',
          '/groups//',
          '/groups/x/nothing',
          '/groups/x//state',
          '/groups/x/policies//',
        ],
        ...['/groups/x/policies/y/nothing', '/groups/x/policies/y/execute/z', '/groups/x/state/y'],
      ].map((path) => (/^\/[gG]roups/.test(path) ? tenant.path(path) : path));
      for (const path of paths) {
        for (const method of ['GET', 'POST']) {
          const reply = await world.send({ method, path });
          const message = 'There is nothing at this path';
          expectRefused(reply, { status: 404, type: 'NotFound', message });
        }
      }
    });

    it('takes segments as texts of any kind', async () => {
      const ids = ['13344', 'xyz', '-', '%20', 'a%2Fb', '%C3%A9', 'null', NOBODY.toUpperCase()];
      for (const id of ids) {
        const shown = decodeURIComponent(id);
        expectRefused(await tenant.get(`/groups/${id}`), {
          ...{ status: 404, type: 'NoSuchScalingGroupError' },
          message: `No such scaling group ${shown} for tenant ${tenant.id}`,
        });
        expectRefused(await tenant.get(`${group}/policies/${id}`), {
          ...{ status: 404, type: 'NoSuchPolicyError' },
          message: `No such scaling policy ${shown} for group ${group.slice(8)} for tenant ${tenant.id}`,
        });
      }
    });

    it('refuses paths that are not UTF-8', async () => {
      for (const path of [
        '/v1.0/%ff/groups',
        tenant.path('/groups/%C3%28'),
        '/v1.0/%e2%82/groups',
      ]) {
        expectRefused(await world.send({ method: 'GET', path }), invalid());
      }
    });

    describe('queries', () => {
      it('count with the first value of a key, empty ones too, and without keys that are not known', async () => {
        const first = await tenant.get('/groups?limit=1&limit=ab&nothing=1');
        expect(listAt(jsonOf(first), 'groups'), first.to).to.have.lengthOf(1);
        for (const query of ['limit=ab&limit=1', 'limit=&limit=1', 'limit', 'limit=']) {
          expectRefused(await tenant.get(`/groups?${query}`), BAD_LIMIT);
          expectRefused(await tenant.get(`${group}/policies?${query}`), BAD_LIMIT);
        }
        for (const query of ['', 'Limit=ab', 'LIMIT=ab', 'page=2', 'limit%20=ab', '&&', '=']) {
          expect((await tenant.get(`/groups?${query}`)).status, query).to.equal(200);
          expect((await tenant.get(`${group}/policies?${query}`)).status, query).to.equal(200);
        }
      });
    });

    describe('numbers and texts', () => {
      it('keep their kinds: no text and no truth is a number', async () => {
        for (const wrong of ['1', '1.0', true, false, null, [1], {}]) {
          const config = aConfig({ minEntities: wrong });
          expectRefused(
            await tenant.put(`${group}/config`, config),
            invalid(/^minEntities must be/),
          );
          const changed = aPolicy({ change: wrong });
          expectRefused(await tenant.put(policy, changed), invalid(/^change must be/));
          const cooled = aPolicy({ cooldown: wrong });
          expectRefused(await tenant.put(policy, cooled), invalid(/^cooldown must be/));
        }
      });

      it('take whole numbers that are written as fractions, and changes beyond all capacities', async () => {
        const text = JSON.stringify(aPolicy({ change: 0 }));
        for (const number of ['1.0', '9223372036854775807', '-9223372036854775807', '1e2']) {
          const body = text.replace('"change":0', `"change":${number}`);
          expectEmpty(await tenant.send('PUT', policy, { body }), 204);
        }
      });

      it('count characters, not code units', async () => {
        expectEmpty(await tenant.put(policy, aPolicy({ name: ASTRAL })), 204);
        expectRefused(await tenant.put(policy, aPolicy({ name: `${ASTRAL}x` })), invalid(/^name/));
      });
    });

    describe('replies', () => {
      it('have ids of their own', async () => {
        const ids = new Set<string | undefined>();
        for (const path of ['/groups', group, `${group}/nothing`, '/groups?limit=x']) {
          for (let time = 0; time < 2; time += 1) {
            ids.add((await tenant.get(path)).headers.get('x-response-id'));
          }
        }
        expect(ids.size).to.equal(8);
      });

      it('are JSON whatever is accepted, always whole, and carry nothing that the framework adds', async () => {
        const headers = { Accept: 'text/html', 'If-None-Match': '"x"', 'Accept-Encoding': 'gzip' };
        const reply = await tenant.send('GET', `${group}/config`, { headers });
        expectBody(reply, 200, { groupConfiguration: aConfig() });
        expect(reply.headers.get('etag')).to.match(/^"/); // Lutra's own: the framework's are weak
        expect(reply.headers.has('vary')).to.equal(false);
        expect(reply.headers.has('x-powered-by')).to.equal(false);
        expect((await tenant.get('/groups')).headers.has('etag')).to.equal(false);
      });
    });

    it('survives what is no HTTP', async () => {
      const texts = [
        'nonsense\r\n\r\n',
        'GET / HTTP/9.9\r\n\r\n',
        `GET ${'/x'.repeat(9_000)} HTTP/1.1\r\n\r\n`,
      ];
      for (const text of texts) {
        expect(await world.sendText(text)).to.match(/^HTTP\/1\.1 4\d\d /);
      }
      expectBody(await tenant.get(`${group}/config`), 200, { groupConfiguration: aConfig() });
    });
  });

  describe('the root and the health of a node', () => {
    let replies: readonly HttpReply[];
    before(async () => {
      replies = await world.sendAll({ method: 'GET', path: '/' });
    });

    it('answers at the root with nothing', () => {
      for (const reply of replies) expectEmpty(reply, 200);
    });

    it('answers 200 to whoever asks for its health, with an id that says so', async () => {
      for (const reply of await world.sendAll({ method: 'GET', path: '/health' })) {
        expect(reply.status).to.equal(200);
        expect(reply.headers.get('x-response-id')).to.equal('health_check');
        expect(reply.headers.get('content-type')).to.equal('application/json');
        const health = jsonOf(reply);
        expect(health).to.have.property('healthy', true);
        expect(reply.text).to.equal(JSON.stringify(health, undefined, 4));
      }
    });
  });
}
