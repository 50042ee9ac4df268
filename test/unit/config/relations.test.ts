import { expect } from 'chai';
import { describe, it } from 'mocha';

import { configOf, refusalOf } from '../../support/settings.ts';

const ETCD = 'etcd: {endpoints: ["http://h:2379"]}\n';
const REDIS = 'redis: {urls: ["redis://h"]}\n';
const SECURE = 'etcd: {endpoints: ["https://h:2379"]';
const REGIONS = 'cluster: {regions: [eu, us]}\nnode: {region: eu}\n';

/** Settings of a node in the region eu of a cluster of eu and us. */
function inRegions(redis: string): string {
  return `${ETCD}${REGIONS}redis: {${redis}}`;
}

describe('settings of a cluster', () => {
  const ACCEPTED = [
    { name: 'etcd and Redis', text: ETCD + REDIS },
    { name: 'neither of them, with what is left over', text: 'redis: {sentinelName: a}' },
    { name: 'a file of certificates for an etcd that is not used', text: 'etcd: {caFile: a}' },
    { name: 'the one region that there is', text: 'node: {region: local}' },
    { name: 'one address for several regions', text: inRegions('urls: ["redis://h"]') },
    {
      name: 'an address for each region, with and without TLS, with databases',
      text: inRegions('urls: ["eu=redis://h/1", "us=rediss://h/2"]'),
    },
    {
      name: 'several sentinels',
      text: inRegions('kind: sentinel, sentinelName: main, urls: ["redis://a", "redis://b/0"]'),
    },
    {
      name: 'several nodes of a cluster for each region, of which one has TLS',
      text: inRegions(
        'kind: cluster, urls: ["eu=redis://a", "eu=redis://b", "us=rediss://a", "us=rediss://b"]',
      ),
    },
    { name: 'a password of Redis alone', text: 'redis: {passwordFile: p}' },
    {
      name: 'replicas to wait for with strict durability',
      text: `${ETCD}redis: {urls: ["redis://h"], waitReplicas: 1}\nstore: {durability: strict}`,
    },
    {
      name: 'certificates for an etcd with TLS',
      text: `${SECURE}, caFile: a, certFile: b, keyFile: c}\n${REDIS}`,
    },
    { name: 'certificates for Redis', text: `${ETCD}redis: {urls: ["redis://h"], caFile: a}` },
    { name: 'calls just below a session', text: 'etcd: {sessionTtlMs: 3000, callTimeoutMs: 2999}' },
  ];
  for (const { name, text } of ACCEPTED) {
    it(`may be ${name}`, () => {
      expect(() => configOf(text)).not.to.throw();
    });
  }

  const REFUSED = [
    {
      name: 'etcd without Redis',
      text: ETCD,
      says: 'l.yaml:1:19: etcd.endpoints: a cluster needs etcd and Redis, received etcd.endpoints and no redis.urls; set redis.urls too, or neither for a node that stands alone',
    },
    {
      name: 'Redis without etcd',
      text: REDIS,
      says: 'l.yaml:1:15: redis.urls: a cluster needs etcd and Redis, received redis.urls and no etcd.endpoints; set etcd.endpoints too, or neither for a node that stands alone',
    },
    {
      name: 'a region twice',
      text: 'cluster: {regions: [eu, us, eu]}\nnode: {region: eu}',
      says: 'l.yaml:1:20: cluster.regions: names a region twice, received ["eu","us","eu"]; write each region once',
    },
    {
      name: 'a region of the node that there is not',
      text: 'cluster: {regions: [eu, us]}\nnode: {region: asia}',
      says: 'l.yaml:2:16: node.region: a node is in one of cluster.regions, received node.region "asia" and cluster.regions ["eu","us"]; set node.region to one of them, or add it',
    },
    {
      name: 'a user of etcd without a password',
      text: 'etcd: {username: u}',
      says: 'l.yaml:1:18: etcd.username: does nothing by itself, received no etcd.passwordFile; set etcd.passwordFile too, or leave out etcd.username',
    },
    {
      name: 'a password of etcd without a user',
      text: 'etcd: {passwordFile: p}',
      says: 'l.yaml:1:22: etcd.passwordFile: does nothing by itself, received no etcd.username; set etcd.username too, or leave out etcd.passwordFile',
    },
    {
      name: 'a user of Redis without a password',
      text: 'redis: {username: u}',
      says: 'l.yaml:1:19: redis.username: does nothing by itself, received no redis.passwordFile; set redis.passwordFile too, or leave out redis.username',
    },
    ...['etcd', 'redis'].flatMap((section) => [
      {
        name: `a certificate without its key for ${section}`,
        text: `${section}: {certFile: c}`,
        says: `l.yaml:1:${String(section.length + 14)}: ${section}.certFile: does nothing by itself, received no ${section}.keyFile; set ${section}.keyFile too, or leave out ${section}.certFile`,
      },
      {
        name: `a key without its certificate for ${section}`,
        text: `${section}: {keyFile: k}`,
        says: `l.yaml:1:${String(section.length + 13)}: ${section}.keyFile: does nothing by itself, received no ${section}.certFile; set ${section}.certFile too, or leave out ${section}.keyFile`,
      },
    ]),
    {
      name: 'members of etcd with TLS and without',
      text: `etcd: {endpoints: ["http://a:1", "https://b:1"], caFile: c}\n${REDIS}`,
      says: 'l.yaml:1:19: etcd.endpoints: has addresses with TLS and without, received ["http://a:1","https://b:1"]; write https:// for all of them, or http:// for all',
    },
    {
      name: 'authorities for an etcd without TLS',
      text: `etcd: {endpoints: ["http://h:2379"], caFile: a}\n${REDIS}`,
      says: 'l.yaml:1:46: etcd.caFile: certificates count with TLS only, received etcd.caFile "a" and etcd.endpoints ["http://h:2379"]; write https:// in etcd.endpoints, or leave out etcd.caFile',
    },
    {
      name: 'a certificate for an etcd without TLS',
      text: `etcd: {endpoints: ["http://h:2379"], certFile: a, keyFile: b}\n${REDIS}`,
      says: 'l.yaml:1:48: etcd.certFile: certificates count with TLS only, received etcd.certFile "a" and etcd.endpoints ["http://h:2379"]; write https:// in etcd.endpoints, or leave out etcd.certFile',
    },
    {
      name: 'calls to etcd that outlive the session',
      text: 'etcd: {sessionTtlMs: 3000, callTimeoutMs: 3000}',
      says: 'l.yaml:1:43: etcd.callTimeoutMs: a call to etcd must end before the session does that it renews, received callTimeoutMs 3000 and sessionTtlMs 3000; write a callTimeoutMs below sessionTtlMs',
    },
    {
      name: 'addresses with a region and without',
      text: inRegions('urls: ["eu=redis://a", "redis://:geheim@b"]'),
      says: 'l.yaml:4:15: redis.urls: serves some regions by name and others not, received ["eu=redis://a","redis://:…@b"]; write region= in front of every address, or of none',
    },
    {
      name: 'an address for a region that there is not',
      text: inRegions('urls: ["eu=redis://a", "us=redis://b", "asia=redis://:geheim@c"]'),
      says: 'l.yaml:4:15: redis.urls: serves a region that is not one of cluster.regions, received "asia=redis://:…@c" and cluster.regions ["eu","us"]; write one of them in front, or add the region to cluster.regions',
    },
    {
      name: 'a region without Redis',
      text: inRegions('urls: ["eu=redis://a"]'),
      says: 'l.yaml:4:15: redis.urls: every region needs a Redis, received nothing for "us"; add us=redis://host:port',
    },
    {
      name: 'two single servers for one region',
      text: inRegions('urls: ["eu=redis://a", "us=redis://b", "us=redis://c"]'),
      says: 'l.yaml:4:15: redis.urls: with redis.kind single a region has one server, received 2 addresses for "us"; leave one, or set redis.kind to sentinel or cluster',
    },
    {
      name: 'two single servers for all regions',
      text: inRegions('urls: ["redis://b", "redis://c"]'),
      says: 'l.yaml:4:15: redis.urls: with redis.kind single a region has one server, received 2 addresses for all regions; leave one, or set redis.kind to sentinel or cluster',
    },
    {
      name: 'sentinels without a name for the primary',
      text: inRegions('kind: sentinel, urls: ["redis://a"]'),
      says: 'l.yaml:4:15: redis.kind: sentinels are asked for a primary by its name, received "sentinel" and no redis.sentinelName; set redis.sentinelName to what they call it, often mymaster',
    },
    {
      name: 'a name for the primary without sentinels',
      text: inRegions('sentinelName: main, urls: ["redis://a"]'),
      says: 'l.yaml:4:23: redis.sentinelName: only sentinels are asked for a name, received redis.sentinelName "main" and redis.kind "single"; set redis.kind to sentinel, or leave out redis.sentinelName',
    },
    {
      name: 'nodes of a cluster with TLS and without',
      text: inRegions('kind: cluster, urls: ["redis://:geheim@a", "rediss://b"]'),
      says: 'l.yaml:4:30: redis.urls: has addresses with TLS and without for all regions, received ["redis://:…@a","rediss://b"]; write rediss:// for all of them, or redis:// for all',
    },
    {
      name: 'a database of a cluster',
      text: inRegions('kind: cluster, urls: ["redis://:geheim@a:1/12"]'),
      says: 'l.yaml:4:30: redis.urls: only a single server has databases to choose from, received "redis://:…@a:1/12" with redis.kind cluster; leave out the number at the end',
    },
  ];
  for (const { name, text, says } of REFUSED) {
    it(`are refused with ${name}`, () => {
      expect(refusalOf(text)).to.equal(says);
    });
  }

  it('are refused at the variable that they come from', () => {
    const environment = { LUTRA_REDIS_URLS: 'redis://h' };

    expect(refusalOf('', environment)).to.match(
      /^LUTRA_REDIS_URLS: redis\.urls: a cluster needs etcd/,
    );
  });
});
