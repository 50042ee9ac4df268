import { expect } from 'chai';
import { describe, it } from 'mocha';

import { configOf, refusalOf } from '../../support/settings.ts';

const ISSUER = 'issuer: i, audience: a, jwksUrl: "https://i.example/keys"';
const FILE = 'auth: {adminTokenFile: /etc/token}\n';

describe('settings of who may call', () => {
  it('ask nobody where none are set', () => {
    const { auth } = configOf();

    expect(auth.adminTokenFile).to.equal(undefined);
    expect(auth.jwt).to.deep.equal({
      ...{ issuer: undefined, audience: undefined, jwksUrl: undefined },
      ...{ algorithms: ['RS256', 'ES256'], clockToleranceSeconds: 5 },
      ...{ tenantsClaim: 'lutra_tenants', rolesClaim: 'lutra_roles' },
      roles: { observer: ['observer'], operator: ['operator'], admin: ['admin'] },
    });
  });

  it('start the path of the file in the folder', () => {
    expect(configOf('auth: {adminTokenFile: t}').auth.adminTokenFile).to.equal('/srv/t');
  });

  it('come from the environment, too', () => {
    const { auth } = configOf('', {
      LUTRA_AUTH_JWT_ISSUER: 'i',
      LUTRA_AUTH_JWT_AUDIENCE: 'a',
      LUTRA_AUTH_JWT_JWKS_URL: 'https://i.example/keys',
      LUTRA_AUTH_JWT_ALGORITHMS: 'EdDSA',
      LUTRA_AUTH_JWT_ROLES_ADMIN: 'root,boss',
    });

    expect(auth.jwt).to.deep.include({ issuer: 'i', audience: 'a', algorithms: ['EdDSA'] });
    expect(auth.jwt.roles).to.deep.equal({
      ...{ observer: ['observer'], operator: ['operator'], admin: ['root', 'boss'] },
    });
  });

  const ACCEPTED = [
    { name: 'any address with a file', text: `${FILE}api: {host: 10.0.0.1}` },
    {
      name: 'any address with an issuer',
      text: `auth: {jwt: {${ISSUER}}}\napi: {host: 'fd00::1'}`,
    },
    {
      name: 'all addresses with a root',
      text: `${FILE}api: {host: 0.0.0.0, urlRoot: "https://a"}`,
    },
    {
      name: 'keys of this machine without TLS',
      text: 'auth: {jwt: {issuer: i, audience: a, jwksUrl: "http://[::1]:8080/keys"}}',
    },
  ];
  for (const { name, text } of ACCEPTED) {
    it(`may be ${name}`, () => {
      expect(() => configOf(text)).not.to.throw();
    });
  }

  const REFUSED = [
    {
      name: 'an address of others, and nobody asked',
      text: 'api: {host: 10.0.0.1}',
      says: 'l.yaml:1:13: api.host: is not an address of this machine alone, and nobody is asked who they are, received "10.0.0.1" and neither auth.adminTokenFile nor auth.jwt.issuer; write 127.0.0.1, ::1 or localhost, or set one of the two',
    },
    {
      name: 'all addresses, and no root for links',
      text: `${FILE}api: {host: '::'}`,
      says: 'api.host: is every address of this machine, and links can begin with none of that',
    },
    {
      name: 'all addresses in another spelling',
      text: "api: {host: '0::0'}",
      says: 'not an address',
    },
    {
      name: 'an issuer alone',
      text: 'auth: {jwt: {issuer: i}}',
      says: 'auth.jwt.issuer: a token of an issuer is checked for who made it, for whom, and with which keys, received no auth.jwt.audience and auth.jwt.jwksUrl',
    },
    {
      name: 'an issuer without keys',
      text: 'auth: {jwt: {issuer: i, audience: a}}',
      says: 'received no auth.jwt.jwksUrl; set auth.jwt.jwksUrl too, or leave out auth.jwt.issuer and auth.jwt.audience',
    },
    {
      name: 'keys that come without TLS',
      text: 'auth: {jwt: {issuer: i, audience: a, jwksUrl: "http://i.example/keys"}}',
      says: 'auth.jwt.jwksUrl: can be changed on its way, without TLS',
    },
    {
      name: 'keys of a name that begins like this machine',
      text: 'auth: {jwt: {issuer: i, audience: a, jwksUrl: "http://127.0.0.1.example/keys"}}',
      says: 'auth.jwt.jwksUrl: can be changed on its way',
    },
    {
      name: 'keys behind a password',
      text: 'auth: {jwt: {issuer: i, audience: a, jwksUrl: "https://u:p@i.example/keys"}}',
      says: 'auth.jwt.jwksUrl: holds credentials',
    },
    ...['HS256', 'none', 'rs256'].map((algorithm) => ({
      name: `the algorithm ${algorithm}`,
      text: `auth: {jwt: {algorithms: [${algorithm}]}}`,
      says: 'auth.jwt.algorithms[0]: is not an algorithm with two keys',
    })),
    {
      name: 'no algorithm',
      text: 'auth: {jwt: {algorithms: []}}',
      says: 'auth.jwt.algorithms: is too short',
    },
    {
      name: 'one name for two roles',
      text: 'auth: {jwt: {roles: {observer: [all], admin: [all]}}}',
      says: 'auth.jwt.roles: one name stands for two roles, received "all" twice',
    },
    {
      name: 'very different clocks',
      text: 'auth: {jwt: {clockToleranceSeconds: 301}}',
      says: 'auth.jwt.clockToleranceSeconds: is too large',
    },
    { name: 'a secret itself', text: 'auth: {adminToken: x}', says: 'auth.adminToken: is unknown' },
  ];
  for (const { name, text, says } of REFUSED) {
    it(`are refused with ${name}`, () => {
      expect(refusalOf(text)).to.include(says);
    });
  }
});
