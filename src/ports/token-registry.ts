import type { LutraError } from '../base/errors.ts';
import type { AccessToken } from '../domain/access/access-token.ts';

/** What a registry holds, read at one moment. */
export interface TokenList {
  /** In no order. */
  readonly tokens: readonly AccessToken[];
  /** What is said of each record that cannot be read; those tokens are good for nothing. */
  readonly malformed: readonly LutraError[];
}

/**
 * The access tokens that there are, for all nodes alike. Methods make one attempt and reject where the place
 * that keeps them does not answer (`coordination-unavailable` or `store-unavailable`); whether a write was
 * carried out is then unknown, and repeating it does no harm.
 */
export interface TokenRegistry {
  /** All of them, never from a stale copy. */
  list(): Promise<TokenList>;
  /**
   * Adds a token where there are less than `max`, however many callers do so at the same time. The same
   * token again is `stored` and changes nothing.
   */
  put(token: AccessToken, max: number): Promise<'stored' | 'full'>;
  /** Takes a token away. False where there is none of this id. */
  remove(id: string): Promise<boolean>;
  /** Calls `onChange` after a change. A hint: some changes go untold. Returns how to stop it. */
  watch(onChange: () => void): () => void;
}
