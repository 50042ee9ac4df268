import type { NodeStatus } from '../../ports/status.ts';
import type { LutraEvent } from '../../ports/observe.ts';

/** How many firings the lateness figures look back on. */
const WINDOW = 10_000;

/** Counts what a node did since it started, for `lutra status`. Memory is fixed: 10,000 numbers. */
export class FiringStats {
  readonly #latenesses = new Float64Array(WINDOW);
  readonly #counts = { scaled: 0, refused: 0, skipped: 0, missedRuns: 0, parked: 0 };
  #firedCount = 0;

  /** Takes note of an event; most are none of its business. */
  observe(event: LutraEvent): void {
    if (event.event === 'policy.fired') {
      this.#counts[event.outcome] += 1;
      this.#latenesses[this.#firedCount % WINDOW] = event.latenessMs;
      this.#firedCount += 1;
    } else if (event.event === 'policy.missed') this.#counts.missedRuns += 1;
    else if (event.event === 'policy.parked') this.#counts.parked += 1;
  }

  /** The counts, and the lateness of the last 10,000 firings in ms. */
  read(): Pick<NodeStatus, 'firings' | 'lateness'> {
    const count = Math.min(this.#firedCount, WINDOW);
    const sorted = this.#latenesses.slice(0, count).sort();
    const at = (share: number): number => sorted[Math.ceil(share * count) - 1] ?? 0;
    return {
      firings: { ...this.#counts },
      lateness: count === 0 ? undefined : { count, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) },
    };
  }
}
