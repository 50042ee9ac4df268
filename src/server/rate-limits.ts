import { MemoryRateLimiter } from '../adapters/memory/rate-limiter.ts';
import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/schema.ts';
import type { Rate, RateLimiter, RateLimiters, RateScope } from '../ports/rate-limiter.ts';

/** What counts requests in this node alone, for each limit that is set. */
export function ownRateLimiters(
  rates: Config['limits']['rates'],
  clock: Pick<Clock, 'monotonicMs'>,
): RateLimiters {
  const limiter = (rate: Rate): RateLimiter => new MemoryRateLimiter(rate, clock);
  const { perTenantPerMinute, perCapabilityPerSecond } = rates;
  return {
    ...(perTenantPerMinute === 0
      ? {}
      : { tenant: limiter({ requests: perTenantPerMinute, perSeconds: 60 }) }),
    ...(perCapabilityPerSecond === 0
      ? {}
      : { capability: limiter({ requests: perCapabilityPerSecond, perSeconds: 1 }) }),
  };
}

/** The same limits, each counted by what is made of its scope and of what counts in this node alone. */
export function mapLimiters(
  own: RateLimiters,
  shared: (scope: RateScope, insurance: RateLimiter) => RateLimiter,
): RateLimiters {
  const { tenant, capability } = own;
  return {
    ...(tenant === undefined ? {} : { tenant: shared('tenant', tenant) }),
    ...(capability === undefined ? {} : { capability: shared('capability', capability) }),
  };
}
