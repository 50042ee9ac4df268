/**
 * Secrets that callers show and that are not good, counted by the address that they come from.
 *
 * An address is often shared, so being over the limit must not lock out those whose secret is good: what has been
 * good here lately is still looked at, and nothing but that. Being remembered admits nobody; it only gets a secret
 * the check that every other is refused.
 */
import type { Rate, RateLimiters, RateVerdict } from '../ports/rate-limiter.ts';
import { keyOf } from './rate-key.ts';
import { networkOf } from './remote-address.ts';

/** What can be guessed. */
type GuessScope = 'failed-login' | 'unknown-capability';

/** A secret that was shown. */
interface Guess {
  readonly scope: GuessScope;
  /** The address that it came from; undefined where that is not known. */
  readonly from: string | undefined;
  readonly secret: string;
}

/** Good secrets that are remembered at a time; about 2 MB. */
const GOOD_MAX = 10_000;

const WITHIN: RateVerdict = { kind: 'within' };

/** One for the whole node. */
export class Guesses {
  readonly #limiters: RateLimiters;
  /** Digests, those first that were good last the longest ago. */
  readonly #good = new Set<string>();
  readonly #goodMax: number;

  constructor(
    limiters: Pick<RateLimiters, GuessScope>,
    { goodMax = GOOD_MAX }: { readonly goodMax?: number } = {},
  ) {
    this.#limiters = limiters;
    this.#goodMax = goodMax;
  }

  /** How often one address may be wrong; undefined for as often as it likes. */
  rateOf(scope: GuessScope): Rate | undefined {
    return this.#limiters[scope]?.rate;
  }

  /** Whether a check of the secret that costs something may be made. Counts nothing, and asks no other server. */
  look(guess: Guess): RateVerdict {
    const limiter = this.#limiters[guess.scope];
    if (limiter === undefined || this.#good.has(goodKeyOf(guess))) return WITHIN;
    return limiter.look(addressKeyOf(guess));
  }

  /** The secret was good. */
  right(guess: Guess): void {
    if (this.#limiters[guess.scope] === undefined) return;
    const key = goodKeyOf(guess);
    this.#good.delete(key);
    this.#good.add(key);
    const [oldest] = this.#good;
    if (this.#good.size > this.#goodMax && oldest !== undefined) this.#good.delete(oldest);
  }

  /** The secret was not good, or is not any more. Never rejects. */
  async wrong(guess: Guess): Promise<RateVerdict> {
    const limiter = this.#limiters[guess.scope];
    if (limiter === undefined) return WITHIN;
    this.#good.delete(goodKeyOf(guess));
    return limiter.take(addressKeyOf(guess));
  }
}

function goodKeyOf({ scope, secret }: Guess): string {
  return keyOf(`${scope} ${secret}`);
}

function addressKeyOf({ from }: Guess): string {
  return keyOf(from === undefined ? 'nowhere' : networkOf(from));
}
