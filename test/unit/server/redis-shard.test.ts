import { expect } from 'chai';
import { describe, it } from 'mocha';
import { durabilityOf } from '../../../src/adapters/redis/server-facts.ts';
import type { ServerFacts } from '../../../src/adapters/redis/server-facts.ts';
import { assertDurable, shardIdentity } from '../../../src/server/redis-shard.ts';

const SAFEST: ServerFacts = {
  id: 'run:replication',
  replicaCount: 0,
  wasPromoted: false,
  keepsLog: true,
  fsync: 'always',
  isFsyncHeldUpByRewrites: false,
  minReplicas: 0,
  evictionPolicy: 'noeviction',
};

describe('shardIdentity', () => {
  it('names the regions, so that addresses that were mixed up are noticed', () => {
    expect(shardIdentity('id', { regions: ['east', 'west'] })).to.equal('id/east+west');
    expect(shardIdentity('id', { regions: ['west'] })).to.equal('id/west');
  });
});

describe('assertDurable', () => {
  function judge(asked: 'any' | 'strict', change: Partial<ServerFacts>): () => void {
    const durability = durabilityOf([{ ...SAFEST, ...change }]);
    return () => assertDurable({ store: storeSettings(asked) }, { regions: ['east'] }, durability);
  }
  const storeSettings = (durability: 'any' | 'strict') => ({ partitionCount: 1, durability });

  it('takes whatever server keeps its data, unless more is asked for', () => {
    for (const fsync of ['always', 'everysec', 'no'])
      expect(judge('any', { fsync })).not.to.throw();
  });

  it('refuses a server that drops data, whatever is asked for', () => {
    for (const asked of ['any', 'strict'] as const) {
      for (const evictionPolicy of ['allkeys-lru', 'volatile-ttl', undefined]) {
        expect(judge(asked, { evictionPolicy })).to.throw(/region east.*drops data.*noeviction/);
      }
    }
  });

  it('keeps to what is acknowledged being on disk where that is asked for', () => {
    expect(judge('strict', {})).not.to.throw();
    expect(judge('strict', { fsync: 'everysec' })).to.throw(/strict.*everysec/);
    expect(judge('strict', { keepsLog: false })).to.throw(/strict/);
    expect(judge('strict', { replicaCount: 1, minReplicas: 1 })).to.throw(/strict.*fail-over/);
  });
});
