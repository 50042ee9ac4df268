/**
 * Whether a request may be made: who makes it, and what they may do. Both are known before anything is looked up or
 * read of the body, so that a refusal is the same whether what was asked for is there or not.
 */
import type { Request, Response } from 'express';
import { assert } from '../base/assert.ts';
import { hasCode } from '../base/errors.ts';
import { denialOf, ROLE_NEEDED } from '../domain/access/is-allowed.ts';
import type { Deed, Denial } from '../domain/access/is-allowed.ts';
import type { Principal } from '../domain/access/principal.ts';
import type { Caller } from '../domain/history/caller.ts';
import type { TenantId } from '../domain/ids.ts';
import type { CallerCheck, CredentialVerdict } from '../ports/credentials.ts';
import type { Observe } from '../ports/observe.ts';
import { credentialsOf } from './credentials-of.ts';
import { ApiError, forbidden, invalidCredentials } from './errors.ts';
import type { Guesses } from './guesses.ts';
import { refuseOver } from './rate-limits.ts';
import { remoteAddressOf } from './remote-address.ts';
import type { TrustedProxies } from './remote-address.ts';
import { routeOf } from './route-of.ts';
import type { Access } from './routes/route.ts';

/** Who makes a request. */
export type Admitted = Pick<Caller, 'by' | 'kind' | 'id'>;

/** Who a request comes from, where a node asks nobody who they are: the history calls everybody so. */
const ANYBODY: Admitted = { by: 'local', kind: 'local' };

/** What callers are known by. */
export interface AuthenticateDeps {
  /** `off` where nothing is set up to know callers by: whoever reaches the node may do everything. */
  readonly credentials: CallerCheck | 'off';
  /** What counts credentials that are not good. */
  readonly guesses: Guesses;
  /** Whose word on where requests come from counts. */
  readonly trustedProxies: TrustedProxies;
  readonly observe: Observe;
}

/** What a request is about. */
export interface Asked {
  readonly access: Access;
  /** The tenant in its path; undefined where there is none. */
  readonly tenantId: string | undefined;
}

/**
 * Whoever makes the request, if they may. Throws `InvalidCredentials` where nobody knows them,
 * `Forbidden` where they may not, `RateLimitError` where too many such came from their address, and
 * `ServiceUnavailable` where that cannot be found out now.
 */
export async function admit(
  deps: AuthenticateDeps,
  exchange: { readonly request: Request; readonly response: Response },
  { access, tenantId }: Asked,
): Promise<Admitted> {
  const { credentials, observe, trustedProxies } = deps;
  if (access === 'open' || credentials === 'off') return ANYBODY;
  const facts = factsOf(exchange, trustedProxies);
  const result = await identify({ ...deps, credentials }, exchange.request, facts);
  if (result.kind === 'stranger') {
    observe({ event: 'request.unauthenticated', reason: result.reason, ...facts });
    throw invalidCredentials(result.why);
  }
  const { principal } = result;
  const deed = deedOf(access, tenantId);
  const denial = denialOf(principal, deed);
  if (denial === undefined) return { by: principal.name, ...principal.credential };
  observe({
    event: 'request.forbidden',
    ...{ principal: principal.name, reason: denial },
    ...facts,
  });
  throw forbidden(whyDenied(principal, deed, denial));
}

type Identity =
  | { readonly kind: 'known'; readonly principal: Principal }
  | {
      readonly kind: 'stranger';
      readonly reason: 'missing' | 'unusable' | 'unknown' | 'expired';
      readonly why: string;
    };

interface IdentifyDeps extends Pick<AuthenticateDeps, 'guesses' | 'observe'> {
  readonly credentials: CallerCheck;
}

/** Throws `RateLimitError` in the place of whatever is wrong, where the address has shown too much that is. */
async function identify(
  deps: IdentifyDeps,
  request: Request,
  facts: RequestFacts,
): Promise<Identity> {
  const given = credentialsOf(request.headers);
  if (given.kind === 'none') {
    const why = 'A token is needed, in the header Authorization (Bearer) or X-Auth-Token';
    return { kind: 'stranger', reason: 'missing', why };
  }
  const attempt = attemptOf(deps, facts, given.kind === 'secret' ? given.secret : '');
  if (given.kind === 'unusable') {
    await attempt.failed();
    return { kind: 'stranger', reason: 'unusable', why: given.why };
  }
  const verdict = await verdictOf(deps.credentials, attempt, given.secret);
  if (verdict.kind !== 'known') await attempt.failed();
  switch (verdict.kind) {
    case 'known':
      return verdict;
    case 'unknown':
      return { kind: 'stranger', reason: 'unknown', why: 'The token is not one that is good here' };
    case 'expired':
      return { kind: 'stranger', reason: 'expired', why: 'The token has expired' };
  }
}

/** One try to say who one is. All but `succeeded` throw `RateLimitError` where its address is over the limit. */
interface Attempt {
  /** Before a check that costs much. */
  readonly begins: () => void;
  readonly succeeded: () => void;
  readonly failed: () => Promise<void>;
}

function attemptOf(
  { guesses, observe }: IdentifyDeps,
  { from, route, responseId }: RequestFacts,
  secret: string,
): Attempt {
  const scope = 'failed-login';
  const guess = { scope, from, secret } as const;
  const counted = { scope, rate: guesses.rateOf(scope), route, responseId } as const;
  return {
    begins: () => refuseOver({ observe }, counted, guesses.look(guess)),
    succeeded: () => guesses.right(guess),
    failed: async () => refuseOver({ observe }, counted, await guesses.wrong(guess)),
  };
}

/**
 * What a token in memory is worth is always looked at: it costs a digest, and whoever has a good one must not be
 * locked out by others at the same address. A signature is checked for nobody whose address is over the limit, unless
 * the same one was good before.
 */
async function verdictOf(
  check: CallerCheck,
  attempt: Attempt,
  secret: string,
): Promise<CredentialVerdict> {
  const found = await check.check(secret);
  if (found.kind !== 'costly') return found;
  attempt.begins();
  const verdict = await verified(found.verify);
  if (verdict.kind === 'known') attempt.succeeded();
  return verdict;
}

/** Says what is the matter: it is not the store here, and nothing was done. */
async function verified(verify: () => Promise<CredentialVerdict>): Promise<CredentialVerdict> {
  try {
    return await verify();
  } catch (cause) {
    if (!hasCode(cause, 'identity-unavailable')) throw cause;
    throw new ApiError('ServiceUnavailable', 'Who calls cannot be found out now. Try again.', {
      headers: { 'Retry-After': '1' },
      cause,
    });
  }
}

function deedOf(action: Exclude<Access, 'open'>, tenantId: string | undefined): Deed {
  if (action === 'node' || action === 'administer') return { action };
  assert(tenantId !== undefined, `a route that asks for "${action}" has a tenant in its path`);
  return { action, tenantId: tenantId as TenantId }; // compared with ours; handlers check what it may be
}

function whyDenied({ name, role }: Principal, deed: Deed, denial: Denial): string {
  const who = JSON.stringify(name);
  if (denial === 'role') {
    return `This takes the role ${ROLE_NEEDED[deed.action]}, and ${who} has ${role ?? 'none'}`;
  }
  return 'tenantId' in deed
    ? `${who} may not act for this tenant`
    : `This takes a token for all tenants, and that of ${who} is for some`;
}

/** What is told of a request. */
interface RequestFacts {
  readonly method: string;
  readonly route: string;
  readonly responseId: string;
  readonly from: string;
}

function factsOf(
  { request, response }: { readonly request: Request; readonly response: Response },
  trusted: TrustedProxies,
): RequestFacts {
  return {
    method: request.method,
    route: routeOf(response),
    responseId: String(response.getHeader('X-Response-Id')),
    from: remoteAddressOf(request, trusted) ?? 'nowhere',
  };
}
