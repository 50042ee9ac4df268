import type { TenantId } from '../ids.ts';
import type { Role } from './role.ts';

/** The tenants that somebody may act for. */
export type TenantScope = ReadonlySet<TenantId> | 'all';

/** Somebody whose credentials were found to be good. */
export interface Principal {
  /** What the history of groups calls them. */
  readonly name: string;
  /** Undefined for those who have none here, and so may do nothing. */
  readonly role: Role | undefined;
  readonly tenants: TenantScope;
}

/** Whether the scope includes the tenant. */
export function isWithin(tenants: TenantScope, tenantId: TenantId): boolean {
  return tenants === 'all' || tenants.has(tenantId);
}
