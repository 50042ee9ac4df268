/** The streams that a node sends: how many there are, and how all of them end. */
import type { StreamEnd } from '../ports/observe.ts';
import { ApiError, rateExceeded } from './errors.ts';

/** How many streams there may be at once. */
export interface StreamLimits {
  readonly perNode: number;
  readonly perTenant: number;
}

/** What is told to whoever is refused one, in seconds. */
const RETRY_SECONDS = 5;

/** Counts streams; one for the whole node. */
export class Streams {
  readonly #limits: StreamLimits;
  readonly #over = new AbortController();
  readonly #countByTenant = new Map<string, number>();
  #count = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** Aborts when the node stops. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /**
   * Counts one more, and returns how to count it no more. Throws `RateLimitError` where the tenant has as many as it
   * may have, and `ServiceUnavailable` where the node has.
   */
  open(tenantId: string): () => void {
    const { perNode, perTenant } = this.#limits;
    const ofTenant = this.#countByTenant.get(tenantId) ?? 0;
    if (ofTenant >= perTenant) {
      throw rateExceeded(
        `a tenant may follow ${String(perTenant)} streams of a node`,
        RETRY_SECONDS,
      );
    }
    if (this.#count >= perNode) {
      throw new ApiError(
        'ServiceUnavailable',
        `This node sends as many streams as it may, which is ${String(perNode)}; nothing was done. Try again, or ask without text/event-stream.`,
        { headers: { 'Retry-After': String(RETRY_SECONDS) } },
      );
    }
    this.#count += 1;
    this.#countByTenant.set(tenantId, ofTenant + 1);
    let isOpen = true;
    return () => {
      if (isOpen) this.#release(tenantId);
      isOpen = false;
    };
  }

  /** Ends all streams; those who follow them are told that the node stops. */
  close(): void {
    this.#over.abort('stopping' satisfies StreamEnd);
  }

  #release(tenantId: string): void {
    this.#count -= 1;
    const left = (this.#countByTenant.get(tenantId) ?? 1) - 1;
    if (left > 0) this.#countByTenant.set(tenantId, left);
    else this.#countByTenant.delete(tenantId);
  }
}
