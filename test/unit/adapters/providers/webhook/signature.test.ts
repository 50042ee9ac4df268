import { expect } from 'chai';
import { describe, it } from 'mocha';
import { signatureOf } from '../../../../../src/adapters/providers/webhook/signature.ts';
import { epochMs } from '../../../../../src/base/clock.ts';

const put = {
  at: epochMs(1_700_000_000_999),
  method: 'PUT',
  target: '/groups/a?x=1',
  body: '{"desired":3}',
};

describe('signatureOf', () => {
  // Reckoned outside of this project:
  // printf '%s' '1700000000.PUT./groups/a?x=1.{"desired":3}' | openssl dgst -sha256 -hmac key
  it('signs time, method, path, query and body', () => {
    expect(signatureOf('key', put)).to.equal(
      't=1700000000,v1=74a217bba955171159f7c3bb4ffbe4d11d32ada96ba61072e64d9fa724499399',
    );
  });

  it('signs an empty body where there is none', () => {
    const get = { ...put, method: 'GET', target: '/', body: '' };

    expect(signatureOf(Buffer.from('key'), get)).to.equal(
      't=1700000000,v1=9ee6818e139249cec8117e382f0bdd2997b718fb73835573c779af2af7b7ae75',
    );
  });

  it('changes with every part', () => {
    const changes = [
      signatureOf('key', put),
      signatureOf('another key', put),
      signatureOf('key', { ...put, at: epochMs(1_700_000_001_000) }),
      signatureOf('key', { ...put, method: 'GET' }),
      signatureOf('key', { ...put, target: '/groups/a?x=2' }),
      signatureOf('key', { ...put, body: '{"desired":4}' }),
    ];

    expect(new Set(changes).size).to.equal(changes.length);
  });
});
