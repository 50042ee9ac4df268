import { createHash } from 'node:crypto';
import type { Observe } from '../ports/observe.ts';
import type { Rate, RateLimiters, RateScope } from '../ports/rate-limiter.ts';
import { rateExceeded } from './errors.ts';

interface RateLimitDeps {
  readonly rateLimiters: RateLimiters;
  readonly observe: Observe;
}

/** One request, as far as its limit goes. */
interface CountedRequest {
  /** Of its route, as the application has it. */
  readonly path: string;
  /** A segment of its own path; undefined where the route has none of that name. */
  readonly param: (name: 'tenantId' | 'hash') => string | undefined;
  readonly responseId: string;
}

/** What is told of a limit: who has it. */
const WHOSE: Readonly<Record<RateScope, string>> = {
  tenant: 'a tenant',
  capability: 'this capability',
};
const UNITS: Readonly<Record<Rate['perSeconds'], string>> = { 1: 'second', 60: 'minute' };

/**
 * Counts a request of a tenant or with a capability, and throws `RateLimitError` where it is one too many. What is
 * about the node itself is not counted: monitors come however much tenants ask for.
 */
export async function keepWithinRate(deps: RateLimitDeps, request: CountedRequest): Promise<void> {
  const scope = rateScopeOf(request.path);
  const limiter = scope === undefined ? undefined : deps.rateLimiters[scope];
  if (scope === undefined || limiter === undefined) return;
  const key = request.param(scope === 'tenant' ? 'tenantId' : 'hash') ?? '';
  const verdict = await limiter.take(keyOf(key));
  if (verdict.kind === 'within') return;
  const { path: route, responseId } = request;
  deps.observe({ event: 'request.rate-limited', scope, route, responseId });
  const { requests, perSeconds } = limiter.rate;
  const limit = `${WHOSE[scope]} may make ${String(requests)} requests a ${UNITS[perSeconds]}`;
  throw rateExceeded(limit, Math.max(Math.ceil(verdict.retryInMs / 1_000), 1));
}

function rateScopeOf(path: string): RateScope | undefined {
  if (path.startsWith('/v1.0/execute/')) return 'capability';
  return path.startsWith('/v1.0/:tenantId/') ? 'tenant' : undefined;
}

/** Short, however long the text is; and of a capability, what would be of no use to whoever reads it. */
function keyOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
