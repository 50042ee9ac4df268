import { expect } from 'chai';
import { describe, it } from 'mocha';
import { AdminSecret } from '../../../src/access/admin-secret.ts';
import { Credentials } from '../../../src/access/credentials.ts';
import type { CredentialCheck, CredentialVerdict } from '../../../src/ports/credentials.ts';

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
const ADMIN = 'an administrator chose this secret';

/** One that knows everybody, by its own name, and notes what it was asked. */
function knowing(name: string): CredentialCheck & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    check: (secret) => {
      asked.push(secret);
      const principal = { ...{ name, role: 'admin', tenants: 'all' }, credential: { kind: 'jwt' } };
      return Promise.resolve({ kind: 'known', principal } as CredentialVerdict);
    },
  };
}

describe('Credentials', () => {
  const CASES = [
    { name: 'the secret of the admin', secret: ADMIN, knownBy: 'admin-token-file' },
    { name: 'an access token', secret: 'lutra_x', knownBy: 'tokens' },
    { name: 'an access token that looks like a JWT', secret: 'lutra_eyJ.eyJ.x', knownBy: 'tokens' },
    { name: 'a JWT', secret: JWT, knownBy: 'issuer' },
    { name: 'anything else', secret: 'password', knownBy: undefined },
    { name: 'nothing', secret: '', knownBy: undefined },
  ];
  for (const { name, secret, knownBy } of CASES) {
    it(`asks the one whose business it is for ${name}`, async () => {
      const [tokens, issuer] = [knowing('tokens'), knowing('issuer')];
      const credentials = new Credentials({ admin: new AdminSecret(ADMIN), tokens, issuer });

      const found = await credentials.check(secret);
      const verdict = found.kind === 'costly' ? await found.verify() : found;

      expect(verdict.kind === 'known' ? verdict.principal.name : undefined).to.equal(knownBy);
      expect(tokens.asked.length + issuer.asked.length).to.be.at.most(1);
    });
  }

  it('checks no signature before it is told to', async () => {
    const issuer = knowing('issuer');
    const credentials = new Credentials({ admin: undefined, tokens: knowing('tokens'), issuer });

    expect(await credentials.check(JWT)).to.have.property('kind', 'costly');
    expect(issuer.asked).to.deep.equal([]);
  });

  it('knows no JWT where no issuer is set, and no admin where no file is', async () => {
    const tokens = knowing('tokens');
    const credentials = new Credentials({ admin: undefined, tokens, issuer: undefined });

    expect(await credentials.check(JWT)).to.deep.equal({ kind: 'unknown' });
    expect(await credentials.check(ADMIN)).to.deep.equal({ kind: 'unknown' });
    expect(tokens.asked).to.deep.equal([]);
  });

  it('makes whoever shows the secret of the file an admin of all tenants', async () => {
    expect(await new AdminSecret(ADMIN).check(ADMIN)).to.deep.equal({
      kind: 'known',
      principal: {
        ...{ name: 'admin-token-file', role: 'admin', tenants: 'all' },
        credential: { kind: 'admin-file' },
      },
    });
    expect(await new AdminSecret(ADMIN).check(`${ADMIN}.`)).to.deep.equal({ kind: 'unknown' });
  });
});
