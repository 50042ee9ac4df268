import type { Fact, TraceEntry } from '../trace.ts';
import type { FaultKind } from '../faults.ts';
import type { VirtualTime } from './time.ts';

/** Everything that happened so far, in order. */
export class TraceLog {
  readonly entries: TraceEntry[] = [];
  readonly #time: VirtualTime;
  readonly #struck = new Map<string, { what: FaultKind; call: string; count: number }>();

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** Counts that a fault did something to a call. */
  readonly strike = (what: FaultKind, call: string): void => {
    const name = `${what} ${call}`;
    const struck = this.#struck.get(name) ?? { what, call, count: 0 };
    struck.count += 1;
    this.#struck.set(name, struck);
  };

  /** Tells what was counted. */
  addStrikes(): void {
    for (const struck of this.#struck.values()) this.add({ kind: 'fault.struck', ...struck });
  }

  add(fact: Fact): void {
    this.entries.push({ t: Math.floor(this.#time.nowMs), ...fact });
  }
}
