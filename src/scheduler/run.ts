/**
 * Claims what is due in one partition, for as long as the term lasts.
 *
 * Trigger: the next due time, a wake from the store, or the poll behind both.
 * Bound: 10 policies a pass, and `batchMax` where more are due, with what else is due of the group that they end in.
 * Concurrency: one pass at a time; of those over a backlog, as many as the gate lets through, all partitions of a
 * store taken together.
 * Back-off: doubling with jitter after a pass that the store did not answer. Stop: the term's signal.
 */
import { backoffMs } from '../base/backoff.ts';
import type { BackoffSettings } from '../base/backoff.ts';
import type { Clock, EpochMs } from '../base/clock.ts';
import type { Gate } from '../base/gate.ts';
import { InvariantError } from '../base/assert.ts';
import { Latch } from '../base/latch.ts';
import { endByStore } from '../ports/owner-term.ts';
import type { OwnerTerm, TermEnd } from '../ports/owner-term.ts';
import { tick } from './tick.ts';
import type { TickDeps, TickResult } from './tick.ts';

export interface SchedulerDeps extends TickDeps {
  readonly clock: Clock;
  /** Where passes over a backlog take turns with those of other partitions of the same store. */
  readonly backlog: Gate;
  /** How long claims have to wait because the clock is not to be trusted, in ms; 0 where it is. */
  readonly holdMs: () => number;
}

export interface SchedulerSettings {
  readonly batchMax: number;
  readonly pollMs: number;
}

/**
 * What a partition claims at a time until it is known to be behind. At a full hour all partitions are due at
 * once, and each large batch keeps the event loop busy: those pass a gate, while few are claimed at once.
 */
const PUNCTUAL_MAX = 10;

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
  let isBehind = false;
  while (!term.signal.aborted) {
    const heldMs = deps.holdMs();
    if (heldMs > 0) {
      await loop.latch.wait(heldMs);
      continue;
    }
    try {
      const readAtMs = deps.clock.monotonicMs();
      const result = await pass(term, deps, { isBehind, batchMax: loop.settings.batchMax });
      if (result === undefined) break;
      failureCount = 0;
      if (result.kind === 'fenced') return result;
      isBehind = result.isMoreDue;
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

/** One pass; undefined where the term ended before its turn came. */
function pass(
  term: OwnerTerm,
  deps: SchedulerDeps,
  { isBehind, batchMax }: { readonly isBehind: boolean; readonly batchMax: number },
): Promise<TickResult | undefined> {
  if (isBehind) return deps.backlog.pass(term.signal, () => tick(term, deps, { batchMax }));
  return tick(term, deps, { batchMax: Math.min(PUNCTUAL_MAX, batchMax) });
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
