import type { Clock } from '../base/clock.ts';
import type { LutraError } from '../base/errors.ts';
import { isExpired, principalOf } from '../domain/access/access-token.ts';
import type { AccessToken } from '../domain/access/access-token.ts';
import type { CredentialCheck, CredentialVerdict } from '../ports/credentials.ts';
import type { Observe } from '../ports/observe.ts';
import type { TokenRegistry } from '../ports/token-registry.ts';
import { digestOf, isSameDigest } from './secret.ts';

/** What a node knows tokens by. */
export interface KnownTokensDeps {
  readonly registry: Pick<TokenRegistry, 'list' | 'watch'>;
  readonly clock: Clock;
  readonly observe: Observe;
}

/**
 * All access tokens, as this node knows them: a request asks no other server who its caller is, and what was
 * read once stays good while the registry is away. `read` brings it up to date, and is called by one loop.
 */
export class KnownTokens implements CredentialCheck {
  readonly #deps: KnownTokensDeps;
  /** By digest. */
  #tokens = new Map<string, AccessToken>();
  /** Grows with every change that this node made: a list that was read before one is not to undo it. */
  #changeCount = 0;
  /** What was said of records that could not be read the last time. */
  #malformed: ReadonlySet<string> = new Set();

  private constructor(deps: KnownTokensDeps) {
    this.#deps = deps;
  }

  /** Those that there are now. Rejects as the registry does: a node that knows none would refuse everybody. */
  static async open(deps: KnownTokensDeps): Promise<KnownTokens> {
    const known = new KnownTokens(deps);
    await known.read();
    return known;
  }

  check(secret: string): Promise<CredentialVerdict> {
    const digest = digestOf(secret);
    const token = this.#tokens.get(digest);
    if (token === undefined || !isSameDigest(token.digest, digest)) {
      return Promise.resolve({ kind: 'unknown' });
    }
    const isOver = isExpired(token, this.#deps.clock.now());
    return Promise.resolve(
      isOver ? { kind: 'expired' } : { kind: 'known', principal: principalOf(token) },
    );
  }

  /** Reads all tokens anew. Rejects as the registry does; what was known is still known then. */
  async read(): Promise<void> {
    let isOvertaken = true;
    while (isOvertaken) {
      const before = this.#changeCount;
      const { tokens, malformed } = await this.#deps.registry.list();
      isOvertaken = before !== this.#changeCount;
      if (isOvertaken) continue;
      this.#tokens = new Map(tokens.map((token) => [token.digest, token]));
      this.#tellMalformed(malformed);
    }
  }

  /** A token was made here: it is good from now on, not only after the next read. */
  add(token: AccessToken): void {
    this.#changeCount += 1;
    this.#tokens.set(token.digest, token);
  }

  /** A token was revoked here: it is refused from now on. */
  remove(id: string): void {
    this.#changeCount += 1;
    for (const token of this.#tokens.values()) {
      if (token.id === id) this.#tokens.delete(token.digest);
    }
  }

  /** One record of whatever making does not stop the others. It is told once for as long as it is there. */
  #tellMalformed(malformed: readonly LutraError[]): void {
    for (const err of malformed) {
      if (this.#malformed.has(err.message)) continue;
      this.#deps.observe({ event: 'loop.failed', loop: 'access tokens', err, retryInMs: 0 });
    }
    this.#malformed = new Set(malformed.map(({ message }) => message));
  }
}
