import { expect } from 'chai';
import { describe, it } from 'mocha';

import { redisShards } from '../../../src/config/redis-shards.ts';
import { configOf } from '../../support/settings.ts';

function shardsOf(urls: string, kind = 'single'): ReturnType<typeof redisShards> {
  return redisShards(
    configOf('cluster: {regions: [eu, us, asia]}\nnode: {region: us}', {
      LUTRA_ETCD_ENDPOINTS: 'http://h:2379',
      LUTRA_REDIS_URLS: urls,
      LUTRA_REDIS_KIND: kind,
    }),
  );
}

describe('redisShards', () => {
  it('has one store for all regions where addresses name none', () => {
    expect(shardsOf('redis://b,redis://a', 'cluster')).to.deep.equal([
      { regions: ['eu', 'us', 'asia'], urls: ['redis://b', 'redis://a'] },
    ]);
  });

  it('has a store for each address, in the order of the regions', () => {
    expect(shardsOf('asia=redis://c,us=redis://b,eu=redis://a')).to.deep.equal([
      { regions: ['eu'], urls: ['redis://a'] },
      { regions: ['us'], urls: ['redis://b'] },
      { regions: ['asia'], urls: ['redis://c'] },
    ]);
  });

  it('lets regions share a store whose addresses are the same, in whatever order and however often', () => {
    const urls =
      'asia=redis://b,us=redis://c,eu=redis://a,eu=redis://b,asia=redis://a,asia=redis://b';

    expect(shardsOf(urls, 'cluster')).to.deep.equal([
      { regions: ['eu', 'asia'], urls: ['redis://a', 'redis://b'] },
      { regions: ['us'], urls: ['redis://c'] },
    ]);
  });

  it('keeps apart regions of which one has some of the addresses of the other', () => {
    const urls = 'eu=redis://a,us=redis://a,us=redis://b,asia=redis://b';

    expect(shardsOf(urls, 'cluster').length).to.equal(3);
  });

  it('has none where the node stands alone', () => {
    expect(redisShards(configOf())).to.deep.equal([]);
  });
});
