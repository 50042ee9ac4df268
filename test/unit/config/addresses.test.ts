import { expect } from 'chai';
import { describe, it } from 'mocha';

import {
  redisEntry,
  wrongWithEndpoint,
  wrongWithRedisEntry,
} from '../../../src/config/addresses.ts';

describe('wrongWithEndpoint', () => {
  for (const text of ['http://127.0.0.1:2379', 'https://etcd-1.example:443', 'http://[::1]:80']) {
    it(`takes ${text}`, () => {
      expect(wrongWithEndpoint(text)).to.equal(undefined);
    });
  }

  const REFUSED = [
    { text: '127.0.0.1:2379', wrong: 'is not an http or https address' },
    { text: 'etcd://h:2379', wrong: 'is not an http or https address' },
    { text: 'http:h:2379', wrong: 'is not an http or https address' },
    { text: 'http://h:99999', wrong: 'is not an http or https address' },
    { text: 'http://u:p@h:2379', wrong: 'holds credentials, which belong to etcd.username' },
    { text: 'http://u@h:2379', wrong: 'holds credentials, which belong to etcd.username' },
    { text: 'http://:p@h:2379', wrong: 'holds credentials, which belong to etcd.username' },
    { text: 'http://h:2379/', wrong: 'ends in more than a host and a port' },
    { text: 'http://h:2379/v3', wrong: 'ends in more than a host and a port' },
    { text: 'http://h:2379?a', wrong: 'ends in more than a host and a port' },
    { text: 'http://h:2379#', wrong: 'ends in more than a host and a port' },
    { text: 'http://h', wrong: 'has no port' },
  ];
  for (const { text, wrong } of REFUSED) {
    it(`says of ${text} that it ${wrong}`, () => {
      expect(wrongWithEndpoint(text)).to.equal(wrong);
    });
  }
});

describe('wrongWithRedisEntry', () => {
  const ACCEPTED = [
    'redis://127.0.0.1:6379',
    'rediss://redis.example',
    'redis://[::1]:6379/',
    'redis://h:6379/12',
    'redis://ada:pa=ss%23@h:6379',
    'rediss://:pass@h',
    'eu-west-1=redis://h:6379',
    'eu=redis://ada:pa=ss@h:6379/0',
  ];
  for (const text of ACCEPTED) {
    it(`takes ${text}`, () => {
      expect(wrongWithRedisEntry(text)).to.equal(undefined);
    });
  }

  const LONG = 'ends in more than a host, a port and the number of a database';
  const REFUSED = [
    { text: 'h:6379', wrong: 'is not an address of a Redis server' },
    { text: 'eu=h:6379', wrong: 'is not an address of a Redis server' },
    { text: 'http://h:6379', wrong: 'is not an address of a Redis server' },
    { text: 'sentinel://h:26379', wrong: 'is not an address of a Redis server' },
    { text: 'redis://', wrong: 'is not an address of a Redis server' },
    { text: 'redis:///1', wrong: 'is not an address of a Redis server' },
    { text: 'redis:h', wrong: 'is not an address of a Redis server' },
    { text: 'eu=', wrong: 'is not an address of a Redis server' },
    { text: '', wrong: 'is not an address of a Redis server' },
    { text: '=redis://h', wrong: 'does not begin with a region' },
    { text: 'EU=redis://h', wrong: 'does not begin with a region' },
    { text: '{eu}=redis://h', wrong: 'does not begin with a region' },
    { text: 'redis://h/a', wrong: LONG },
    { text: 'redis://h/1/2', wrong: LONG },
    { text: 'redis://h?db=1', wrong: LONG },
    { text: 'redis://h#', wrong: LONG },
    { text: 'redis://u:12#3@h', wrong: LONG },
    { text: 'redis://ada@h', wrong: 'names a user without a password' },
    { text: 'redis://ada:50%@h', wrong: 'has a "%" in front of what it cannot stand for' },
  ];
  for (const { text, wrong } of REFUSED) {
    it(`says of ${JSON.stringify(text)} that it ${wrong}`, () => {
      expect(wrongWithRedisEntry(text)).to.equal(wrong);
    });
  }
});

describe('redisEntry', () => {
  it('takes the region from the front, and leaves the signs within the address alone', () => {
    expect(redisEntry('eu=redis://:a=b@h')).to.deep.equal({ region: 'eu', url: 'redis://:a=b@h' });
    expect(redisEntry('redis://:a=b@h')).to.deep.equal({
      region: undefined,
      url: 'redis://:a=b@h',
    });
  });
});
