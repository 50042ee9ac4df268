import { expect } from 'chai';
import { describe, it } from 'mocha';
import { denialOf, isAllowed } from '../../../../src/domain/access/is-allowed.ts';
import type { Action, Deed } from '../../../../src/domain/access/is-allowed.ts';
import type { Principal } from '../../../../src/domain/access/principal.ts';
import type { Role } from '../../../../src/domain/access/role.ts';
import type { TenantId } from '../../../../src/domain/ids.ts';

const OWN = 'own' as TenantId;
const FOREIGN = 'foreign' as TenantId;

function aPrincipal(role: Role | undefined, tenants: Principal['tenants']): Principal {
  return { name: 'ada', role, tenants, credential: { kind: 'jwt' } };
}

function deedOf(action: Action, tenantId: TenantId): Deed {
  return action === 'node' || action === 'administer' ? { action } : { action, tenantId };
}

/** Who may do what to their own tenant. */
const TENANT_TABLE: readonly {
  readonly role: Role | undefined;
  readonly may: readonly Action[];
  readonly mayNot: readonly Action[];
}[] = [
  { role: undefined, may: [], mayNot: ['read', 'reveal', 'execute', 'change'] },
  { role: 'observer', may: ['read'], mayNot: ['reveal', 'execute', 'change'] },
  { role: 'operator', may: ['read', 'reveal', 'execute'], mayNot: ['change'] },
  { role: 'admin', may: ['read', 'reveal', 'execute', 'change'], mayNot: [] },
];

/** Who may do what to the nodes, with all tenants. */
const NODE_TABLE: typeof TENANT_TABLE = [
  { role: undefined, may: [], mayNot: ['node', 'administer'] },
  { role: 'observer', may: ['node'], mayNot: ['administer'] },
  { role: 'operator', may: ['node'], mayNot: ['administer'] },
  { role: 'admin', may: ['node', 'administer'], mayNot: [] },
];

describe('isAllowed', () => {
  for (const { role, may, mayNot } of TENANT_TABLE) {
    const name = role ?? 'somebody without a role';
    for (const tenants of ['all', new Set([OWN])] as const) {
      const scope = tenants === 'all' ? 'all tenants' : 'the tenant alone';
      it(`lets ${name} of ${scope} do "${may.join(', ')}" and no more`, () => {
        const principal = aPrincipal(role, tenants);

        for (const action of may) {
          expect(isAllowed(principal, deedOf(action, OWN)), action).to.equal(true);
        }
        for (const action of mayNot) {
          expect(denialOf(principal, deedOf(action, OWN)), action).to.equal('role');
        }
      });
    }

    it(`lets ${name} do nothing for a foreign tenant, whatever their role`, () => {
      for (const tenants of [new Set([OWN]), new Set<TenantId>()]) {
        for (const action of [...may, ...mayNot]) {
          const principal = aPrincipal(role, tenants);
          expect(denialOf(principal, deedOf(action, FOREIGN)), action).to.equal('tenant');
        }
      }
    });
  }

  for (const { role, may, mayNot } of NODE_TABLE) {
    const name = role ?? 'somebody without a role';
    it(`lets ${name} of all tenants do "${may.join(', ')}" to nodes, and of some nothing`, () => {
      for (const action of may) {
        expect(isAllowed(aPrincipal(role, 'all'), deedOf(action, OWN)), action).to.equal(true);
      }
      for (const action of mayNot) {
        expect(denialOf(aPrincipal(role, 'all'), deedOf(action, OWN)), action).to.equal('role');
      }
      for (const action of [...may, ...mayNot]) {
        const ofSome = aPrincipal(role, new Set([OWN, FOREIGN]));
        expect(denialOf(ofSome, deedOf(action, OWN)), action).to.equal('tenant');
      }
    });
  }
});
