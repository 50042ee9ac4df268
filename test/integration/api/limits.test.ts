import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { MemoryRateLimiter } from '../../../src/adapters/memory/rate-limiter.ts';
import type { RateLimiters } from '../../../src/ports/rate-limiter.ts';
import { aGroupBody, at, GROUPS, refusal, startApi } from '../../support/api-server.ts';
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const LIMITS = '/v1.0/000000/limits';
const HASH = 'a'.repeat(64);

describe('Limits over HTTP', () => {
  const clock = new FakeClock(START);
  let api: ApiFixture;
  afterEach(() => api.close(0));

  function ofTenants(requests: number): RateLimiters {
    return { tenant: new MemoryRateLimiter({ requests, perSeconds: 60 }, clock) };
  }

  function ofCapabilities(requests: number): RateLimiters {
    return { capability: new MemoryRateLimiter({ requests, perSeconds: 1 }, clock) };
  }

  async function statuses(
    count: number,
    call: () => Promise<HttpReply>,
  ): Promise<readonly number[]> {
    const replies: number[] = [];
    for (let sent = 0; sent < count; sent += 1) replies.push((await call()).status);
    return replies;
  }

  it('bounds the groups that a tenant creates with a key, of which deleted ones leave theirs', async () => {
    const limiter = new MemoryRateLimiter({ requests: 2, perSeconds: 86_400 }, clock);
    api = await startApi({ rateLimiters: { 'keyed-creation': limiter } });
    const create = (
      key?: string,
      body: unknown = aGroupBody(),
      path = GROUPS,
    ): Promise<HttpReply> =>
      api.call(
        'POST',
        path,
        key === undefined ? { body } : { body, headers: { 'Idempotency-Key': key } },
      );
    const answers: number[] = [];
    for (const [key, body] of [['k1'], ['k1'], ['k2', {}], ['k2']] as const) {
      const reply = await create(key, body);
      answers.push(reply.status);
      if (reply.status === 201)
        await api.call('DELETE', new URL(String(reply.headers.location)).pathname);
    }

    const third = await create('k3');

    expect(answers).to.deep.equal([201, 201, 400, 201]);
    expect(third.status).to.equal(429);
    expect(third.headers['retry-after']).to.equal('86400');
    expect(third.body).to.deep.equal(
      refusal(
        'RateLimitError',
        429,
        'Too many requests: a tenant may make 2 requests a day that create a group with an Idempotency-Key, and as many without as it likes; try again in 86400 s',
      ),
    );
    expect((await create('k1')).status, 'a repeat').to.equal(201);
    expect((await create()).status, 'without a key').to.equal(201);
    expect((await create('k3', aGroupBody(), '/v1.0/other/groups')).status).to.equal(201);
    expect(api.events).to.deep.include({
      ...{ event: 'request.rate-limited', scope: 'keyed-creation' },
      ...{ route: '/v1.0/:tenantId/groups', responseId: third.headers['x-response-id'] },
    });
  });

  describe('GET limits', () => {
    const limits = { maxGroups: 7, maxPoliciesPerGroup: 8, maxWebhooksPerPolicy: 9 };

    it('tells how much a tenant may have, whether there is anything of it or not', async () => {
      api = await startApi({ limits });

      for (const path of [LIMITS, `${LIMITS}/`, '/v1.0/nobody/limits']) {
        const reply = await api.call('GET', path);

        expect(reply.status).to.equal(200);
        expect(reply.headers['content-type']).to.equal('application/json');
        expect(reply.body).to.deep.equal({ limits: { absolute: limits } });
      }
    });

    it('tells how often something may be asked where that is limited', async () => {
      api = await startApi({
        limits,
        rateLimiters: { ...ofTenants(1_000), ...ofCapabilities(10) },
      });

      const reply = await api.call('GET', LIMITS);

      expect(reply.body).to.deep.equal({
        limits: {
          rate: [
            {
              ...{ uri: '/v1.0/execute/*', regex: '/v1\\.0/execute/(.*)' },
              limit: [{ value: 10, unit: 'SECOND', verb: 'ALL' }],
            },
            {
              ...{ uri: '/v1.0/tenantId/*', regex: '/v1\\.0/([A-Za-z0-9:]+)/.+' },
              limit: [{ value: 1_000, unit: 'MINUTE', verb: 'ALL' }],
            },
          ],
          absolute: limits,
        },
      });
    });

    it('tells of one of the two where only that is limited', async () => {
      api = await startApi({ rateLimiters: ofTenants(5) });

      const { body } = await api.call('GET', LIMITS);

      expect(at(body, 'limits', 'rate')).to.have.length(1);
      expect(at(body, 'limits', 'rate', 0, 'uri')).to.equal('/v1.0/tenantId/*');
    });

    for (const accept of ['application/xml', 'text/html, text/xml;q=0.9', 'application/atom+xml']) {
      it(`answers in XML to whoever accepts ${accept}`, async () => {
        api = await startApi({ limits });

        const reply = await api.call('GET', LIMITS, { headers: { Accept: accept } });

        expect(reply.status).to.equal(200);
        expect(reply.headers['content-type']).to.equal('application/xml');
        expect(reply.text).to.equal(
          '<?xml version="1.0" encoding="UTF-8"?>\n' +
            '<limits xmlns="http://docs.openstack.org/common/api/v1.0"><absolute>' +
            '<limit name="maxGroups" value="7"/><limit name="maxPoliciesPerGroup" value="8"/>' +
            '<limit name="maxWebhooksPerPolicy" value="9"/></absolute></limits>',
        );
      });
    }

    it('answers in JSON to whoever accepts anything else, and everywhere else to everybody', async () => {
      api = await startApi();
      const xml = { headers: { Accept: 'application/xml' } };

      const other = await api.call('GET', LIMITS, { headers: { Accept: 'text/html' } });
      const groups = await api.call('GET', GROUPS, xml);

      expect(other.headers['content-type']).to.equal('application/json');
      expect(groups.headers['content-type']).to.equal('application/json');
    });
  });

  describe('More requests than a tenant may make', () => {
    it('are refused until a minute after the first, with the seconds until then, and change nothing', async () => {
      api = await startApi({ rateLimiters: ofTenants(2) });
      const create = (): Promise<HttpReply> => api.call('POST', GROUPS, { body: aGroupBody() });
      await statuses(2, create);
      await clock.advance(20_500);

      const refused = await create();

      expect(refused.status).to.equal(429);
      expect(refused.headers['retry-after']).to.equal('40');
      expect(refused.headers['content-type']).to.equal('application/json');
      expect(refused.body).to.deep.equal(
        refusal(
          'RateLimitError',
          429,
          'Too many requests: a tenant may make 2 requests a minute; try again in 40 s',
        ),
      );
      await clock.advance(39_500);
      const groups = await api.call('GET', GROUPS);
      expect(at(groups.body, 'groups')).to.have.length(2);
    });

    it('are counted whatever they ask for, and for each tenant by itself', async () => {
      api = await startApi({ rateLimiters: ofTenants(2) });
      await api.call('GET', LIMITS);
      await api.call('GET', `${GROUPS}/x/state`);

      expect((await api.call('GET', `${GROUPS}/x/history`)).status).to.equal(429);
      expect((await api.call('GET', '/v1.0/000001/groups')).status).to.equal(200);
      expect((await api.call('GET', '/v1.0/%30%30%30%30%30%30/groups')).status).to.equal(429);
    });

    it('are told of, and not logged by who made them', async () => {
      api = await startApi({ rateLimiters: ofTenants(1) });
      await statuses(2, () => api.call('GET', GROUPS));

      const told = api.events.filter(({ event }) => event === 'request.rate-limited');

      expect(told).to.have.length(1);
      expect(told[0]).to.include({ scope: 'tenant', route: '/v1.0/:tenantId/groups' });
      expect(JSON.stringify(told)).to.not.include('000000');
    });

    it('do not keep anybody from looking after the node', async () => {
      api = await startApi({ rateLimiters: { ...ofTenants(1), ...ofCapabilities(1) } });
      await statuses(2, () => api.call('GET', GROUPS));

      for (const path of ['/', '/health', '/health/live', '/health/ready', '/metrics']) {
        expect(await statuses(3, () => api.call('GET', path)), path).to.deep.equal([200, 200, 200]);
      }
      for (const path of ['/lutra/v1/status', '/lutra/v1/cluster']) {
        expect(await statuses(3, () => api.call('GET', path)), path).to.deep.equal([200, 200, 200]);
      }
    });
  });

  describe('More requests than a capability may be used for', () => {
    it('are refused until a second after the first, and other capabilities are not', async () => {
      api = await startApi({ rateLimiters: ofCapabilities(2) });
      const execute = (): Promise<HttpReply> => api.call('POST', `/v1.0/execute/1/${HASH}/`);

      expect(await statuses(3, execute)).to.deep.equal([202, 202, 429]);
      expect((await execute()).headers['retry-after']).to.equal('1');
      expect((await api.call('POST', `/v1.0/execute/1/${'b'.repeat(64)}`)).status).to.equal(202);
      expect((await api.call('POST', `/v1.0/execute/2/${HASH}`)).status).to.equal(429);
      await clock.advance(1_000);
      expect((await execute()).status).to.equal(202);
    });

    it('do not count against a tenant, nor a tenant’s against them', async () => {
      api = await startApi({ rateLimiters: { ...ofTenants(1), ...ofCapabilities(1) } });
      await statuses(2, () => api.call('POST', `/v1.0/execute/1/${HASH}`));

      expect((await api.call('GET', '/v1.0/execute/groups')).status).to.equal(200);
      expect((await api.call('GET', '/v1.0/execute/groups')).status).to.equal(429);
    });
  });
});
