import { expect } from 'chai';
import { describe, it } from 'mocha';
import { principalIn } from '../../../../src/adapters/jwt/claims.ts';

const NAMES = {
  tenantsClaim: 'tenants',
  rolesClaim: 'roles',
  roles: { observer: ['viewer'], operator: ['runner', 'ops'], admin: ['root'] },
};

describe('principalIn', () => {
  it('takes the name, the tenants and the role that the issuer calls otherwise', () => {
    const claims = { sub: 'ada', tenants: ['a', 'b'], roles: ['something', 'ops'] };

    expect(principalIn(claims, NAMES)).to.deep.equal({
      ...{ name: 'ada', role: 'operator', tenants: new Set(['a', 'b']) },
      credential: { kind: 'jwt' },
    });
  });

  const ROLES = [
    { name: 'several', roles: ['viewer', 'root', 'ops'], role: 'admin' },
    { name: 'a text', roles: 'viewer', role: 'observer' },
    { name: 'what it is called here only', roles: ['admin'], role: undefined },
    { name: 'none', roles: [], role: undefined },
    { name: 'no claim', roles: undefined, role: undefined },
    { name: 'an object', roles: { root: true }, role: undefined },
    { name: 'numbers', roles: [1], role: undefined },
  ];
  for (const { name, roles, role } of ROLES) {
    it(`has ${role ?? 'no role'} with ${name} in the claim`, () => {
      expect(principalIn({ sub: 'ada', roles }, NAMES).role).to.equal(role);
    });
  }

  const TENANTS = [
    { name: 'a star', tenants: '*', scope: 'all' as const },
    { name: 'a star in a list', tenants: ['a', '*'], scope: 'all' as const },
    { name: 'a text', tenants: 'a', scope: new Set(['a']) },
    { name: 'no claim', tenants: undefined, scope: new Set() },
    { name: 'a number', tenants: 1, scope: new Set() },
    { name: '"all"', tenants: 'all', scope: new Set(['all']) },
  ];
  for (const { name, tenants, scope } of TENANTS) {
    it(`may act for ${scope === 'all' ? 'all' : `"${[...scope].join()}" alone`} with ${name} in the claim`, () => {
      expect(principalIn({ sub: 'ada', tenants }, NAMES).tenants).to.deep.equal(scope);
    });
  }

  it('finds claims in objects by a path, and whole names first', () => {
    const names = { ...NAMES, rolesClaim: 'realm.roles', tenantsClaim: 'https://a.example/t' };
    const claims = { sub: 'ada', realm: { roles: ['root'] }, 'https://a.example/t': ['a'] };

    expect(principalIn(claims, names)).to.deep.include({ role: 'admin', tenants: new Set(['a']) });
    const both = { ...claims, 'realm.roles': ['viewer'] };
    expect(principalIn(both, names).role).to.equal('observer');
    expect(principalIn({ sub: 'ada', realm: 'x' }, names).role).to.equal(undefined);
  });
});
