import { hasCode } from '../base/errors.ts';
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
  /** Another server answers for the store, or the store has lost its fence: that comes before anything else. */
  | { readonly kind: 'store-changed' };

/**
 * How a term ends of which a call to the store rejected with `error`; undefined where it goes on. Only taking
 * the partition up again shows whether the store is still there, and that is for the ownership to do.
 */
export function endByStore(error: unknown): TermEnd | undefined {
  const isLost = hasCode(error, 'store-changed') || hasCode(error, 'store-foreign');
  return isLost ? { kind: 'store-changed' } : undefined;
}
