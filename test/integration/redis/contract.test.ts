import { after, before, describe } from 'mocha';
import { openRedisFixture } from '../../support/redis-fixture.ts';
import { redisForContract } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { storeContract } from '../../contract/store-contract.ts';

describe('Redis, a single server', () => {
  let redis: Pick<TestRedis, 'url' | 'remove'> | undefined;
  before(async () => {
    redis = await redisForContract();
  });
  after(() => redis?.remove());

  storeContract({
    name: 'Redis',
    open: (made) => {
      const url = redis?.url ?? '';
      return openRedisFixture({ place: { kind: 'single', url } }, made);
    },
  });
});
