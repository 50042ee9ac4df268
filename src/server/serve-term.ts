import { abortWith } from '../base/abort-with.ts';
import type { EpochMs } from '../base/clock.ts';
import { runConverger } from '../convergence/run.ts';
import type { ConvergerDeps, ConvergerSettings } from '../convergence/run.ts';
import { selfHealPage } from '../convergence/self-heal.ts';
import type { OwnerTerm, TermEnd } from '../ports/owner-term.ts';
import type { StoredGroup } from '../ports/store.ts';
import { repairPage } from '../scheduler/repair.ts';
import { runScheduler } from '../scheduler/run.ts';
import type { SchedulerDeps, SchedulerSettings } from '../scheduler/run.ts';
import { runSweep } from './sweep.ts';

export interface ServeDeps extends SchedulerDeps, ConvergerDeps {
  /** Mends what the store keeps about tenants beside these groups of the term's partition. */
  readonly mendLists: (groups: readonly StoredGroup[]) => Promise<void>;
}

export interface ServeSettings {
  readonly scheduler: SchedulerSettings & { readonly repairIntervalMs: number };
  readonly converger: ConvergerSettings & { readonly selfHealIntervalMs: number };
}

/**
 * Runs the four loops of a term side by side. The first that learns that the token is refused ends them
 * all; so does one that breaks, whose error is passed on when the others have stopped.
 */
export async function serveTerm(
  term: OwnerTerm,
  deps: ServeDeps,
  settings: ServeSettings,
): Promise<TermEnd> {
  const { controller: over, release } = abortWith(term.signal);
  const inner: OwnerTerm = { ...term, signal: over.signal };
  let since: EpochMs | undefined;
  const loops = [
    runScheduler(inner, deps, settings.scheduler),
    runConverger(inner, deps, settings.converger),
    runSweep(inner, deps, {
      loop: 'repair',
      intervalMs: settings.scheduler.repairIntervalMs,
      visit: async (page) => {
        const repaired = await repairPage(inner, deps, page);
        await deps.mendLists(page.groups);
        return repaired;
      },
    }),
    runSweep(inner, deps, {
      loop: 'self-heal',
      intervalMs: settings.converger.selfHealIntervalMs,
      visit: (page) => {
        since ??= page.now;
        const checkAfterMs = settings.converger.selfHealIntervalMs;
        return selfHealPage(inner, deps, { ...page, checkAfterMs, since });
      },
    }),
  ];
  const ends = await Promise.allSettled(
    loops.map((loop) =>
      loop.finally(() => {
        over.abort();
      }),
    ),
  );
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
