import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  clusterOptions,
  parseAddress,
  serverOptions,
} from '../../../../src/adapters/redis/options.ts';
import { hasCode } from '../../../../src/base/errors.ts';
import { seededRandom } from '../../../support/random.ts';

const WAITS = { waitReplicas: 0, waitTimeoutMs: 1_000 };
const random = seededRandom(1);

describe('parseAddress', () => {
  const plain = { host: 'h', port: 6_379, isSecure: false, database: 0 };
  const nobody = { username: undefined, password: undefined };
  for (const { url, address } of [
    { url: 'redis://h', address: { ...plain, ...nobody } },
    { url: 'redis://h:7000/3', address: { ...plain, ...nobody, port: 7_000, database: 3 } },
    { url: 'rediss://h/', address: { ...plain, ...nobody, isSecure: true } },
    { url: 'redis://[::1]:7', address: { ...plain, ...nobody, host: '::1', port: 7 } },
    { url: 'redis://:p%40%3A@h', address: { ...plain, username: undefined, password: 'p@:' } },
    { url: 'redis://u:p@h', address: { ...plain, username: 'u', password: 'p' } },
  ]) {
    it(`reads ${url}`, () => {
      expect(parseAddress(url)).to.deep.equal(address);
    });
  }

  for (const url of [
    '',
    'h:6379',
    'http://h',
    'redis:',
    'redis://',
    'redis://h:99999',
    'redis://h/x',
    'redis://h/1/2',
    'redis://h?db=1',
  ]) {
    it(`refuses "${url}"`, () => {
      expect(() => parseAddress(url))
        .to.throw()
        .that.satisfies(isInvalid);
    });
  }

  for (const { url, shown } of [
    { url: 'redis://user:secret@h/x', shown: 'redis://…@h/x' },
    { url: 'redis://user:sec/ret@h', shown: 'redis://…@h' },
    { url: 'redis://user:sec@ret@h:99999', shown: 'redis://…@h:99999' },
    { url: 'redis://user:se:c#ret@h', shown: 'redis://…@h' },
    { url: 'redis://user:100%@h', shown: 'redis://…@h' },
    { url: 'redis://100%:secret@h', shown: 'redis://…@h' },
    { url: 'user:secret@h', shown: '…@h' },
    { url: 'redis://h?password=secret', shown: 'redis://h?…' },
  ]) {
    it(`refuses ${url} without repeating what may be a password`, () => {
      expect(() => parseAddress(url))
        .to.throw(`"${shown}" is no address`)
        .that.satisfies(isInvalid);
    });
  }
});

function isInvalid(error: unknown): boolean {
  return hasCode(error, 'config-invalid');
}

describe('What connections are opened with', () => {
  it('sends nothing twice and keeps nothing for later, to a single server', () => {
    const place = { kind: 'single', url: 'redis://h' } as const;

    expect(serverOptions({ ...WAITS, place }, random)).to.deep.include({
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      enableOfflineQueue: false,
      enableAutoPipelining: false,
      commandTimeout: 1_500,
      socketTimeout: 2_000,
      connectTimeout: 2_000,
    });
  });

  it('nor to a cluster', () => {
    const place = { kind: 'cluster', urls: ['redis://a:1', 'redis://b:2'] } as const;

    const { nodes, options } = clusterOptions({ ...WAITS, place }, random);

    expect(nodes).to.deep.equal([
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ]);
    expect(options).to.deep.include({
      enableOfflineQueue: false,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
    });
    expect(options.redisOptions).to.deep.include({
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      commandTimeout: 1_500,
      socketTimeout: 2_000,
    });
  });

  it('tells the access of sentinels from that of the server', () => {
    const place = {
      kind: 'sentinel',
      urls: ['rediss://watch:dog@a', 'rediss://watch:dog@b:7'],
      name: 'store',
    } as const;
    const credentials = { username: 'lutra', password: 'otter' };

    expect(serverOptions({ ...WAITS, place, credentials, tls: {} }, random)).to.deep.include({
      sentinels: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 7 },
      ],
      name: 'store',
      sentinelUsername: 'watch',
      sentinelPassword: 'dog',
      sentinelTLS: {},
      username: 'lutra',
      password: 'otter',
      tls: {},
      enableTLSForSentinelMode: true,
    });
  });

  it('comes back ever more slowly, up to a second, and never at the same time as others', () => {
    const place = { kind: 'single', url: 'redis://h' } as const;
    const { retryStrategy } = serverOptions({ ...WAITS, place }, { fraction: () => 0.5 });

    expect([1, 2, 20].map((count) => retryStrategy?.(count))).to.deep.equal([38, 75, 750]);
  });

  it('looks for another primary where the one that it has may not be one any more', () => {
    const place = { kind: 'single', url: 'redis://h' } as const;
    const { reconnectOnError } = serverOptions({ ...WAITS, place }, random);
    const said = ['READONLY You', 'NOREPLICAS Not', 'OOM command', 'LUTRA_REFUSED READONLY'];

    const answers = said.map((text) => reconnectOnError?.(new Error(text)));

    expect(answers).to.deep.equal([true, true, false, false]);
  });

  it('refuses a place without an address', () => {
    const place = { kind: 'cluster', urls: [] } as const;

    expect(() => clusterOptions({ ...WAITS, place }, random))
      .to.throw()
      .that.satisfies(isInvalid);
  });
});
