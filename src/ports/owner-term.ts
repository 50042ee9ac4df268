import type { FencingToken, PartitionId } from '../domain/ids.ts';

/**
 * One uninterrupted span during which this node owns one partition.
 *
 * `signal` aborts when the term is over: released, fenced, or known to be another node's. It is a
 * courtesy: what makes a late write harmless is `token`, not the signal.
 */
export interface OwnerTerm {
  readonly partition: PartitionId;
  readonly token: FencingToken;
  readonly signal: AbortSignal;
}

/** How the work of a term ended. */
export type TermEnd =
  /** Its signal aborted. */
  | { readonly kind: 'stopped' }
  /** The store refused its token. */
  | { readonly kind: 'fenced'; readonly newest: FencingToken }
  /** Another server answers for the store: the fence has to be raised there before anything else. */
  | { readonly kind: 'store-changed' };
