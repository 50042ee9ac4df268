import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { MemoryRateLimiter } from '../../../src/adapters/memory/rate-limiter.ts';
import { openRateLimiters } from '../../../src/adapters/redis/rate-limiter.ts';
import type { RateLimiterConnection } from '../../../src/adapters/redis/rate-limiter.ts';
import type { RedisPlace } from '../../../src/adapters/redis/options.ts';
import type { ConnectionTrouble } from '../../../src/adapters/redis/troubles.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import type { Rate, RateLimiter } from '../../../src/ports/rate-limiter.ts';
import { rateLimiterContract } from '../../contract/rate-limiter-contract.ts';
import { eventually } from '../../support/eventually.ts';
import { seededRandom } from '../../support/random.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { startCluster } from '../../support/redis-topologies.ts';
import { startProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';

const MINUTELY: Rate = { requests: 3, perSeconds: 60 };

const opened = new Set<RateLimiterConnection>();

/** What one node counts with. */
function aNode(place: RedisPlace): {
  readonly limiter: (rate: Rate) => RateLimiter;
  readonly troubles: readonly ConnectionTrouble[];
} {
  const troubles: ConnectionTrouble[] = [];
  const connection = openRateLimiters(
    { place, waitReplicas: 0, waitTimeoutMs: 1_000 },
    {
      ...{ clock: systemClock, random: seededRandom(1) },
      onTrouble: (trouble) => troubles.push(trouble),
    },
  );
  opened.add(connection);
  return {
    troubles,
    limiter: (rate) => connection.limiter('tenant', new MemoryRateLimiter(rate, systemClock)),
  };
}

function closeAll(): void {
  for (const connection of opened) connection.close();
  opened.clear();
}

/** Redis, timers and this process count in whole milliseconds, each from a beginning of its own. */
const GRAIN_MS = 5;

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.ceil(ms) + GRAIN_MS));
}

/** How many of so many requests pass, one after the other. */
async function passing(limiter: RateLimiter, key: string, count: number): Promise<number> {
  let passed = 0;
  for (let taken = 0; taken < count; taken += 1) {
    if ((await limiter.take(key)).kind === 'within') passed += 1;
  }
  return passed;
}

/** Resolves when what the limiter counts arrives in Redis. */
async function counting(redis: Pick<TestRedis, 'send'>, limiter: RateLimiter): Promise<void> {
  await eventually('the limiter counts in Redis', async () => {
    await limiter.take('probe');
    return (await redis.send('EXISTS', 'lutra:rate:tenant:probe')) === 1;
  });
  await redis.send('FLUSHALL');
}

describe('Rate limits in Redis', function rateLimits() {
  this.timeout(20_000);
  let redis: TestRedis;
  let proxy: TcpProxy;
  before(async () => {
    redis = await startRedis();
    proxy = await startProxy(redis.port);
  });
  afterEach(async () => {
    closeAll();
    proxy.setMode('pass');
    await redis.send('FLUSHALL');
  });
  after(async () => {
    await proxy.close();
    await redis.remove();
  });

  function throughProxy(): RedisPlace {
    return { kind: 'single', url: proxy.url };
  }

  rateLimiterContract({
    name: 'Redis',
    open: async (rate) => {
      const limiter = aNode({ kind: 'single', url: redis.url }).limiter(rate);
      await counting(redis, limiter);
      return {
        limiter,
        pass,
        close: () => {
          closeAll();
          return Promise.resolve();
        },
      };
    },
  });

  it('count what comes to different nodes together', async () => {
    const limiters = [aNode(throughProxy()), aNode(throughProxy())].map((node) =>
      node.limiter(MINUTELY),
    );
    for (const limiter of limiters) await counting(redis, limiter);

    const passed = [];
    for (const limiter of limiters) passed.push(await passing(limiter, 'a', 2));

    expect(passed).to.deep.equal([2, 1]);
  });

  it('leave nothing in Redis for longer than the limit is about', async () => {
    const limiter = aNode(throughProxy()).limiter(MINUTELY);
    await counting(redis, limiter);
    await limiter.take('a');

    expect(await redis.send('KEYS', '*')).to.deep.equal(['lutra:rate:tenant:a']);
    expect(await redis.send('PTTL', 'lutra:rate:tenant:a')).to.be.within(1, 60_000);
  });

  it('refuse whoever is over the limit without asking Redis again', async () => {
    const limiter = aNode(throughProxy()).limiter(MINUTELY);
    await counting(redis, limiter);
    await passing(limiter, 'a', 5);

    expect(await redis.send('GET', 'lutra:rate:tenant:a')).to.equal('3');
  });

  for (const { name, mode } of [
    { name: 'ends connections', mode: 'refuse' },
    { name: 'does not answer', mode: 'hole' },
  ] as const) {
    it(`go on in each node by itself, at once, while Redis ${name}, and together again after that`, async () => {
      const { limiter: limiterOf, troubles } = aNode(throughProxy());
      const limiter = limiterOf(MINUTELY);
      await counting(redis, limiter);
      proxy.setMode(mode);

      const startedAt = Date.now();
      const passed = await passing(limiter, 'a', 50);
      const tookMs = Date.now() - startedAt;

      expect(passed).to.equal(3);
      expect(tookMs).to.be.below(400);
      expect(troubles.map(({ connection }) => connection)).to.include('rate-limits');
      proxy.setMode('pass');
      await counting(redis, limiter);
    });
  }

  it('go on where there never was a Redis, and tell so', async () => {
    const { limiter, troubles } = aNode({ kind: 'single', url: 'redis://127.0.0.1:1' });

    expect(await passing(limiter(MINUTELY), 'a', 10)).to.equal(3);
    await eventually('somebody is told', () => troubles.length > 0);
    expect(troubles.map(({ err }) => messageOf(err)).join()).to.match(/not ready|ECONNREFUSED/);
  });
});

describe('Rate limits in a Redis Cluster', function clusterRateLimits() {
  this.timeout(60_000);
  let servers: readonly TestRedis[] = [];
  before(async () => {
    servers = await startCluster();
  });
  after(async () => {
    closeAll();
    await Promise.all(servers.map((server) => server.remove()));
  });

  it('are counted on all of its servers', async () => {
    const place: RedisPlace = { kind: 'cluster', urls: servers.map(({ url }) => url) };
    const limiter = aNode(place).limiter(MINUTELY);
    const keys = Array.from({ length: 30 }, (_, index) => `key-${String(index)}`);
    const held = (): Promise<readonly unknown[]> =>
      Promise.all(servers.map((server) => server.send('DBSIZE')));
    await eventually('the limiter counts in Redis', async () => {
      await limiter.take('probe');
      return (await held()).some((count) => Number(count) > 0);
    });

    for (const key of keys) expect(await passing(limiter, key, 4)).to.equal(3);

    const counts = (await held()).map(Number);
    expect(counts.reduce((sum, count) => sum + count)).to.equal(31);
    expect(Math.min(...counts)).to.be.greaterThan(0);
  });
});
