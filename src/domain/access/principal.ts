import type { CallerKind } from '../history/caller.ts';
import type { TenantId } from '../ids.ts';
import type { Role } from './role.ts';

/** The tenants that somebody may act for. */
export type TenantScope = ReadonlySet<TenantId> | 'all';

/** What somebody showed; an access token has an id. */
interface Credential {
  readonly kind: Extract<CallerKind, 'token' | 'admin-file' | 'jwt'>;
  readonly id?: string;
}

/** Somebody whose credentials were found to be good. */
export interface Principal {
  /** What the history of groups calls them. */
  readonly name: string;
  /** Undefined for those who have none here, and so may do nothing. */
  readonly role: Role | undefined;
  readonly tenants: TenantScope;
  /** What they showed. */
  readonly credential: Credential;
}

/** Whether the scope includes the tenant. */
export function isWithin(tenants: TenantScope, tenantId: TenantId): boolean {
  return tenants === 'all' || tenants.has(tenantId);
}
