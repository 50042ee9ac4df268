/** What a caller may be to a tenant; each may do what those before it may. */
export const ROLES = ['observer', 'operator', 'admin'] as const;

/** `observer` looks, `operator` has groups act, `admin` changes them. */
export type Role = (typeof ROLES)[number];

/** Whether `role` may do what asks for `needed`. */
export function isAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** The greatest of these roles; undefined where there is none. */
export function greatestRole(roles: Iterable<Role>): Role | undefined {
  const held = new Set(roles);
  return ROLES.findLast((role) => held.has(role));
}
