import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EtcdConnection } from '../../../../src/adapters/etcd/connection.ts';
import { clientOptions } from '../../../../src/adapters/etcd/options.ts';
import type { EtcdSettings } from '../../../../src/adapters/etcd/options.ts';
import { epochMs } from '../../../../src/base/clock.ts';
import { hasCode } from '../../../../src/base/errors.ts';
import { START } from '../../../support/builders.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { seededRandom } from '../../../support/random.ts';

const SETTINGS: EtcdSettings = {
  ...{ cluster: 'main', endpoints: ['http://one:2379', 'http://two:2379', 'http://three:2379'] },
  ...{ ttlMs: 5_000, graceMs: 60_000, callTimeoutMs: 1_000 },
};

function connectionWith(change: Partial<EtcdSettings>, seed = 1): EtcdConnection {
  const deps = { clock: new FakeClock(START), random: seededRandom(seed) };
  return new EtcdConnection({ ...SETTINGS, ...change }, deps);
}

describe('EtcdConnection', () => {
  for (const { name, change, says } of [
    { name: 'a cluster without a name', change: { cluster: '' }, says: '""' },
    { name: 'a cluster whose name is a path', change: { cluster: 'a/b' }, says: '"a/b"' },
    { name: 'no address', change: { endpoints: [] }, says: 'no address' },
    { name: 'an address without protocol', change: { endpoints: ['one:2379'] }, says: 'one:2379' },
    { name: 'an address with a path', change: { endpoints: ['http://one/x'] }, says: 'one/x' },
    {
      name: 'addresses of which only some are secure',
      change: { endpoints: ['http://one:2379', 'https://two:2379'] },
      says: 'partly',
    },
    { name: 'TLS for addresses without it', change: { tls: { ca: 'x' } }, says: 'https' },
    { name: 'a session that is too short', change: { ttlMs: 2_999 }, says: '2999' },
  ]) {
    it(`refuses ${name}`, () => {
      let error: unknown;
      try {
        connectionWith(change).close();
      } catch (thrown) {
        error = thrown;
      }

      expect(hasCode(error, 'config-invalid'), String(error)).to.equal(true);
      expect(String(error)).to.include(says);
    });
  }

  it('does not repeat a password that stands in an address', () => {
    expect(() => connectionWith({ endpoints: ['http://me:secret@one:2379'] })).to.throw(
      /^(?!.*secret).*no address of etcd/,
    );
  });

  it('begins with another member at each node', () => {
    const used = Array.from({ length: 20 }, (_, seed) => {
      const connection = connectionWith({}, seed);
      connection.close();
      return connection.place.endpoint;
    });

    expect(new Set(used)).to.deep.equal(new Set(SETTINGS.endpoints));
  });

  it('leaves a member once, however many calls it let down', () => {
    const connection = connectionWith({});
    const { place } = connection;
    connection.leave(place);
    const next = connection.place;
    connection.leave(place);
    connection.close();

    expect(next).not.to.equal(place);
    expect(connection.place).to.equal(next);
  });
});

describe('clientOptions', () => {
  const clock = { now: () => epochMs(5_000) };

  it('gives every call an end, counted from when it is made, and streams none', () => {
    const { defaultCallOptions } = clientOptions(SETTINGS, 'http://one:2379', clock);
    if (typeof defaultCallOptions !== 'function') throw new Error('no function');
    const call = { service: 'KV', method: 'range', params: {}, isStream: false } as const;

    expect(defaultCallOptions(call)).to.deep.equal({ deadline: 6_000 });
    expect(defaultCallOptions({ service: 'Watch', method: 'watch', isStream: true })).to.deep.equal(
      {},
    );
  });

  it('trusts those whom Node trusts, where a certificate of its own is all that is given', () => {
    const { credentials } = clientOptions(
      { ...SETTINGS, tls: { cert: 'mine', key: 'secret' } },
      'https://one:2379',
      clock,
    );

    expect(String(credentials?.certChain)).to.equal('mine');
    expect(String(credentials?.privateKey)).to.equal('secret');
    expect(String(credentials?.rootCertificate)).to.include('BEGIN CERTIFICATE');
  });
});
