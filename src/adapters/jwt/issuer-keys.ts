import { createLocalJWKSet, errors } from 'jose';
import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWSHeaderParameters } from 'jose';
import type { Clock } from '../../base/clock.ts';
import { withDeadline } from '../../base/deadline.ts';
import { LutraError, messageOf } from '../../base/errors.ts';
import { textOf } from '../../base/reply-body.ts';

/** What keys are fetched with. */
export interface IssuerKeysDeps {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
}

/** How long the issuer may take; a request waits for it. */
const FETCH_MS = 5_000;
/** Keys that are older are fetched anew. */
const FRESH_MS = 600_000;
/** For how long they are good where that does not succeed: a key that was withdrawn must not live for ever. */
const GOOD_MS = 86_400_000;
/** The issuer is not asked more often, whatever keys callers make up. */
const PAUSE_MS = 10_000;

type KeySet = ReturnType<typeof createLocalJWKSet>;

/**
 * The public keys of an issuer, kept in memory. jose's own remote set would wait for the issuer in every request once
 * its keys are old, and refuse them while the issuer is away; here they stay good meanwhile, and only what cannot be
 * checked without asking waits.
 */
export class IssuerKeys {
  readonly #url: string;
  readonly #deps: IssuerKeysDeps;
  #keys: { readonly set: KeySet; readonly fetchedAtMs: number } | undefined;
  /** Why the last fetch failed; undefined where it did not. */
  #trouble: unknown;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;

  constructor(url: string, deps: IssuerKeysDeps) {
    this.#url = url;
    this.#deps = deps;
  }

  /**
   * The key that a token names. Rejects with jose's `JWKSNoMatchingKey` where the issuer has none such, and with
   * `identity-unavailable` where the issuer would have to be asked and does not answer.
   */
  async keyFor(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const known = await this.#usableSet();
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // It may have been added since.
      if (this.#mayAsk()) await this.#fetchOnce();
      if (this.#trouble !== undefined) throw this.#unavailable();
      return (await this.#usableSet())(header, token);
    }
  }

  async #usableSet(): Promise<KeySet> {
    const ageMs = this.#ageMs();
    if (ageMs > GOOD_MS && this.#mayAsk()) await this.#fetchOnce();
    else if (ageMs > FRESH_MS && this.#mayAsk()) void this.#fetchOnce(); // never rejects
    if (this.#keys === undefined || this.#ageMs() > GOOD_MS) throw this.#unavailable();
    return this.#keys.set;
  }

  #ageMs(): number {
    const fetchedAtMs = this.#keys?.fetchedAtMs ?? Number.NEGATIVE_INFINITY;
    return this.#deps.clock.monotonicMs() - fetchedAtMs;
  }

  /** A fetch under way is waited for, however many ask for it. */
  #mayAsk(): boolean {
    const isPaused = this.#deps.clock.monotonicMs() - this.#triedAtMs < PAUSE_MS;
    return this.#fetching !== undefined || !isPaused;
  }

  /** Never rejects: what went wrong is kept. */
  #fetchOnce(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    const { clock } = this.#deps;
    this.#triedAtMs = clock.monotonicMs();
    try {
      const set = createLocalJWKSet(await this.#keysThere());
      this.#keys = { set, fetchedAtMs: clock.monotonicMs() };
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = error;
    }
  }

  #keysThere(): Promise<JSONWebKeySet> {
    const { clock } = this.#deps;
    const limit = { clock, ms: FETCH_MS, parent: NEVER };
    return withDeadline(limit, async (signal) => {
      const response = await this.#deps.fetch(this.#url, { signal, redirect: 'error' });
      if (!response.ok) throw new Error(`it answered with status ${String(response.status)}`);
      return JSON.parse(await textOf(response, signal)) as JSONWebKeySet; // jose checks its shape
    });
  }

  #unavailable(): LutraError {
    return new LutraError(
      'identity-unavailable',
      `fetching the keys of the issuer from ${this.#url}: ${messageOf(this.#trouble)}`,
      { cause: this.#trouble },
    );
  }
}

/** Every fetch ends by its own time. */
const NEVER = new AbortController().signal;
