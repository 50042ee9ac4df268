/** How often something may be done by one key. */
export interface Rate {
  /** At least 1. */
  readonly requests: number;
  /** A second, a minute or a day. It begins with the first request of the key. */
  readonly perSeconds: 1 | 60 | 86_400;
}

/** What counting a request came to. */
export type RateVerdict =
  | { readonly kind: 'within' }
  /** One too many, until so long from now; at least 1 ms. */
  | { readonly kind: 'over'; readonly retryInMs: number };

/**
 * Counts the requests of each key, so that one of them cannot take everybody's share. It is a courtesy and no
 * promise: a few more may pass when what counts is restarted, or runs out of room.
 */
export interface RateLimiter {
  readonly rate: Rate;
  /** Counts one more request of `key`. Never rejects, and never takes longer than a quarter of a second. */
  take(key: string): Promise<RateVerdict>;
  /**
   * Whether one more of `key` would be too many, as far as that is known here: counts nothing and asks nobody. What
   * others counted may be missing until this one has refused the key once.
   */
  look(key: string): RateVerdict;
}

/** What is counted together. */
export type RateScope =
  /** Requests of a tenant. */
  | 'tenant'
  /** Requests with a capability, whether there is such a one or not. */
  | 'capability'
  /** Credentials from an address that are not good. */
  | 'failed-login'
  /** Capabilities from an address that nothing has. */
  | 'unknown-capability'
  /** Executions of a group's policies by capabilities. */
  | 'group'
  /** Groups of a tenant that were created with an idempotency key. */
  | 'keyed-creation';

/** What counts for each scope; nothing for one that has no limit. */
export type RateLimiters = Readonly<Partial<Record<RateScope, RateLimiter>>>;
