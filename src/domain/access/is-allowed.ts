/** Who may do what. One table decides; nothing about groups is looked up, so a refusal tells nothing of them. */
import type { TenantId } from '../ids.ts';
import { isWithin } from './principal.ts';
import type { Principal } from './principal.ts';
import { isAtLeast } from './role.ts';
import type { Role } from './role.ts';

/**
 * What can be done to something of a tenant. `reveal` is to read what whoever has it may execute with: the
 * capability URLs of webhooks.
 */
type TenantAction = 'read' | 'reveal' | 'execute' | 'change';

/** What can be done to the nodes, which serve all tenants: look at them, or have a say in who uses them and how. */
type NodeAction = 'node' | 'administer';

/** Something that takes a role. */
export type Action = TenantAction | NodeAction;

/** One thing that somebody wants to do. */
export type Deed =
  { readonly action: TenantAction; readonly tenantId: TenantId } | { readonly action: NodeAction };

/** The least role that an action takes. */
export const ROLE_NEEDED: Readonly<Record<Action, Role>> = {
  read: 'observer',
  reveal: 'operator',
  execute: 'operator',
  change: 'admin',
  node: 'observer',
  administer: 'admin',
};

/** Why something is not allowed. */
export type Denial = 'tenant' | 'role';

/** Why the principal may not do this; undefined where they may. Tenants come first: there a role means nothing. */
export function denialOf(principal: Principal, deed: Deed): Denial | undefined {
  const { role, tenants } = principal;
  const isInScope = 'tenantId' in deed ? isWithin(tenants, deed.tenantId) : tenants === 'all';
  if (!isInScope) return 'tenant';
  return role !== undefined && isAtLeast(role, ROLE_NEEDED[deed.action]) ? undefined : 'role';
}

/** Whether the principal may do this. */
export function isAllowed(principal: Principal, deed: Deed): boolean {
  return denialOf(principal, deed) === undefined;
}
