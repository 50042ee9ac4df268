/** A span of true time in which something need not be punctual. `key` says what it is about. */
export interface Window {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** Windows by key, merged where they overlap, so that the latest one before a time is found at once. */
export class Windows {
  readonly #byKey = new Map<string, Window[]>();

  constructor(windows: readonly Window[]) {
    for (const window of windows.toSorted((a, b) => a.from - b.from)) {
      const known = this.#byKey.get(window.key) ?? [];
      this.#byKey.set(window.key, known);
      const last = known.at(-1);
      if (last === undefined || last.to < window.from) known.push(window);
      else known[known.length - 1] = { ...last, to: Math.max(last.to, window.to) };
    }
  }

  /**
   * Until when something must be done that could be begun at `from` and takes `boundMs` in calm times: while a
   * window overlaps the time that it has, it has until that window's end and `boundMs` more.
   */
  deadline(from: number, boundMs: number, keys: readonly string[]): number {
    let deadline = from + boundMs;
    let isLonger = true;
    while (isLonger) {
      isLonger = false;
      for (const key of keys) {
        const window = this.#lastBegun(key, deadline);
        if (window === undefined || window.to < from || window.to + boundMs <= deadline) continue;
        deadline = window.to + boundMs;
        isLonger = true;
      }
    }
    return deadline;
  }

  /** Whether one of the windows overlaps a span. */
  overlaps(from: number, to: number, keys: readonly string[]): boolean {
    return keys.some((key) => (this.#lastBegun(key, to)?.to ?? Number.NEGATIVE_INFINITY) >= from);
  }

  /** The last window of the key that had begun by `t`; it also ends last of those. */
  #lastBegun(key: string, t: number): Window | undefined {
    const windows = this.#byKey.get(key) ?? [];
    let low = 0;
    let high = windows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((windows[middle]?.from ?? Number.POSITIVE_INFINITY) <= t) low = middle + 1;
      else high = middle;
    }
    return windows[low - 1];
  }
}
