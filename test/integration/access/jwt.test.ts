/** Tokens of an issuer that serves its keys over real HTTP. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { JwtIssuer } from '../../../src/adapters/jwt/issuer.ts';
import { dateAt } from '../../../src/adapters/system/clock.ts';
import { hasCode } from '../../../src/base/errors.ts';
import type { CredentialVerdict } from '../../../src/ports/credentials.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const DAY_MS = 86_400_000;
const NOW_SECONDS = START / 1_000;

interface Signer {
  readonly key: CryptoKey;
  readonly jwk: JWK;
}

async function aSigner(kid: string, algorithm = 'ES256'): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  return { key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm } };
}

describe('JwtIssuer', () => {
  let one: Signer;
  let two: Signer;
  before(async () => {
    [one, two] = [await aSigner('one'), await aSigner('two')];
  });

  let server: Server;
  let clock: FakeClock;
  /** What the issuer answers with; undefined for status 500. */
  let served: unknown;
  let askedCount: number;
  let issuer: JwtIssuer;
  beforeEach(async () => {
    clock = new FakeClock(START);
    served = { keys: [one.jwk] };
    askedCount = 0;
    server = createServer((_, response) => {
      askedCount += 1;
      response.statusCode = served === undefined ? 500 : 200;
      response.end(JSON.stringify(served ?? {}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    issuer = new JwtIssuer(
      {
        ...{ issuer: 'https://i.example', audience: 'lutra', algorithms: ['ES256'] },
        jwksUrl: `http://127.0.0.1:${String(port)}/keys`,
        ...{ tenantsClaim: 'tenants', rolesClaim: 'roles', clockToleranceSeconds: 5 },
        roles: { observer: ['observer'], operator: ['operator'], admin: ['admin'] },
      },
      { clock, fetch, dateAt },
    );
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const CLAIMS = { iss: 'https://i.example', aud: 'lutra', sub: 'ada', roles: ['admin'] };

  /** A token that is good for a minute, unless said otherwise. */
  function sign(
    changes: Readonly<Record<string, unknown>> = {},
    { signer = one, kid = 'one' }: { readonly signer?: Signer; readonly kid?: string } = {},
  ): Promise<string> {
    return new SignJWT({ ...CLAIMS, tenants: ['a'], exp: NOW_SECONDS + 60, ...changes })
      .setProtectedHeader({ alg: 'ES256', kid })
      .sign(signer.key);
  }

  async function kindOf(token: string | Promise<string>): Promise<CredentialVerdict['kind']> {
    return (await issuer.check(await token)).kind;
  }

  async function isUnavailable(token: string | Promise<string>): Promise<boolean> {
    try {
      await issuer.check(await token);
      return false;
    } catch (error) {
      if (hasCode(error, 'identity-unavailable')) return true;
      throw error;
    }
  }

  it('knows the bearer of a good token, and asks for keys once', async () => {
    expect(await issuer.check(await sign())).to.deep.equal({
      kind: 'known',
      principal: {
        ...{ name: 'ada', role: 'admin', tenants: new Set(['a']) },
        credential: { kind: 'jwt' },
      },
    });
    expect(await kindOf(sign({ aud: ['other', 'lutra'] }))).to.equal('known');
    expect(askedCount).to.equal(1);
  });

  const BAD = [
    { name: 'another issuer', changes: { iss: 'https://evil.example' } },
    { name: 'another audience', changes: { aud: 'other' } },
    { name: 'no audience', changes: { aud: undefined } },
    { name: 'no end', changes: { exp: undefined } },
    { name: 'no subject', changes: { sub: undefined } },
    { name: 'an empty subject', changes: { sub: '' } },
    { name: 'a subject of several lines', changes: { sub: 'a\nb' } },
    { name: 'a beginning that is to come', changes: { nbf: NOW_SECONDS + 60 } },
  ];
  for (const { name, changes } of BAD) {
    it(`knows nobody by a token with ${name}`, async () => {
      expect(await kindOf(sign(changes))).to.equal('unknown');
    });
  }

  it('refuses a token from its end on, with the tolerance for clocks', async () => {
    const token = await sign({ exp: NOW_SECONDS + 10 });

    clock.stepWall(14_000);
    expect(await kindOf(token)).to.equal('known');
    clock.stepWall(1_000);
    expect(await kindOf(token)).to.equal('expired');
  });

  it('knows nobody by a token that another key signed, or none, or that was changed', async () => {
    const good = await sign();
    const unsigned = new UnsecuredJWT({ ...CLAIMS, exp: NOW_SECONDS + 60 }).encode();
    const [header = '', , signature = ''] = good.split('.');
    const body = Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'eve', exp: NOW_SECONDS + 60 }));
    const secret = Buffer.from(JSON.stringify(one.jwk));
    const symmetric = await new SignJWT({ ...CLAIMS, exp: NOW_SECONDS + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(secret);

    for (const token of [
      await sign({}, { signer: two }),
      unsigned,
      `${header}.${body.toString('base64url')}.${signature}`,
      symmetric,
      `${good}x`,
      'eyJ.eyJ.x',
    ]) {
      expect(await kindOf(token), token).to.equal('unknown');
    }
  });

  it('finds a key that was added, and asks no more than every ten seconds for those that are not there', async () => {
    expect(await kindOf(sign())).to.equal('known');
    const added = sign({ exp: NOW_SECONDS + 3_600 }, { signer: two, kid: 'two' });
    served = { keys: [one.jwk, two.jwk] };
    expect(await kindOf(added)).to.equal('unknown');

    await clock.advance(10_000);
    expect(await kindOf(added)).to.equal('known');
    for (let count = 0; count < 5; count += 1) {
      expect(await kindOf(sign({}, { kid: `made-up-${String(count)}` }))).to.equal('unknown');
    }
    expect(askedCount).to.equal(2);
  });

  it('is not available where keys were never read, and is as soon as they are', async () => {
    served = undefined;
    const token = sign({ exp: NOW_SECONDS + 3_600 });

    expect(await isUnavailable(token)).to.equal(true);
    expect(await isUnavailable(token)).to.equal(true);
    expect(askedCount).to.equal(1);

    served = { keys: [one.jwk] };
    await clock.advance(10_000);
    expect(await kindOf(token)).to.equal('known');
  });

  it('is not available where what comes are no keys', async () => {
    served = { hello: 'world' };

    expect(await isUnavailable(sign())).to.equal(true);
  });

  it('goes on for a day with the keys that it has while the issuer is away, and asks it for others', async () => {
    const token = sign({ exp: NOW_SECONDS + 3 * 86_400 });
    expect(await kindOf(token)).to.equal('known');
    served = undefined;

    for (let passedMs = 0; passedMs < DAY_MS; passedMs += 3_600_000) {
      await clock.advance(3_600_000);
      expect(await kindOf(token)).to.equal('known');
    }
    expect(await isUnavailable(sign({ exp: NOW_SECONDS + 3 * 86_400 }, { kid: 'new' }))).to.equal(
      true,
    );
    await clock.advance(1);
    expect(await isUnavailable(token)).to.equal(true);
  });

  it('drops a key that the issuer has withdrawn', async () => {
    const token = sign({ exp: NOW_SECONDS + 3_600 });
    expect(await kindOf(token)).to.equal('known');
    served = { keys: [two.jwk] };

    await clock.advance(600_001);
    await kindOf(token); // asks for the keys, and waits for nobody
    while (askedCount < 2) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(0);
    let kind = await kindOf(token);
    for (let count = 0; kind === 'known' && count < 1_000; count += 1) kind = await kindOf(token);

    expect(kind).to.equal('unknown');
  });
});
