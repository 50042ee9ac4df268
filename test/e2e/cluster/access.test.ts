/**
 * Goal: callers are known, refused and counted by all nodes of a cluster alike. Method: two nodes of the built program
 * on one etcd and one Redis, asked over HTTP as clients do.
 */
import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { Programs, urlOf } from '../../support/built-program.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import { eventually } from '../../support/eventually.ts';
import { aFolder } from '../../support/folder.ts';
import { makeCluster } from '../../support/ready-cluster.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { bearer } from '../../support/secured-api.ts';

const ADMIN_SECRET = 'e2e-admin-secret-0123456789abcdef';
const FAILURES_PER_MINUTE = 6;
/** How long a token that was revoked may still be taken by a node whose watch is silent. */
const REVOKED_WITHIN_MS = 5_000;
/** What a busy machine may add to that. */
const SLACK_MS = 3_000;
const GROUPS = '/v1.0/000000/groups';
/** Whom the proxy that both nodes trust has heard from: each test is somebody else, so that none uses up another's limit. */
const [TOKENS, GUESSER, NEIGHBOUR] = ['192.0.2.1', '192.0.2.2', '192.0.2.10'];

interface Asked {
  readonly method?: 'POST' | 'DELETE';
  readonly body?: object;
  readonly from?: string;
}

describe('Access to a cluster of two nodes', function access() {
  this.timeout(60_000);
  const programs = new Programs();
  const closers: (() => Promise<void>)[] = [];
  let redis: TestRedis;
  let urls: readonly string[] = [];
  before(async () => {
    const folder = await aFolder();
    closers.push(() => folder.remove());
    const etcd = await startEtcd();
    closers.push(() => etcd.remove());
    redis = await startRedis();
    closers.push(() => redis.remove());
    closers.push(() => programs.killAll()); // before what they stand on
    const settings = {
      LUTRA_ETCD_ENDPOINTS: etcd.urls.join(','),
      LUTRA_REDIS_URLS: redis.url,
      LUTRA_CLUSTER_PARTITION_COUNT: '4',
    };
    await makeCluster(programs, settings);
    const [adminFile, signingKeyFile] = [folder.path('admin-token'), folder.path('signing.key')];
    await writeFile(adminFile, `${ADMIN_SECRET}\n`, { mode: 0o600 });
    await writeFile(signingKeyFile, `${'5e'.repeat(32)}\n`, { mode: 0o600 });
    const nodes = ['n1', 'n2'].map((name) =>
      programs.node(folder.path(name), {
        ...settings,
        LUTRA_NODE_NAME: name,
        LUTRA_PROVIDERS_WEBHOOK_SIGNING_KEY_FILE: signingKeyFile,
        LUTRA_AUTH_ADMIN_TOKEN_FILE: adminFile,
        LUTRA_API_TRUSTED_PROXIES: '127.0.0.1',
        LUTRA_LIMITS_RATES_FAILED_LOGINS_PER_MINUTE: String(FAILURES_PER_MINUTE),
      }),
    );
    urls = await Promise.all(nodes.map(urlOf));
  });

  after(async () => {
    for (const close of closers.reverse()) await close();
  });

  function ask(node: number, path: string, token: string, asked: Asked = {}): Promise<Response> {
    const { method = 'GET', body, from = TOKENS } = asked;
    return fetch(`${urls[node] ?? ''}${path}`, {
      method,
      headers: { ...bearer(token), 'X-Forwarded-For': from },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async function status(node: number, token: string, from?: string): Promise<number> {
    return (await ask(node, GROUPS, token, from === undefined ? {} : { from })).status;
  }

  /** Makes a token on one node, and waits until the other has heard of it. */
  async function aToken(): Promise<{ readonly id: string; readonly secret: string }> {
    const body = { name: 'ci', role: 'observer', tenants: ['000000'] };
    const reply = await ask(0, '/lutra/v1/tokens', ADMIN_SECRET, { method: 'POST', body });
    expect(reply.status).to.equal(201);
    const { token } = (await reply.json()) as {
      readonly token: { readonly id: string; readonly secret: string };
    };
    // Each look before it is known there is a wrong one: each from another address.
    let look = 0;
    await eventually('the other node knows the token', async () => {
      look += 1;
      return (await status(1, token.secret, `198.51.100.${String(look % 250)}`)) === 200;
    });
    return token;
  }

  it('is given on both by a token that was made on one, and on neither after it is revoked', async () => {
    const { id, secret } = await aToken();
    expect(await status(0, secret)).to.equal(200);

    const path = `/lutra/v1/tokens/${id}`;
    expect((await ask(1, path, ADMIN_SECRET, { method: 'DELETE' })).status).to.equal(204);
    const revokedAt = Date.now();

    expect(await status(1, secret), 'where it was revoked').to.equal(401);
    let look = 0;
    await eventually('the other node refuses it', async () => {
      look += 1;
      return (await status(0, secret, `203.0.113.${String(look % 250)}`)) === 401;
    });
    expect(Date.now() - revokedAt).to.be.below(REVOKED_WITHIN_MS + SLACK_MS);
  });

  it('is refused to whoever guesses on both nodes together, and to nobody with a good token', async () => {
    const { secret } = await aToken();
    await bothCountInRedis();
    const statuses: number[] = [];
    for (let tried = 0; tried < FAILURES_PER_MINUTE; tried += 1) {
      statuses.push(await status(tried % 2, `wrong-${String(tried)}`, GUESSER));
    }
    expect(statuses).to.deep.equal(statuses.map(() => 401));

    for (const node of [0, 1]) {
      const reply = await ask(node, GROUPS, 'wrong-again', { from: GUESSER });

      expect(reply.status, `node ${String(node)}`).to.equal(429);
      expect(Number(reply.headers.get('retry-after'))).to.be.within(1, 60);
      expect(await status(node, secret, GUESSER)).to.equal(200);
      expect(await status(node, 'wrong', `${NEIGHBOUR}${String(node)}`)).to.equal(401);
    }
  });

  /** The connections for counting are made in their own time: until then each node counts by itself. */
  async function bothCountInRedis(): Promise<void> {
    for (const node of [0, 1]) {
      let look = 0;
      const before = await counted();
      await eventually(`node ${String(node)} counts in Redis`, async () => {
        look += 1;
        await status(node, 'wrong', `198.18.${String(node)}.${String(look % 250)}`);
        return (await counted()) > before;
      });
    }
  }

  async function counted(): Promise<number> {
    const keys = await redis.send('KEYS', 'lutra:rate:failed-login:*');
    return Array.isArray(keys) ? keys.length : 0;
  }
});
