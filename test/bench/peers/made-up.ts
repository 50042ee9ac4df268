/** What became of the work that a worker held when it was killed. */
import type { Firing } from './tally.ts';

export interface Aftermath {
  readonly heldCount: number;
  /** From the kill to each firing that did over what was held, in ms. */
  readonly madeUpMs: readonly number[];
  /** How late the next planned time of each rule that was held was fired, in ms. */
  readonly nextLatenessesMs: readonly number[];
  /** Whether nothing more can come of it. */
  readonly isComplete: boolean;
}

/** A firing so late, or the second for one planned time, is of the time before: firings do not say what they are of. */
const OVERDUE_MS = 8_000;

/** Tells firings that do over what was held from those that were planned for later. */
export function afterKill({
  held,
  killedAt,
  since,
}: {
  readonly held: readonly Firing[];
  readonly killedAt: number;
  readonly since: readonly Firing[];
}): Aftermath {
  const indexes = new Set(held.map(({ index }) => index));
  const madeUp = new Map<number, number>();
  const next = new Map<number, number>();
  const nextAts = new Map<number, number>();
  const ofHeld = since.filter(({ index, at }) => indexes.has(index) && at >= killedAt);
  for (const { index, plannedAt, at } of ofHeld) {
    const isAgain = nextAts.get(index) === plannedAt;
    const isOver = plannedAt < killedAt || at - plannedAt > OVERDUE_MS || isAgain;
    const [found, ms] = isOver ? [madeUp, at - killedAt] : [next, at - plannedAt];
    if (!found.has(index)) found.set(index, ms);
    if (!isOver) nextAts.set(index, plannedAt);
  }
  return {
    ...{ heldCount: indexes.size, madeUpMs: [...madeUp.values()] },
    nextLatenessesMs: [...next.values()],
    isComplete: indexes.size > 0 && madeUp.size === indexes.size && next.size === indexes.size,
  };
}
