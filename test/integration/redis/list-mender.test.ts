import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { tenantKey } from '../../../src/adapters/redis/keys.ts';
import { ListMender } from '../../../src/adapters/redis/list-mender.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import type { Unit } from '../../../src/ports/store.ts';
import { following, put } from '../../contract/store-fixture.ts';
import { aCommitId, aGroupId, LAYOUT, PARTITION, START, TENANT } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { closeRedis, openRedisFixture } from '../../support/redis-fixture.ts';
import type { RedisFixture } from '../../support/redis-fixture.ts';
import { redisForContract } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';

const HOUR_MS = 3_600_000;

describe('ListMender', () => {
  let redis: Pick<TestRedis, 'url' | 'remove'> | undefined;
  before(async () => {
    redis = await redisForContract();
  });
  after(() => redis?.remove());

  let fixture: RedisFixture;
  let mender: ListMender;
  /** What made the one group that there is. */
  let unit: Unit;
  beforeEach(async () => {
    const place = { kind: 'single', url: redis?.url ?? '' } as const;
    const made = { layout: LAYOUT, clock: new FakeClock(START) };
    fixture = await openRedisFixture({ place }, made);
    mender = new ListMender(fixture.connection, fixture.store);
    unit = await put(fixture);
  });
  afterEach(closeRedis);

  /** One sweep over the partition. */
  async function sweep(): Promise<void> {
    const { groups } = await fixture.store.walk(PARTITION, { after: undefined, limit: 100 });
    await mender.mend(groups);
  }

  async function listed(): Promise<unknown> {
    return fixture.connection.send('ZRANGE', tenantKey(TENANT), '0', '-1');
  }

  async function change(command: 'ZADD' | 'ZREM', groupId: string): Promise<void> {
    const score = command === 'ZADD' ? ['0'] : [];
    await fixture.connection.send(command, tenantKey(TENANT), ...score, groupId);
  }

  it('puts a group back on its list, once it is an hour old', async () => {
    await change('ZREM', aGroupId(1));
    await fixture.clock.advance(HOUR_MS - 1);
    await sweep();
    expect(await listed()).to.deep.equal([]);

    await fixture.clock.advance(1);
    await sweep();

    expect(await listed()).to.deep.equal([aGroupId(1)]);
  });

  it('does not put a group back that was taken off', async () => {
    const drop = following(fixture, unit, { commitId: aCommitId(2), listing: 'drop' });
    await put(fixture, drop);
    await fixture.clock.advance(HOUR_MS);

    await sweep();

    expect(await listed()).to.deep.equal([]);
  });

  it('takes an entry off that has been without a group for an hour', async () => {
    await change('ZADD', aGroupId(2));
    await sweep();
    await fixture.clock.advance(HOUR_MS - 1);
    await sweep();
    expect(await listed()).to.deep.equal([aGroupId(1), aGroupId(2)]);

    await fixture.clock.advance(1);
    await sweep();

    expect(await listed()).to.deep.equal([aGroupId(1)]);
  });

  it('leaves an entry alone whose group came meanwhile', async () => {
    await change('ZADD', aGroupId(2));
    await sweep();
    await put(fixture, { groupId: aGroupId(2), commitId: aCommitId(2) });
    await fixture.clock.advance(HOUR_MS);

    await sweep();

    expect(await listed()).to.deep.equal([aGroupId(1), aGroupId(2)]);
  });

  it('leaves the entries of other partitions to their owners', async () => {
    const elsewhere = aGroupId(1, partitionId('there', 0));
    await change('ZADD', elsewhere);
    await sweep();
    await fixture.clock.advance(HOUR_MS);

    await sweep();

    expect(await listed()).to.include(elsewhere);
  });
});
