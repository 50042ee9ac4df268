/**
 * Converges the divergent groups of one partition, for as long as the term lasts.
 *
 * Trigger: a mark, the end of a pass, the next check, or the poll behind them all.
 * Bound: `batchMax` groups are looked at a round, and eight times as many once per `pollMs`, so that groups
 * that wait for a slot do not hide those behind them.
 * Concurrency: the node's slots, by provider and tenant.
 * Back-off: per group in the store; for the loop itself, doubling after a round that the store did not
 * answer. Stop: the term's signal, or the first pass that is fenced; then the calls of the passes that run
 * are aborted, and the passes waited for.
 */
import { abortWith } from '../base/abort-with.ts';
import { InvariantError } from '../base/assert.ts';
import { backoffMs } from '../base/backoff.ts';
import { Latch } from '../base/latch.ts';
import { decodeLaunch } from '../domain/group/fields.ts';
import type { GroupId } from '../domain/ids.ts';
import { endByStore } from '../ports/owner-term.ts';
import type { OwnerTerm, TermEnd } from '../ports/owner-term.ts';
import type { DivergentGroup, DivergentList } from '../ports/store.ts';
import { dispatch } from './dispatch.ts';
import type { DispatchDeps, DispatchSettings } from './dispatch.ts';
import type { Slots } from './slots.ts';

export interface ConvergerDeps extends DispatchDeps {
  readonly slots: Slots;
}

export interface ConvergerSettings extends DispatchSettings {
  readonly batchMax: number;
  readonly pollMs: number;
}

const BACKOFF = { firstMs: 100, maxMs: 5_000 };
/** Divergent groups that a look past the first batch reads, in batches. */
const LOOK_PAST_BATCHES = 8;
/** What is read at once, at most: a store is kept from all else meanwhile. */
const READ_MAX = 1_000;
/** How often the store is read, at most, while groups that were read wait for a slot. */
const BACKLOG_READ_MS = 50;

/** A group that was read, and the provider of its launch configuration. */
interface Due {
  readonly entry: DivergentGroup;
  readonly provider: string;
}

/** The passes of one term that run now. */
interface Running {
  /** Ends the loop and its passes, whatever the reason. */
  readonly over: AbortController;
  readonly latch: Latch;
  readonly passes: Map<GroupId, Promise<void>>;
  /** How the term ended, where a pass or a round found out. */
  end: TermEnd | undefined;
  /** What a pass must not survive: a broken invariant. */
  broken: InvariantError | undefined;
  failureCount: number;
  /** Groups of the last reading that found no slot. */
  waiting: readonly Due[];
  /** Whether something has been marked, or a pass has ended, since the last reading. */
  hasNews: boolean;
  /** When that was, and when there is something to look at at the latest; in monotonic time. */
  readAtMs: number;
  lookAtMs: number;
  /** When a round last looked past its first batch, in monotonic time. */
  lookedPastAtMs: number;
}

/** Resolves when the term is over and none of its passes runs any more. */
export async function runConverger(
  term: OwnerTerm,
  deps: ConvergerDeps,
  settings: ConvergerSettings,
): Promise<TermEnd> {
  const { controller: over, release } = abortWith(term.signal);
  const inner: OwnerTerm = { ...term, signal: over.signal };
  const latch = new Latch(deps.clock, over.signal);
  const running: Running = {
    over,
    latch,
    passes: new Map(),
    end: undefined,
    broken: undefined,
    failureCount: 0,
    waiting: [],
    hasNews: false,
    readAtMs: Number.NEGATIVE_INFINITY,
    lookAtMs: Number.NEGATIVE_INFINITY,
    lookedPastAtMs: Number.NEGATIVE_INFINITY,
  };
  const unsubscribe = deps.store.subscribe(term.partition, (kind) => {
    if (kind === 'divergent') tellNews(running);
  });
  // Every pass on the node gives one back.
  const unsubscribeSlots = deps.slots.subscribe(() => {
    if (running.waiting.length > 0) latch.set();
  });
  try {
    while (!over.signal.aborted) await round(inner, deps, { settings, running });
  } finally {
    over.abort();
    unsubscribe();
    unsubscribeSlots();
    await Promise.all(running.passes.values());
    release();
  }
  if (running.broken !== undefined) throw running.broken;
  return running.end ?? { kind: 'stopped' };
}

async function round(
  term: OwnerTerm,
  deps: ConvergerDeps,
  loop: { readonly settings: ConvergerSettings; readonly running: Running },
): Promise<void> {
  const { running } = loop;
  try {
    // A store may answer without any I/O: rounds would follow one another and nothing else had a turn.
    await deps.clock.sleep(0, term.signal);
    if (term.signal.aborted) return;
    await startDue(term, deps, loop);
    // What did not start now has no slot, or its pass still runs: either's end wakes us.
    await running.latch.wait(Math.max(readsAgainAtMs(running) - deps.clock.monotonicMs(), 1));
  } catch (error) {
    await pause(term, deps, { running, error });
  }
}

function tellNews(running: Running): void {
  running.hasNews = true;
  running.latch.set();
}

/** When the store is read again, whoever still waits for a slot: with news a moment after the last time. */
function readsAgainAtMs({ waiting, hasNews, readAtMs, lookAtMs }: Running): number {
  return waiting.length > 0 && hasNews ? Math.min(readAtMs + BACKLOG_READ_MS, lookAtMs) : lookAtMs;
}

/**
 * Starts what has a slot: first what has been read and waited for one, and only where that is all, or from time to
 * time, what the store has. Else each pass of a long backlog would read hundreds of groups to start one.
 */
async function startDue(
  term: OwnerTerm,
  deps: ConvergerDeps,
  loop: { readonly settings: ConvergerSettings; readonly running: Running },
): Promise<void> {
  const { running } = loop;
  startEach(term, deps, loop, running.waiting);
  const nowMs = deps.clock.monotonicMs();
  if (running.waiting.length > 0 && nowMs < readsAgainAtMs(running)) return;
  running.hasNews = false;
  running.readAtMs = nowMs;
  const { now, nextAt } = await readDue(term, deps, loop);
  const untilNextMs = nextAt === undefined ? Number.POSITIVE_INFINITY : Math.max(nextAt - now, 1);
  running.lookAtMs = deps.clock.monotonicMs() + Math.min(untilNextMs, loop.settings.pollMs);
}

/**
 * Reads, and starts what has a slot. Groups without one, such as a whole large tenant's, must not hide those behind
 * them; but a larger reading holds up everything else on the node, so that it is made only now and then.
 */
async function readDue(
  term: OwnerTerm,
  deps: ConvergerDeps,
  loop: { readonly settings: ConvergerSettings; readonly running: Running },
): Promise<DivergentList> {
  const { batchMax, pollMs } = loop.settings;
  const { running } = loop;
  const list = await startFirst(term, deps, loop, batchMax);
  const nowMs = deps.clock.monotonicMs();
  const isAll = list.groups.length < batchMax;
  if (isAll || term.signal.aborted || nowMs - running.lookedPastAtMs < pollMs) return list;
  running.lookedPastAtMs = nowMs;
  return startFirst(term, deps, loop, Math.min(LOOK_PAST_BATCHES * batchMax, READ_MAX));
}

/** Starts what has a slot among the first `limit` groups that are due. */
async function startFirst(
  term: OwnerTerm,
  deps: ConvergerDeps,
  loop: { readonly settings: ConvergerSettings; readonly running: Running },
  limit: number,
): Promise<DivergentList> {
  const list = await deps.store.divergent(term.partition, limit);
  if (term.signal.aborted) return list;
  const read = list.groups.map((entry) => ({ entry, provider: providerOf(entry) }));
  startEach(term, deps, loop, read);
  return list;
}

/** Starts those of the groups that have a slot; as many others as a batch has wait for one. */
function startEach(
  term: OwnerTerm,
  deps: ConvergerDeps,
  loop: { readonly settings: ConvergerSettings; readonly running: Running },
  groups: readonly Due[],
): void {
  const { settings, running } = loop;
  // Slots go by provider and tenant: where one group of these found none, no other does.
  const refused = new Set<string>();
  const waiting = groups.filter((due) => {
    const kind = `${due.provider} ${due.entry.tenantId}`;
    if (refused.has(kind)) return true;
    if (isStarted(term, deps, { ...due, ...loop })) return false;
    refused.add(kind);
    return true;
  });
  running.waiting = waiting.slice(0, settings.batchMax);
}

/** Starts a pass unless one runs for the group already; answers false where there is no slot for it. */
function isStarted(
  term: OwnerTerm,
  deps: ConvergerDeps,
  work: Due & { readonly settings: ConvergerSettings; readonly running: Running },
): boolean {
  const { entry, provider, settings, running } = work;
  if (running.passes.has(entry.groupId)) return true;
  const giveBack = deps.slots.take(provider, entry.tenantId);
  if (giveBack === undefined) return false;
  const pass = dispatch(term, deps, { entry, settings })
    .then((result) => {
      running.failureCount = 0;
      if (result.kind === 'fenced') endWith(running, result);
    })
    .catch(async (error: unknown) => {
      if (!(error instanceof InvariantError)) return pause(term, deps, { running, error });
      running.broken = error;
      running.over.abort();
    })
    .finally(() => {
      running.passes.delete(entry.groupId);
      giveBack();
      tellNews(running);
    });
  running.passes.set(entry.groupId, pass);
  return true;
}

/** The first to find out says how the term ended. */
function endWith(running: Running, end: TermEnd): void {
  running.end ??= end;
  running.over.abort();
}

function providerOf(entry: DivergentGroup): string {
  try {
    return decodeLaunch(entry.launch).type;
  } catch {
    // The pass itself reports a record that it cannot read.
    return 'unreadable';
  }
}

async function pause(
  term: OwnerTerm,
  deps: ConvergerDeps,
  failure: { readonly running: Running; readonly error: unknown },
): Promise<void> {
  const { running, error } = failure;
  if (error instanceof InvariantError) throw error;
  const end = endByStore(error);
  if (end !== undefined) {
    endWith(running, end);
    return;
  }
  running.failureCount += 1;
  const retryInMs = backoffMs(BACKOFF, running.failureCount, deps.random.fraction());
  const { partition } = term;
  deps.observe({ event: 'loop.failed', loop: 'converger', partition, err: error, retryInMs });
  await deps.clock.sleep(retryInMs, term.signal);
}
