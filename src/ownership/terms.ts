import { InvariantError } from '../base/assert.ts';
import type { Coordination } from '../ports/coordination.ts';
import type { FencingToken, PartitionId } from '../domain/ids.ts';
import type { Observe } from '../ports/observe.ts';
import type { OwnerTerm, TermEnd } from '../ports/owner-term.ts';

/** Does all the work of a term. Resolves when none of it runs any more. */
export type ServeTerm = (term: OwnerTerm) => Promise<TermEnd>;

export interface TermsDeps {
  readonly coordination: Coordination;
  readonly observe: Observe;
  readonly serve: ServeTerm;
  /** Called when a term has ended and its partition is to be looked at anew, unless that is to wait. */
  readonly onEnd: (partition: PartitionId, isRetriedLater: boolean) => void;
  /** When what failed in a term is tried again, in ms; for the event. */
  readonly retryInMs: number;
}

interface RunningTerm {
  readonly token: FencingToken;
  /** Ends the term. */
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** The terms that run on this node, at most one for each partition. */
export class Terms {
  readonly #deps: TermsDeps;
  readonly #running = new Map<PartitionId, RunningTerm>();
  #broken: InvariantError | undefined;

  constructor(deps: TermsDeps) {
    this.#deps = deps;
  }

  /** The token of each term that runs, or is about to end. */
  tokens(): ReadonlyMap<PartitionId, FencingToken> {
    return new Map([...this.#running].map(([partition, { token }]) => [partition, token]));
  }

  /** Starts the work of a partition whose fence holds the token. */
  begin(partition: PartitionId, token: FencingToken): void {
    const controller = new AbortController();
    this.#deps.observe({ event: 'partition.acquired', partition, token });
    const term: OwnerTerm = { partition, token, signal: controller.signal };
    this.#running.set(partition, { token, controller, ended: this.#serve(term, controller) });
  }

  /** Ends a term: its pass under way finishes, then its key is given back, if it is still its own. */
  end(partition: PartitionId): void {
    this.#running.get(partition)?.controller.abort();
  }

  /** Ends all terms and waits for them. */
  async endAll(): Promise<void> {
    for (const { controller } of this.#running.values()) controller.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  /** Passes on what no part of the process is to survive. */
  throwIfBroken(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  async #serve(term: OwnerTerm, controller: AbortController): Promise<void> {
    const { partition, token } = term;
    const { observe, coordination, serve } = this.#deps;
    let isRetriedLater = false;
    try {
      const end = await serve(term);
      if (end.kind === 'fenced') {
        observe({ event: 'partition.fenced', partition, token, newest: end.newest });
      }
      // The key stays where the server behind the store changed: holding it is what lets us go on there.
      if (end.kind !== 'store-changed') await coordination.resign(partition, token);
    } catch (error) {
      if (error instanceof InvariantError) this.#broken = error;
      else {
        isRetriedLater = true;
        const { retryInMs } = this.#deps;
        observe({ event: 'loop.failed', loop: 'term', partition, err: error, retryInMs });
      }
    } finally {
      controller.abort();
      observe({ event: 'partition.released', partition, token });
      this.#running.delete(partition);
      // What failed may fail at once again: that waits for the next read.
      this.#deps.onEnd(partition, isRetriedLater);
    }
  }
}
