/**
 * Walks the groups of one partition page by page, for as long as the term lasts.
 *
 * Trigger: a while after the start of the term, when those that it was taken from have other things to do, then the
 * interval after each whole walk. Bound: a page of 100 groups, and pauses that keep the sweeps to 1,000 groups
 * and 100 written groups a second, so that they never compete with what is due. Concurrency: one page at a
 * time, of all partitions of a store on this node. Back-off: doubling with jitter after a page that the store
 * did not answer. Stop: the term's signal.
 */
import { InvariantError } from '../base/assert.ts';
import { backoffMs } from '../base/backoff.ts';
import type { Clock, EpochMs } from '../base/clock.ts';
import type { Gate } from '../base/gate.ts';
import { hasCode, messageOf } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { GroupId } from '../domain/ids.ts';
import type { Observe } from '../ports/observe.ts';
import { endByStore } from '../ports/owner-term.ts';
import type { OwnerTerm, TermEnd } from '../ports/owner-term.ts';
import type { CommitResult, Fenced, Store, StoredGroup } from '../ports/store.ts';

export interface SweepDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly observe: Observe;
  /** Where the sweeps of all partitions of a store take turns, page by page. */
  readonly sweeping: Gate;
}

interface Page {
  readonly now: EpochMs;
  readonly groups: readonly StoredGroup[];
  /** Whether no walk of the term has ended yet. */
  readonly isFirstWalk: boolean;
}

/** What is done with each page; answers with the commit, or undefined where nothing was written. */
export type VisitPage = (page: Page) => Promise<CommitResult | undefined>;

export interface SweepSettings {
  /** Names the sweep in events. */
  readonly loop: string;
  /** From the start of the term to that of the first walk. */
  readonly delayMs: number;
  /** From the end of one walk to the start of the next. */
  readonly intervalMs: number;
  readonly visit: VisitPage;
}

const PAGE_GROUPS = 100;
const PAGE_PAUSE_MS = 100;
const PAUSE_PER_WRITE_MS = 10;
const BACKOFF = { firstMs: 1_000, maxMs: 60_000 };

/** Resolves when the term is over: its signal aborted, or the store refused its token. */
export async function runSweep(
  term: OwnerTerm,
  deps: SweepDeps,
  settings: SweepSettings,
): Promise<TermEnd> {
  let after: GroupId | undefined;
  let isFirstWalk = true;
  let failureCount = 0;
  await sleepLong(deps.clock, settings.delayMs, term.signal);
  while (!term.signal.aborted) {
    try {
      const step = await deps.sweeping.pass(term.signal, () =>
        sweepPage(term, deps, { settings, after, isFirstWalk }),
      );
      if (step === undefined) break;
      if (step.kind === 'fenced') return step;
      failureCount = 0;
      after = step.next;
      if (after === undefined) {
        isFirstWalk = false;
        await sleepLong(deps.clock, settings.intervalMs, term.signal);
      }
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      const end = endByStore(error);
      if (end !== undefined) return end;
      failureCount += 1;
      const retryInMs = backoffMs(BACKOFF, failureCount, deps.random.fraction());
      const { partition } = term;
      deps.observe({ event: 'loop.failed', loop: settings.loop, partition, err: error, retryInMs });
      await sleepLong(deps.clock, retryInMs, term.signal);
    }
  }
  return { kind: 'stopped' };
}

type Step = { readonly kind: 'swept'; readonly next: GroupId | undefined } | Fenced;

/** Visits the page after a group, and pauses; answers with where the next one begins, if it was not the last. */
async function sweepPage(
  term: OwnerTerm,
  deps: SweepDeps,
  at: {
    readonly settings: SweepSettings;
    readonly after: GroupId | undefined;
    readonly isFirstWalk: boolean;
  },
): Promise<Step> {
  const { settings, after, isFirstWalk } = at;
  const walked = await deps.store.walk(term.partition, { after, limit: PAGE_GROUPS });
  const page: Page = { ...walked, isFirstWalk };
  const visited = await visitPage(term, deps, { settings, page });
  if (visited.kind === 'fenced') return visited;
  const pauseMs = Math.max(PAGE_PAUSE_MS, visited.writeCount * PAUSE_PER_WRITE_MS);
  await sleepLong(deps.clock, pauseMs, term.signal);
  const isLast = page.groups.length < PAGE_GROUPS;
  return { kind: 'swept', next: isLast ? undefined : page.groups.at(-1)?.groupId };
}

type Visited = { readonly kind: 'visited'; readonly writeCount: number } | Fenced;

/** Visits the page; where a single record spoils it, group by group, so that the others are not kept from it. */
async function visitPage(
  term: OwnerTerm,
  deps: SweepDeps,
  at: { readonly settings: SweepSettings; readonly page: Page },
): Promise<Visited> {
  const { settings, page } = at;
  const whole = await visitOrRefusal(settings.visit, page);
  if (whole.kind !== 'unit-refused') return whole;
  let writeCount = 0;
  for (const group of page.groups) {
    const alone = await visitOrRefusal(settings.visit, { ...page, groups: [group] });
    if (alone.kind === 'fenced') return alone;
    if (alone.kind === 'visited') writeCount += alone.writeCount;
    else {
      const { groupId, tenantId } = group;
      const { partition } = term;
      const { reason } = alone;
      deps.observe({ event: 'group.record-malformed', partition, tenantId, groupId, reason });
    }
  }
  return { kind: 'visited', writeCount };
}

async function visitOrRefusal(
  visit: VisitPage,
  page: Page,
): Promise<Visited | { readonly kind: 'unit-refused'; readonly reason: string }> {
  try {
    const commit = await visit(page);
    if (commit?.kind === 'fenced') return commit;
    return { kind: 'visited', writeCount: commit?.results.length ?? 0 };
  } catch (error) {
    if (!hasCode(error, 'unit-refused')) throw error;
    return { kind: 'unit-refused', reason: messageOf(error) };
  }
}

/** A single sleep is cut to 30 s. */
async function sleepLong(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const endsAtMs = clock.monotonicMs() + ms;
  for (let leftMs = ms; leftMs > 0 && !signal.aborted; leftMs = endsAtMs - clock.monotonicMs()) {
    await clock.sleep(leftMs, signal);
  }
}
