import { expect } from 'chai';
import { describe, it } from 'mocha';
import { digestOf, isSameDigest, newSecret } from '../../../src/access/secret.ts';
import { seededRandom } from '../../support/random.ts';

describe('digestOf', () => {
  it('is SHA-256, so that tokens stay good from one version to the next', () => {
    expect(digestOf('abc')).to.equal(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('isSameDigest', () => {
  it('holds for the same text alone, whatever the lengths', () => {
    expect(isSameDigest('ab', 'ab')).to.equal(true);
    expect(isSameDigest('ab', 'ac')).to.equal(false);
    expect(isSameDigest('ab', 'abc')).to.equal(false);
    expect(isSameDigest('', 'a')).to.equal(false);
  });
});

describe('newSecret', () => {
  it('has 32 bytes of chance behind what it is known by', () => {
    const secret = newSecret({ hex: (count) => 'ff'.repeat(count) });

    expect(secret).to.equal(`lutra_${Buffer.alloc(32, 0xff).toString('base64url')}`);
  });

  it('is another one every time', () => {
    const random = seededRandom(1);

    expect(newSecret(random)).not.to.equal(newSecret(random));
  });
});
