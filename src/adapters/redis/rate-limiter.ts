/**
 * Counts requests together with all nodes that use the same Redis.
 *
 * It has a connection of its own, on which nothing is waited for: where Redis is away, or slower than a request can
 * bear, this node counts by itself for a second before Redis is asked again.
 */
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Rate, RateLimiter, RateScope, RateVerdict } from '../../ports/rate-limiter.ts';
import { openClient } from './connection.ts';
import type { RedisSettings } from './options.ts';
import { Troubles } from './troubles.ts';
import type { ConnectionTrouble } from './troubles.ts';

/** How long Redis may take for one count. */
const COUNT_TIMEOUT_MS = 200;
/** For how long Redis is not asked after it failed once. */
const BY_ITSELF_MS = 1_000;
/** Keys that are known to be used up, at a time; about 10 MB. */
const USED_UP_MAX = 50_000;
/** What the keys begin with. They spread over a Redis Cluster, since they have nothing to do with each other. */
const KEY_PREFIX = 'lutra:rate';

/** What the connection is opened with. */
export interface RateLimiterDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  readonly onTrouble: (trouble: ConnectionTrouble) => void;
}

/** A connection for counting. */
export interface RateLimiterConnection {
  /** Counts for one scope; `insurance` counts while Redis does not, and gives the rate. */
  readonly limiter: (scope: RateScope, insurance: RateLimiter) => RateLimiter;
  readonly close: () => void;
}

/** Connects, in its own time: until that is done, and whenever it is undone, the insurance counts. */
export function openRateLimiters(
  settings: RedisSettings,
  { clock, random, onTrouble }: RateLimiterDeps,
): RateLimiterConnection {
  const troubles = new Troubles(clock, onTrouble);
  const parts = { settings, random, troubles };
  const client = openClient(parts, 'rate-limits', COUNT_TIMEOUT_MS);
  // The listeners that every client has tell of what went wrong, and it tries again by itself.
  client.connect().catch(() => undefined);
  return {
    limiter: (scope, insurance) => {
      const { requests, perSeconds } = insurance.rate;
      const shared = new RateLimiterRedis({
        ...{ storeClient: client, rejectIfRedisNotReady: true },
        ...{ keyPrefix: `${KEY_PREFIX}:${scope}`, points: requests, duration: perSeconds },
        // Whoever is over the limit is refused here, so that a flood of requests is none of Redis's business.
        inMemoryBlockOnConsumed: requests,
      });
      return new SharedRateLimiter({ shared, insurance, clock, troubles });
    },
    close: () => {
      troubles.mute();
      client.disconnect();
    },
  };
}

interface SharedRateLimiterParts {
  readonly shared: Pick<RateLimiterRedis, 'consume'>;
  readonly insurance: RateLimiter;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly troubles: Pick<Troubles, 'tell'>;
}

/** Asks what is shared, and its insurance while that fails. */
class SharedRateLimiter implements RateLimiter {
  readonly rate: Rate;
  readonly #parts: SharedRateLimiterParts;
  #byItselfUntilMs = Number.NEGATIVE_INFINITY;
  /** Keys that Redis has counted as many of as there may be, and until when; those first that were learned first. */
  readonly #usedUp = new Map<string, number>();

  constructor(parts: SharedRateLimiterParts) {
    this.rate = parts.insurance.rate;
    this.#parts = parts;
  }

  async take(key: string): Promise<RateVerdict> {
    const { shared, insurance, clock, troubles } = this.#parts;
    if (clock.monotonicMs() < this.#byItselfUntilMs) return insurance.take(key);
    try {
      const { remainingPoints, msBeforeNext } = await shared.consume(key);
      if (remainingPoints === 0) this.#remember(key, msBeforeNext);
      return { kind: 'within' };
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) {
        const retryInMs = Math.max(refusal.msBeforeNext, 1);
        this.#remember(key, retryInMs);
        return { kind: 'over', retryInMs };
      }
      troubles.tell('rate-limits', refusal);
      this.#byItselfUntilMs = clock.monotonicMs() + BY_ITSELF_MS;
      return insurance.take(key);
    }
  }

  look(key: string): RateVerdict {
    const { insurance, clock } = this.#parts;
    const retryInMs = (this.#usedUp.get(key) ?? 0) - clock.monotonicMs();
    if (retryInMs > 0) return { kind: 'over', retryInMs };
    this.#usedUp.delete(key);
    return insurance.look(key);
  }

  #remember(key: string, forMs: number): void {
    this.#usedUp.delete(key);
    this.#usedUp.set(key, this.#parts.clock.monotonicMs() + forMs);
    const [oldest] = this.#usedUp.keys();
    if (this.#usedUp.size > USED_UP_MAX && oldest !== undefined) this.#usedUp.delete(oldest);
  }
}
