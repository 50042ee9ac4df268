/** What the stores' clocks showed, as far as the trace tells: each entry of a store has both its time and the true one. */
import type { TraceEntry } from '../trace.ts';
import { isChange } from './entries.ts';

/** From when on a clock was ahead of the true time by so much. */
interface Stretch {
  readonly from: number;
  readonly aheadMs: number;
}

/** Instants are whole milliseconds, true times need not be. */
const ROUNDING_MS = 2;

/** The clock of one store. */
export class StoreClock {
  readonly #stretches: Stretch[] = [];
  /** When something was last done to the clock, of which no entry has shown the effect yet. */
  #touchedAt: number | undefined;

  /** The clock was seen to show `at` at the true time `t`; times do not go back. */
  saw(t: number, at: number): void {
    const aheadMs = at - t;
    const last = this.#stretches.at(-1);
    if (last === undefined) this.#stretches.push({ from: Number.NEGATIVE_INFINITY, aheadMs });
    else if (Math.abs(aheadMs - last.aheadMs) > ROUNDING_MS) {
      this.#stretches.push({ from: this.#touchedAt ?? t, aheadMs });
    } else return;
    this.#touchedAt = undefined;
  }

  /** Somebody set the clock at the true time `t`. */
  touched(t: number): void {
    this.#touchedAt = t;
  }

  /** By how much the clock was set back, and when. */
  stepsBack(): readonly { readonly t: number; readonly byMs: number }[] {
    return this.#stretches.flatMap(({ from, aheadMs }, index) => {
      const byMs = (this.#stretches[index - 1]?.aheadMs ?? aheadMs) - aheadMs;
      return byMs > 0 ? [{ t: from, byMs }] : [];
    });
  }

  /** Since when, of the times until `seenAt`, the clock has shown `instant` or later without a break. */
  reached(instant: number, seenAt: number): number {
    for (let index = this.#stretches.length - 1; index >= 0; index -= 1) {
      const stretch = this.#stretches[index];
      if (stretch === undefined || stretch.from > seenAt) continue;
      const t = instant - stretch.aheadMs;
      const before = this.#stretches[index - 1];
      if (t >= stretch.from || before === undefined) return t;
      if (stretch.from + before.aheadMs < instant) return stretch.from;
    }
    return instant;
  }
}

/** The clock of each store that the trace names. */
export function clocksOf(trace: readonly TraceEntry[]): ReadonlyMap<string, StoreClock> {
  const clocks = new Map<string, StoreClock>();
  const clockOf = (store: string): StoreClock => {
    const known = clocks.get(store) ?? new StoreClock();
    clocks.set(store, known);
    return known;
  };
  for (const entry of trace) {
    if (isChange(entry)) clockOf(entry.store).saw(entry.t, entry.at);
    else if (entry.kind === 'world.ended') {
      for (const [store, at] of Object.entries(entry.clocks)) clockOf(store).saw(entry.t, at);
    } else if (
      (entry.kind === 'fault.began' || entry.kind === 'fault.ended') &&
      entry.what === 'store-clock-stepped' &&
      entry.store !== undefined
    ) {
      clockOf(entry.store).touched(entry.t);
    }
  }
  return clocks;
}
