import { MemoryRateLimiter } from '../adapters/memory/rate-limiter.ts';
import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/schema.ts';
import type { Rate, RateLimiter, RateLimiters, RateScope } from '../ports/rate-limiter.ts';

/** What counts requests in this node alone, for each limit that is set. */
export function ownRateLimiters(
  rates: Config['limits']['rates'],
  clock: Pick<Clock, 'monotonicMs'>,
): RateLimiters {
  return mapScopes(ratesOf(rates), (_scope, rate) =>
    rate.requests === 0 ? undefined : new MemoryRateLimiter(rate, clock),
  );
}

/** The same limits, each counted by what is made of its scope and of what counts in this node alone. */
export function mapLimiters(
  own: RateLimiters,
  shared: (scope: RateScope, insurance: RateLimiter) => RateLimiter,
): RateLimiters {
  return mapScopes(own, shared);
}

/** What the settings are about. */
function ratesOf(rates: Config['limits']['rates']): Readonly<Record<RateScope, Rate>> {
  return {
    tenant: { requests: rates.perTenantPerMinute, perSeconds: 60 },
    capability: { requests: rates.perCapabilityPerSecond, perSeconds: 1 },
    'failed-login': { requests: rates.failedLoginsPerMinute, perSeconds: 60 },
    'unknown-capability': { requests: rates.unknownCapabilitiesPerMinute, perSeconds: 60 },
    group: { requests: rates.executionsPerGroupPerSecond, perSeconds: 1 },
    'keyed-creation': { requests: rates.keyedCreationsPerTenantPerDay, perSeconds: 86_400 },
  };
}

function mapScopes<Value>(
  values: Readonly<Partial<Record<RateScope, Value>>>,
  limiterOf: (scope: RateScope, value: Value) => RateLimiter | undefined,
): RateLimiters {
  const entries = Object.entries(values).flatMap(([scope, value]) => {
    const limiter = limiterOf(scope as RateScope, value); // the type says so of every key
    return limiter === undefined ? [] : [[scope, limiter] as const];
  });
  return Object.fromEntries(entries);
}
