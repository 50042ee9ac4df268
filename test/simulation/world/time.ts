/** True time, and what is to happen in it. Everything in a simulated world happens at one instant after the other. */

/** Something that is to happen; it can be called off until it does. */
export interface Planned {
  cancel(): void;
}

class Entry implements Planned {
  readonly atMs: number;
  /** Of two at one instant, the one that was planned first happens first. */
  readonly order: number;
  run: (() => void) | undefined;

  constructor(atMs: number, order: number, run: () => void) {
    this.atMs = atMs;
    this.order = order;
    this.run = run;
  }

  cancel(): void {
    this.run = undefined;
  }
}

/** More than this at one instant is a loop that never waits. */
const AT_ONE_INSTANT_MAX = 20_000;
/** Some forty times what a world takes: more is something that never settles. */
const IN_ALL_MAX = 2_000_000;

/** Time does not go on, or hardly does. */
export class StuckError extends Error {
  override readonly name = 'StuckError';
}

/** A clock that jumps from one planned happening to the next. */
export class VirtualTime {
  readonly #heap: Entry[] = [];
  #nowMs: number;
  #order = 0;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  /** Milliseconds since 1970, with fractions. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Plans `run` for `delayMs` from now; not before what is planned for that instant already. */
  after(delayMs: number, run: () => void): Planned {
    const order = (this.#order += 1);
    const entry = new Entry(this.#nowMs + Math.max(delayMs, 0), order, run);
    this.#push(entry);
    return entry;
  }

  /**
   * Lets everything happen that is planned until `endMs`; after each, lets all run that can without further time.
   * Throws a `StuckError` where time does not go on, or hardly does.
   */
  async runUntil(endMs: number): Promise<void> {
    let atThisInstant = 0;
    await settle();
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= endMs; next = this.#heap[0]) {
      this.#pop();
      if (next.run === undefined) continue;
      atThisInstant = next.atMs > this.#nowMs ? 0 : atThisInstant + 1;
      if (atThisInstant > AT_ONE_INSTANT_MAX) throw new StuckError('a loop runs and never waits');
      if (this.#order > IN_ALL_MAX) {
        throw new StuckError('the same things happen again and again');
      }
      this.#nowMs = next.atMs;
      next.run();
      await settle();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const [child, at] =
        right !== undefined && isBefore(right, left)
          ? [right, 2 * index + 2]
          : [left, 2 * index + 1];
      if (isBefore(last, child)) break;
      heap[index] = child;
      index = at;
    }
    heap[index] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/**
 * Every microtask runs before the next tick does, also those that come from others. An immediate would do as well,
 * and goes through the operating system each time, which takes longer than all that happens here.
 */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
