/**
 * Claims what is due in one partition, for as long as the term lasts.
 *
 * Trigger: the next due time, a wake from the store, or the poll behind both.
 * Bound: `batchMax` policies a pass. Concurrency: one pass at a time.
 * Back-off: doubling with jitter after a pass that the store did not answer. Stop: the term's signal.
 */
import { backoffMs } from '../base/backoff.ts';
import type { BackoffSettings } from '../base/backoff.ts';
import type { Clock, EpochMs } from '../base/clock.ts';
import { InvariantError } from '../base/assert.ts';
import { Latch } from '../base/latch.ts';
import { endByStore } from '../ports/owner-term.ts';
import type { OwnerTerm, TermEnd } from '../ports/owner-term.ts';
import { tick } from './tick.ts';
import type { TickDeps } from './tick.ts';

export interface SchedulerDeps extends TickDeps {
  readonly clock: Clock;
  /** How long claims have to wait because the clock is not to be trusted, in ms; 0 where it is. */
  readonly holdMs: () => number;
}

export interface SchedulerSettings {
  readonly batchMax: number;
  readonly pollMs: number;
}

const BACKOFF: BackoffSettings = { firstMs: 100, maxMs: 5_000 };

/** Resolves when the term is over: its signal aborted, or the store refused its token. */
export async function runScheduler(
  term: OwnerTerm,
  deps: SchedulerDeps,
  settings: SchedulerSettings,
): Promise<TermEnd> {
  const latch = new Latch(deps.clock, term.signal);
  // Subscribed before the first pass: what is armed from now on is either read or wakes us.
  const unsubscribe = deps.store.subscribe(term.partition, (wake) => {
    if (wake === 'due') latch.set();
  });
  try {
    return await passUntilOver(term, deps, { settings, latch });
  } finally {
    unsubscribe();
  }
}

async function passUntilOver(
  term: OwnerTerm,
  deps: SchedulerDeps,
  loop: { readonly settings: SchedulerSettings; readonly latch: Latch },
): Promise<TermEnd> {
  let failureCount = 0;
  while (!term.signal.aborted) {
    const heldMs = deps.holdMs();
    if (heldMs > 0) {
      await loop.latch.wait(heldMs);
      continue;
    }
    try {
      const readAtMs = deps.clock.monotonicMs();
      const result = await tick(term, deps, loop.settings);
      failureCount = 0;
      if (result.kind === 'fenced') return result;
      // Not by the latch: where that is set already, nobody else would get to run between two batches.
      if (result.isMoreDue) await deps.clock.sleep(0, term.signal);
      else {
        const passedMs = deps.clock.monotonicMs() - readAtMs;
        await loop.latch.wait(waitMs(result, passedMs, loop.settings.pollMs));
      }
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      const end = endByStore(error);
      if (end !== undefined) return end;
      failureCount += 1;
      const retryInMs = backoffMs(BACKOFF, failureCount, deps.random.fraction());
      const { partition } = term;
      deps.observe({ event: 'loop.failed', loop: 'scheduler', partition, err: error, retryInMs });
      await deps.clock.sleep(retryInMs, term.signal);
    }
  }
  return { kind: 'stopped' };
}

/** From now until the next due time or poll. The pass began `passedMs` ago, and read the clock then. */
function waitMs(
  result: { readonly now: EpochMs; readonly nextAt: EpochMs | undefined },
  passedMs: number,
  pollMs: number,
): number {
  if (result.nextAt === undefined) return pollMs;
  return Math.min(Math.max(result.nextAt - result.now - passedMs, 1), pollMs);
}
