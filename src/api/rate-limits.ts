import type { Observe } from '../ports/observe.ts';
import type { Rate, RateLimiters, RateScope, RateVerdict } from '../ports/rate-limiter.ts';
import { rateExceeded } from './errors.ts';
import type { Guesses } from './guesses.ts';
import { keyOf } from './rate-key.ts';

interface RateLimitDeps {
  readonly rateLimiters: RateLimiters;
  readonly guesses: Guesses;
  readonly observe: Observe;
}

/** One request, as far as its limit goes. */
interface CountedRequest {
  /** Of its route, as the application has it. */
  readonly path: string;
  /** A segment of its own path; undefined where the route has none of that name. */
  readonly param: (name: 'tenantId' | 'hash') => string | undefined;
  /** The address that it came from, where that is known. */
  readonly from: string | undefined;
  readonly responseId: string;
}

/** What is told of a limit: what may happen how often. */
const WHAT: Readonly<Record<RateScope, (often: string) => string>> = {
  tenant: (often) => `a tenant may make ${often}`,
  capability: (often) => `this capability may make ${often}`,
  'failed-login': (often) => `an address may make ${often} with credentials that are not good`,
  'unknown-capability': (often) =>
    `an address may make ${often} with capabilities that are not known`,
  group: (often) => `the capabilities of a group may make ${often}`,
  'keyed-creation': (often) =>
    `a tenant may make ${often} that create a group with an Idempotency-Key, and as many without as it likes`,
};
const UNITS: Readonly<Record<Rate['perSeconds'], string>> = {
  1: 'second',
  60: 'minute',
  86_400: 'day',
};

/**
 * Counts a request of a tenant or with a capability, and throws `RateLimitError` where it is one too many. What is
 * about the node itself is not counted: monitors come however much tenants ask for.
 */
export async function keepWithinRate(deps: RateLimitDeps, request: CountedRequest): Promise<void> {
  const scope = rateScopeOf(request.path);
  if (scope === undefined) return;
  if (scope === 'capability') refuseGuesses(deps, request);
  const limiter = deps.rateLimiters[scope];
  if (limiter === undefined) return;
  const key = request.param(scope === 'tenant' ? 'tenantId' : 'hash') ?? '';
  const verdict = await limiter.take(keyOf(key));
  const { path: route, responseId } = request;
  refuseOver(deps, { scope, rate: limiter.rate, route, responseId }, verdict);
}

/** Before anything is counted or looked up, so that guesses of one address cost the stores nothing beyond the limit. */
function refuseGuesses(deps: RateLimitDeps, request: CountedRequest): void {
  const scope = 'unknown-capability';
  const { guesses } = deps;
  const { path: route, from, responseId } = request;
  const verdict = guesses.look({ scope, from, secret: request.param('hash') ?? '' });
  refuseOver(deps, { scope, rate: guesses.rateOf(scope), route, responseId }, verdict);
}

/**
 * Throws `RateLimitError` where a tenant has created as many groups with a key as it may. Counts nothing: what is
 * refused for another reason leaves nothing to be kept.
 */
export function refuseKeyedCreations(
  deps: Pick<RateLimitDeps, 'rateLimiters' | 'observe'>,
  tenantId: string,
  told: { readonly route: string; readonly responseId: string },
): void {
  const scope = 'keyed-creation';
  const limiter = deps.rateLimiters[scope];
  if (limiter === undefined) return;
  refuseOver(deps, { scope, rate: limiter.rate, ...told }, limiter.look(keyOf(tenantId)));
}

/** Counts a group that was created with a key. It is there already, so that the next one is refused, not this. */
export async function countKeyedCreation(
  { rateLimiters }: Pick<RateLimitDeps, 'rateLimiters'>,
  tenantId: string,
): Promise<void> {
  await rateLimiters['keyed-creation']?.take(keyOf(tenantId));
}

/** Throws `RateLimitError`, and tells of it, where a verdict is that there were too many. */
export function refuseOver(
  { observe }: { readonly observe: Observe },
  counted: {
    readonly scope: RateScope;
    /** Undefined where there is no limit. */
    readonly rate: Rate | undefined;
    readonly route: string;
    readonly responseId: string;
  },
  verdict: RateVerdict,
): void {
  const { scope, rate, route, responseId } = counted;
  if (rate === undefined || verdict.kind === 'within') return;
  observe({ event: 'request.rate-limited', scope, route, responseId });
  const often = `${String(rate.requests)} requests a ${UNITS[rate.perSeconds]}`;
  throw rateExceeded(WHAT[scope](often), Math.max(Math.ceil(verdict.retryInMs / 1_000), 1));
}

function rateScopeOf(path: string): 'tenant' | 'capability' | undefined {
  if (path.startsWith('/v1.0/execute/')) return 'capability';
  return path.startsWith('/v1.0/:tenantId/') ? 'tenant' : undefined;
}
