import { expect } from 'chai';
import { describe, it } from 'mocha';
import { plusMs } from '../../../../src/base/clock.ts';
import { hasCode } from '../../../../src/base/errors.ts';
import {
  decodeToken,
  decodeTokens,
  encodeToken,
  isExpired,
  principalOf,
} from '../../../../src/domain/access/access-token.ts';
import type { TenantId } from '../../../../src/domain/ids.ts';
import { anAccessToken } from '../../../support/access-tokens.ts';
import { START } from '../../../support/builders.ts';

describe('encodeToken', () => {
  for (const token of [
    anAccessToken(),
    anAccessToken({ tenants: ['a', 'ü €😀'] as TenantId[], name: 'Ådå', expiresAt: START }),
  ]) {
    it(`writes a text in ASCII that is read back whole: ${token.name}`, () => {
      const text = encodeToken(token);

      expect(text).to.match(/^[\x20-\x7e]*$/);
      expect(decodeToken(text, 'here')).to.deep.equal(token);
    });
  }
});

describe('decodeToken', () => {
  const MALFORMED: readonly { readonly name: string; readonly text: string }[] = [
    { name: 'no JSON', text: '{' },
    { name: 'a list', text: '[]' },
    { name: 'nothing', text: 'null' },
    ...Object.entries({
      id: 1,
      digest: 'A'.repeat(64),
      name: null,
      role: 'root',
      tenants: [1],
      createdAt: 'now',
      expiresAt: 'never',
      createdBy: undefined,
    }).map(([field, value]) => ({
      name: `another ${field}`,
      text: JSON.stringify({ ...anAccessToken(), [field]: value }),
    })),
  ];
  for (const { name, text } of MALFORMED) {
    it(`refuses a record with ${name}, and says where it is`, () => {
      try {
        decodeToken(text, 'the row x');
        expect.fail('it was read');
      } catch (error) {
        expect(hasCode(error, 'record-malformed'), String(error)).to.equal(true);
        expect(String(error)).to.include('the row x');
      }
    });
  }

  it('lets fields be that it does not know', () => {
    const text = JSON.stringify({ ...anAccessToken(), colour: 'red' });

    expect(decodeToken(text, 'here')).to.deep.equal(anAccessToken());
  });

  it('reads the others where one is malformed', () => {
    const { tokens, malformed } = decodeTokens([
      { text: 'x', where: 'the row x' },
      { text: encodeToken(anAccessToken()), where: 'the row y' },
    ]);

    expect(tokens).to.deep.equal([anAccessToken()]);
    expect(malformed.map(({ message }) => message)).to.have.length(1);
  });
});

describe('isExpired', () => {
  it('holds from the instant on at which the token ends, and never where it has none', () => {
    const ends = anAccessToken({ expiresAt: START });

    expect(isExpired(ends, plusMs(START, -1))).to.equal(false);
    expect(isExpired(ends, START)).to.equal(true);
    expect(isExpired(anAccessToken(), START)).to.equal(false);
  });
});

describe('principalOf', () => {
  it('is whom the token names, with its role and its tenants', () => {
    const some = anAccessToken({ role: 'admin', tenants: ['a'] as TenantId[] });

    expect(principalOf(some)).to.deep.equal({
      name: 'ada',
      role: 'admin',
      tenants: new Set(['a']),
      credential: { kind: 'token', id: some.id },
    });
    expect(principalOf(anAccessToken()).tenants).to.equal('all');
  });
});
