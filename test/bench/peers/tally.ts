/** What a worker has fired, and how late. */
import { offsetOf, plannedAtOf } from './rules.ts';
import type { Rules } from './rules.ts';

/** What was fired since the last time that somebody asked. */
export interface Fired {
  readonly count: number;
  /** From the planned instant to the call of the job, or to the report of the claim; in ms. */
  readonly latenessesMs: readonly number[];
  /** By the clock of the machine. */
  readonly lastAt: number;
  /** Firings of what had been fired before, which are counted nowhere else. */
  readonly doubledCount: number;
}

/** One firing. */
export interface Firing {
  readonly index: number;
  readonly plannedAt: number;
  readonly at: number;
}

/** What jobs call. */
export interface Sink {
  /** A rule fires. Resolves at once, unless the worker holds on to what it is given. */
  readonly fired: (index: number) => Promise<void>;
  /** Something that knows when it was due was fired, and is on the disk. */
  readonly claimed: (plannedAt: number) => void;
}

export class Tally {
  readonly #now: () => number;
  #rules: Rules;
  #latenessesMs: number[] = [];
  #lastAt = 0;
  #doubledCount = 0;
  /** The latest planned instant that each rule was fired for. */
  #latest = new Float64Array(0);
  #awaited: { readonly count: number; readonly reached: () => void } | undefined;
  #recent: Firing[] | undefined;
  #isHolding = false;

  constructor(now: () => number) {
    this.#now = now;
    this.#rules = { count: 0, periodMs: 1_000, offsetsMs: [0] };
  }

  readonly sink: Sink = {
    fired: (index) => {
      const at = this.#now();
      const plannedAt = plannedAtOf(this.#rules, offsetOf(this.#rules, index), at);
      this.#recent?.push({ index, plannedAt, at });
      if (this.#latest[index] === plannedAt) this.#doubledCount += 1;
      else this.#add(at - plannedAt, at);
      this.#latest[index] = plannedAt;
      return this.#isHolding ? new Promise(() => undefined) : Promise.resolve();
    },
    claimed: (plannedAt) => {
      const at = this.#now();
      this.#add(at - plannedAt, at);
    },
  };

  /** Begins anew, with these rules. */
  begin(rules: Rules): void {
    this.#rules = rules;
    this.#latest = new Float64Array(rules.count);
    this.#awaited = undefined;
    this.take();
  }

  /** Has `reached` called as soon as so many have been fired. */
  await(count: number, reached: () => void): void {
    this.#awaited = { count, reached };
    this.#checkAwaited();
  }

  /** Keeps the single firings from now on. Those that hold never end their jobs. */
  watch({ isHolding }: { readonly isHolding: boolean }): void {
    this.#recent = [];
    this.#isHolding = isHolding;
  }

  /** The single firings since `watch`. */
  watched(): readonly Firing[] {
    return this.#recent ?? [];
  }

  /** What was fired, which is then forgotten. */
  take(): Fired {
    const latenessesMs = this.#latenessesMs;
    const doubledCount = this.#doubledCount;
    this.#latenessesMs = [];
    this.#doubledCount = 0;
    return { count: latenessesMs.length, latenessesMs, lastAt: this.#lastAt, doubledCount };
  }

  #add(latenessMs: number, at: number): void {
    this.#latenessesMs.push(latenessMs);
    this.#lastAt = at;
    this.#checkAwaited();
  }

  #checkAwaited(): void {
    if (this.#awaited === undefined || this.#latenessesMs.length < this.#awaited.count) return;
    const { reached } = this.#awaited;
    this.#awaited = undefined;
    reached();
  }
}
