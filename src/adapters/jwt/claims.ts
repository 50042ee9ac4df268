/** What the claims of a token say about its bearer. */
import { isJsonObject } from '../../base/json.ts';
import type { Principal, TenantScope } from '../../domain/access/principal.ts';
import { greatestRole, ROLES } from '../../domain/access/role.ts';
import type { Role } from '../../domain/access/role.ts';
import type { TenantId } from '../../domain/ids.ts';

/** Where the claims are, and what they mean. */
export interface ClaimNames {
  readonly tenantsClaim: string;
  readonly rolesClaim: string;
  /** What roles of ours are called by the issuer. */
  readonly roles: Readonly<Record<Role, readonly string[]>>;
}

const EVERY_TENANT = '*';

/** The bearer of a token with these claims; without a role of ours they have none, and without tenants none. */
export function principalIn(
  claims: { readonly sub: string; readonly [name: string]: unknown },
  { tenantsClaim, rolesClaim, roles }: ClaimNames,
): Principal {
  const held = textsIn(claimAt(claims, rolesClaim));
  return {
    name: claims.sub,
    role: greatestRole(ROLES.filter((role) => roles[role].some((name) => held.includes(name)))),
    tenants: scopeOf(textsIn(claimAt(claims, tenantsClaim))),
    credential: { kind: 'jwt' },
  };
}

function scopeOf(tenants: readonly string[]): TenantScope {
  return tenants.includes(EVERY_TENANT) ? 'all' : new Set(tenants as readonly TenantId[]); // compared with ours
}

/** Some issuers name claims by URLs, with dots in them, and others put them into objects: the whole name counts first. */
function claimAt(claims: object, name: string): unknown {
  if (Object.hasOwn(claims, name)) return Object.getOwnPropertyDescriptor(claims, name)?.value;
  let value: unknown = claims;
  for (const step of name.split('.')) {
    if (!isJsonObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/** A list of texts, or a single one. Whatever else is there counts for nothing. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
