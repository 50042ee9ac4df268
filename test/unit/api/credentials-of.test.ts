import { expect } from 'chai';
import { describe, it } from 'mocha';
import { credentialsOf } from '../../../src/api/credentials-of.ts';

describe('credentialsOf', () => {
  it('finds none where neither header is there', () => {
    expect(credentialsOf({ host: 'x', cookie: 'token=a' })).to.deep.equal({ kind: 'none' });
  });

  const FOUND = [
    { name: 'X-Auth-Token', headers: { 'x-auth-token': 'abc' } },
    { name: 'Authorization', headers: { authorization: 'Bearer abc' } },
    { name: 'Authorization in lower case', headers: { authorization: 'bearer  abc ' } },
    { name: 'both, alike', headers: { authorization: 'Bearer abc', 'x-auth-token': 'abc' } },
  ];
  for (const { name, headers } of FOUND) {
    it(`finds the token in ${name}`, () => {
      expect(credentialsOf(headers)).to.deep.equal({ kind: 'secret', secret: 'abc' });
    });
  }

  const UNUSABLE = [
    { name: 'two that differ', headers: { authorization: 'Bearer abc', 'x-auth-token': 'abd' } },
    { name: 'a password', headers: { authorization: 'Basic YTpi' } },
    {
      name: 'a password beside a token',
      headers: { authorization: 'Basic YQ', 'x-auth-token': 'a' },
    },
    { name: 'a scheme alone', headers: { authorization: 'Bearer' } },
    { name: 'a scheme and blanks', headers: { authorization: 'Bearer  ' } },
    { name: 'two words', headers: { authorization: 'Bearer abc abd' } },
    { name: 'an empty token', headers: { 'x-auth-token': '' } },
    { name: 'two tokens in one header', headers: { 'x-auth-token': 'abc, abd' } },
    { name: 'what is not ASCII', headers: { 'x-auth-token': 'abcä' } },
  ];
  for (const { name, headers } of UNUSABLE) {
    it(`can use neither of ${name}, and repeats nothing of it`, () => {
      const found = credentialsOf(headers);

      expect(found.kind).to.equal('unusable');
      expect(JSON.stringify(found)).not.to.match(/ab[cd]|YTpi/);
    });
  }
});
