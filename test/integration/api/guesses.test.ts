import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { MemoryRateLimiter } from '../../../src/adapters/memory/rate-limiter.ts';
import type { CredentialCheck, CredentialVerdict } from '../../../src/ports/credentials.ts';
import type { RateLimiters } from '../../../src/ports/rate-limiter.ts';
import type { Store } from '../../../src/ports/store.ts';
import {
  aGroupBody,
  aPolicyBody,
  at,
  GROUPS,
  refusal,
  startApi,
} from '../../support/api-server.ts';
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ADMIN_SECRET, bearer, startSecuredApi } from '../../support/secured-api.ts';
import type { SecuredApi } from '../../support/secured-api.ts';

const PROXY = { trustedProxies: ['127.0.0.1'] };

function from(address: string): Readonly<Record<string, string>> {
  return { 'X-Forwarded-For': address };
}

function aJwt(word: string): string {
  return `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.${word}`;
}

/** What was refused for being too much, by what it was. */
function scopesOf({ events }: Pick<ApiFixture, 'events'>): readonly string[] {
  return events.flatMap((told) => (told.event === 'request.rate-limited' ? [told.scope] : []));
}

describe('Wrong credentials over HTTP', () => {
  const clock = new FakeClock(START);
  let api: SecuredApi;
  let isGood: (jwt: string) => boolean;
  /** What signatures were checked of. */
  let verified: string[];
  const issuer: CredentialCheck = {
    check: (jwt) => {
      verified.push(jwt);
      const principal = {
        ...{ name: 'ada', role: 'admin', tenants: 'all', credential: { kind: 'jwt' } },
      };
      const verdict = isGood(jwt) ? { kind: 'known', principal } : { kind: 'unknown' };
      return Promise.resolve(verdict as CredentialVerdict);
    },
  };
  beforeEach(async () => {
    [verified, isGood] = [[], () => false];
    const limiter = new MemoryRateLimiter({ requests: 3, perSeconds: 60 }, clock);
    api = await startSecuredApi({ ...PROXY, issuer, rateLimiters: { 'failed-login': limiter } });
  });
  afterEach(async () => {
    await api.close(0);
    await clock.advance(60_000);
  });

  function ask(
    headers: Readonly<Record<string, string>>,
    address = '192.0.2.1',
  ): Promise<HttpReply> {
    return api.call('GET', GROUPS, { headers: { ...headers, ...from(address) } });
  }

  async function failThreeTimes(): Promise<void> {
    for (const word of ['a', 'b', 'c']) {
      expect((await ask(bearer(word))).status).to.equal(401);
    }
  }

  it('are refused with 429 after the limit, until a minute after the first', async () => {
    await failThreeTimes();
    await clock.advance(20_500);

    const reply = await ask(bearer('d'));

    expect(reply.status).to.equal(429);
    expect(reply.headers['retry-after']).to.equal('40');
    expect(reply.headers['www-authenticate']).to.equal(undefined);
    expect(reply.body).to.deep.equal(
      refusal(
        'RateLimitError',
        429,
        'Too many requests: an address may make 3 requests a minute with credentials that are not good; try again in 40 s',
      ),
    );
    await clock.advance(39_500);
    expect((await ask(bearer('d'))).status).to.equal(401);
  });

  it('are all the same, whatever is wrong with them, on whatever path', async () => {
    const expired = await api.token({ expiresInSeconds: 1 });
    await api.clock.advance(1_000);
    for (const headers of [bearer(expired), { Authorization: 'Basic x' }, bearer('lutra_x')]) {
      expect((await ask(headers)).status).to.equal(401);
    }

    const wrong = [
      ...[bearer(expired), bearer('lutra_y'), bearer(aJwt('x')), bearer('no-token')],
      ...[{ Authorization: 'Basic x' }, { 'X-Auth-Token': 'z' }, { 'X-Auth-Token': 'é' }],
    ];
    const replies = await Promise.all(wrong.map((headers) => ask(headers)));
    const headers = { ...bearer('x'), ...from('192.0.2.1') };
    for (const path of ['/metrics', '/lutra/v1/tokens', '/v1.0/1/limits', '/v1.0/1/groups/x']) {
      replies.push(await api.call('GET', path, { headers }));
    }

    expect(replies.map(({ status }) => status)).to.deep.equal(replies.map(() => 429));
    expect(new Set(replies.map(({ text }) => text)).size).to.equal(1);
    expect(scopesOf(api)).to.deep.equal(replies.map(() => 'failed-login'));
  });

  it('keep no good token out, and nobody without credentials, nor what is open', async () => {
    const token = await api.token({});
    await failThreeTimes();

    expect((await ask(bearer(token))).status).to.equal(200);
    expect((await ask(bearer(ADMIN_SECRET))).status).to.equal(200);
    expect((await ask({})).status).to.equal(401);
    const health = await api.call('GET', '/health', {
      headers: { ...bearer('x'), ...from('192.0.2.1') },
    });
    expect(health.status).to.equal(200);
  });

  it('count for their own address alone, and good ones and missing ones not at all', async () => {
    const token = await api.token({});
    for (let sent = 0; sent < 4; sent += 1) {
      await ask(bearer(token));
      await ask({});
    }
    await failThreeTimes();

    expect((await ask(bearer('d'), '192.0.2.2')).status).to.equal(401);
    expect((await ask(bearer('d'))).status).to.equal(429);
  });

  it('have no signature checked over the limit, but of a JWT that was good before', async () => {
    isGood = (jwt) => jwt !== aJwt('bad');
    expect((await ask(bearer(aJwt('known')))).status).to.equal(200);
    await failThreeTimes();
    verified = [];

    expect((await ask(bearer(aJwt('bad')))).status).to.equal(429);
    expect((await ask(bearer(aJwt('new')))).status).to.equal(429);
    expect(verified).to.deep.equal([]);
    expect((await ask(bearer(aJwt('known')))).status).to.equal(200);
    isGood = () => false;
    expect((await ask(bearer(aJwt('known')))).status).to.equal(429);
    expect((await ask(bearer(aJwt('known')))).status).to.equal(429);
    expect(verified).to.deep.equal([aJwt('known'), aJwt('known')]);
  });

  it('count JWTs that are not good', async () => {
    for (const word of ['a', 'b', 'c'])
      expect((await ask(bearer(aJwt(word)))).status).to.equal(401);

    expect((await ask(bearer(aJwt('d')))).status).to.equal(429);
    expect(verified).to.have.length(3);
  });

  it('are never told of by what they are', async () => {
    for (let sent = 0; sent < 4; sent += 1) await ask(bearer('a-wrong-secret'));

    expect(JSON.stringify(api.events)).to.not.include('a-wrong-secret');
    expect(scopesOf(api)).to.deep.equal(['failed-login']);
  });
});

describe('Wrong capabilities over HTTP', () => {
  const clock = new FakeClock(START);
  let api: ApiFixture;
  let readCount: number;
  afterEach(async () => {
    await api.close(0);
    await clock.advance(60_000);
  });

  async function start(rateLimiters: RateLimiters): Promise<void> {
    readCount = 0;
    const wrap = (store: Store): Store =>
      new Proxy(store, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          return (...args: readonly unknown[]): unknown => {
            if (name === 'group') readCount += 1;
            return Reflect.apply(value, target, args) as unknown;
          };
        },
      });
    api = await startApi({ ...PROXY, rateLimiters, wrap });
  }

  function ofAddresses(): RateLimiters {
    return { 'unknown-capability': new MemoryRateLimiter({ requests: 3, perSeconds: 60 }, clock) };
  }

  function execute(path: string, address = '192.0.2.1'): Promise<HttpReply> {
    return api.call('POST', path, { headers: from(address) });
  }

  function wrong(digit: number): string {
    return `/v1.0/execute/1/${String(digit).repeat(64)}`;
  }

  /** The paths of two webhooks of a new group, and how to see what they did. */
  async function webhooks(): Promise<{
    readonly paths: readonly string[];
    readonly group: string;
  }> {
    const created = await api.call('POST', GROUPS, {
      body: aGroupBody({ policies: [aPolicyBody()] }),
    });
    const group = `${GROUPS}/${String(at(created.body, 'group', 'id'))}`;
    const policy = String(at(created.body, 'group', 'scalingPolicies', 0, 'id'));
    const made = await api.call('POST', `${group}/policies/${policy}/webhooks`, {
      body: [{ name: 'one' }, { name: 'two' }],
    });
    const paths = [0, 1].map((index) =>
      String(at(made.body, 'webhooks', index, 'links', 1, 'href')).slice(api.url.length),
    );
    return { paths, group };
  }

  it('are refused with 429 after the limit, before anything is read', async () => {
    await start(ofAddresses());
    const { group } = await webhooks();
    const id = group.slice(GROUPS.length + 1).replaceAll('-', '');
    // Of a group that there is, so that it has to be read.
    const near = (digit: number): string => `/v1.0/execute/1/${id}${String(digit).repeat(32)}`;
    for (const digit of [1, 2, 3]) expect((await execute(near(digit))).status).to.equal(202);
    const before = readCount;

    const reply = await execute(near(4));

    expect(reply.status).to.equal(429);
    expect(reply.headers['retry-after']).to.equal('60');
    expect(reply.body).to.deep.equal(
      refusal(
        'RateLimitError',
        429,
        'Too many requests: an address may make 3 requests a minute with capabilities that are not known; try again in 60 s',
      ),
    );
    expect(readCount).to.equal(before);
    expect(before).to.be.above(0);
    expect((await execute(wrong(4), '192.0.2.2')).status).to.equal(202);
    expect((await api.call('GET', GROUPS, { headers: from('192.0.2.1') })).status).to.equal(200);
    expect(scopesOf(api)).to.deep.equal(['unknown-capability']);
    await clock.advance(60_000);
    expect((await execute(wrong(4))).status).to.equal(202);
  });

  it('keep out no capability that was good before, and others, good or not, alike', async () => {
    await start(ofAddresses());
    const { paths } = await webhooks();
    const [known = '', fresh = ''] = paths;
    expect((await execute(known)).status).to.equal(202);
    for (const path of ['/v1.0/execute/1/x', known.replace('/1/', '/2/'), wrong(1)]) {
      expect((await execute(path)).status).to.equal(202);
    }

    const [good, bad] = [await execute(fresh), await execute(wrong(9))];

    expect([good.status, bad.status]).to.deep.equal([429, 429]);
    expect(good.text).to.equal(bad.text);
    expect((await execute(known, '192.0.2.9')).status).to.equal(202);
  });

  it('never count what was executed', async () => {
    await start(ofAddresses());
    const { paths } = await webhooks();
    for (let sent = 0; sent < 5; sent += 1) {
      for (const path of paths) expect((await execute(path)).status).to.equal(202);
    }
  });

  it('use up nothing of what the group may be executed for, which is bounded as well', async () => {
    const group = new MemoryRateLimiter({ requests: 2, perSeconds: 1 }, clock);
    await start({ group });
    const { paths, group: path } = await webhooks();
    const [one = '', two = ''] = paths;
    for (const digit of [1, 2, 3])
      await execute(one.replace(/.{32}\/?$/, String(digit).repeat(32)));
    expect([(await execute(one)).status, (await execute(two)).status]).to.deep.equal([202, 202]);

    const reply = await execute(one);

    expect(reply.status).to.equal(429);
    expect(reply.headers['retry-after']).to.equal('1');
    expect(at(reply.body, 'error', 'message')).to.equal(
      'Too many requests: the capabilities of a group may make 2 requests a second; try again in 1 s',
    );
    expect(scopesOf(api)).to.deep.equal(['group']);
    const state = await api.call('GET', `${path}/state`);
    expect(at(state.body, 'group', 'desiredCapacity')).to.equal(2);
    await clock.advance(1_000);
    expect((await execute(two)).status).to.equal(202);
  });
});
