import { abortWith } from '../base/abort-with.ts';
import type { EpochMs } from '../base/clock.ts';
import { runConverger } from '../convergence/run.ts';
import type { ConvergerDeps, ConvergerSettings } from '../convergence/run.ts';
import { selfHealPage } from '../convergence/self-heal.ts';
import type { OwnerTerm, TermEnd } from '../ports/owner-term.ts';
import type { CommitResult, Fenced, StoredGroup } from '../ports/store.ts';
import { bringCalendars } from '../scaling/sweep-calendars.ts';
import type { CalendarSweepDeps } from '../scaling/sweep-calendars.ts';
import { repairPage } from '../scheduler/repair.ts';
import { runScheduler } from '../scheduler/run.ts';
import type { SchedulerDeps, SchedulerSettings } from '../scheduler/run.ts';
import { runSweep } from './sweep.ts';
import type { SweepDeps } from './sweep.ts';

export interface ServeDeps extends SchedulerDeps, ConvergerDeps, SweepDeps, CalendarSweepDeps {
  /** The release of the time zone data that schedules are compiled with. */
  readonly timeZones: string;
  /** Mends what the store keeps about tenants beside these groups of the term's partition. */
  readonly mendLists: (groups: readonly StoredGroup[]) => Promise<void>;
}

export interface ServeSettings {
  readonly scheduler: SchedulerSettings & { readonly repairIntervalMs: number };
  readonly converger: ConvergerSettings & { readonly selfHealIntervalMs: number };
  /** From the start of the term to its first sweep. */
  readonly sweepDelayMs: number;
}

/** Entries of lists that are younger than an hour are let be, so that looking more often would find nothing. */
const LISTS_INTERVAL_MS = 3_600_000;

/**
 * Runs the loops of a term side by side. The first that learns that the token is refused ends them all; so does
 * one that breaks, whose error is passed on when the others have stopped. What is due is claimed until all
 * others have ended: a pass under way may wait for a provider, and nobody else claims meanwhile.
 */
export async function serveTerm(
  term: OwnerTerm,
  deps: ServeDeps,
  settings: ServeSettings,
): Promise<TermEnd> {
  if (term.signal.aborted) return { kind: 'stopped' };
  const { controller: over, release } = abortWith(term.signal);
  const inner: OwnerTerm = { ...term, signal: over.signal };
  const claiming = new AbortController();
  const claims = runScheduler({ ...term, signal: claiming.signal }, deps, settings.scheduler);
  const others = [
    runConverger(inner, deps, settings.converger),
    ...sweepsOf(inner, deps, settings),
  ];
  const ending = [claims, ...others].map((loop) =>
    loop.finally(() => {
      over.abort();
    }),
  );
  await Promise.allSettled(others);
  claiming.abort();
  const ends = await Promise.allSettled(ending);
  release();
  const broken = ends.find((result) => result.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  const found = ends.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  // Fenced weighs most: whoever else found the server changed would only be refused there.
  for (const kind of ['fenced', 'store-changed'] as const) {
    const end = found.find((value) => value.kind === kind);
    if (end !== undefined) return end;
  }
  return { kind: 'stopped' };
}

/** What two commits of one visit came to. A group that was in both is stale in the second, and looked at again. */
function together(
  first: Exclude<CommitResult, Fenced> | undefined,
  second: CommitResult | undefined,
): CommitResult | undefined {
  if (first === undefined || second === undefined || second.kind === 'fenced') {
    return second ?? first;
  }
  return { ...second, results: [...first.results, ...second.results] };
}

function sweepsOf(
  term: OwnerTerm,
  deps: ServeDeps,
  { scheduler, converger, sweepDelayMs: delayMs }: ServeSettings,
): readonly Promise<TermEnd>[] {
  const checkAfterMs = converger.selfHealIntervalMs;
  let since: EpochMs | undefined;
  return [
    runSweep(term, deps, {
      ...{ loop: 'repair', delayMs, intervalMs: scheduler.repairIntervalMs },
      visit: async (page) => {
        const repaired = await repairPage(term, deps, page);
        if (repaired?.kind === 'fenced') return repaired;
        return together(repaired, await bringCalendars(term, deps, page));
      },
    }),
    runSweep(term, deps, {
      ...{ loop: 'self-heal', delayMs, intervalMs: converger.selfHealIntervalMs },
      visit: (page) => {
        since ??= page.now;
        return selfHealPage(term, deps, { ...page, checkAfterMs, since });
      },
    }),
    runSweep(term, deps, {
      ...{ loop: 'lists', delayMs, intervalMs: LISTS_INTERVAL_MS },
      visit: async ({ groups }) => {
        await deps.mendLists(groups);
        return undefined;
      },
    }),
  ];
}
