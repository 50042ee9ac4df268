/** What a request asks for, by its route, or by its path where it has none. */
import type { Asked } from './authenticate.ts';
import type { Access, Operation, Route } from './routes/route.ts';

const UNDER_TENANT = /^\/v1\.0\/([^/?#]+)/;
const UNDER_NODE = /^\/lutra\/v1(?:\/|$)/;

/** What a method that the route has asks for. */
export function accessOf({ access }: Operation, query: URLSearchParams): Access {
  return typeof access === 'function' ? access(query) : access;
}

/**
 * What a method that the route does not have asks for: to learn which ones it has. That is open only where one of
 * them is.
 */
export function accessToMethods({ path, methods }: Route): Access {
  const isOpen = Object.values(methods).some(({ access }) => access === 'open');
  if (isOpen) return 'open';
  return path.includes('/:tenantId') ? 'read' : 'node';
}

/** What a path without a route asks for: what anything beside it would. */
export function askedOfNothing(path: string): Asked {
  const tenant = UNDER_TENANT.exec(path)?.[1];
  if (tenant !== undefined) return { access: 'read', tenantId: decoded(tenant) };
  return { access: UNDER_NODE.test(path) ? 'node' : 'open', tenantId: undefined };
}

/** What cannot be decoded is nobody's tenant, however it is written. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
