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
  /** Whether the last round left a group behind for want of a slot. */
  wantsSlot: boolean;
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
    wantsSlot: false,
    lookedPastAtMs: Number.NEGATIVE_INFINITY,
  };
  const wake = (): void => {
    latch.set();
  };
  const unsubscribe = deps.store.subscribe(term.partition, (kind) => {
    if (kind === 'divergent') wake();
  });
  // Every pass on the node gives one back: whoever waits for none must not ask the store each time.
  const unsubscribeSlots = deps.slots.subscribe(() => {
    if (running.wantsSlot) wake();
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
  const { settings, running } = loop;
  try {
    // A store may answer without any I/O: rounds would follow one another and nothing else had a turn.
    await deps.clock.sleep(0, term.signal);
    if (term.signal.aborted) return;
    const list = await startDue(term, deps, loop);
    const untilNextMs = list.nextAt === undefined ? settings.pollMs : list.nextAt - list.now;
    // What did not start now has no slot, or its pass still runs: either's end wakes us.
    await running.latch.wait(Math.min(Math.max(untilNextMs, 1), settings.pollMs));
  } catch (error) {
    await pause(term, deps, { running, error });
  }
}

/**
 * Starts what has a slot. Groups without one, such as a whole large tenant's, must not hide those behind
 * them; but a larger reading holds up everything else on the node, so that it is made only now and then.
 */
async function startDue(
  term: OwnerTerm,
  deps: ConvergerDeps,
  loop: { readonly settings: ConvergerSettings; readonly running: Running },
): Promise<DivergentList> {
  const { batchMax, pollMs } = loop.settings;
  const { running } = loop;
  running.wantsSlot = false;
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
  for (const entry of list.groups) start(term, deps, { entry, ...loop });
  return list;
}

/** Starts a pass unless one runs for the group already or there is no slot for it. */
function start(
  term: OwnerTerm,
  deps: ConvergerDeps,
  work: {
    readonly entry: DivergentGroup;
    readonly settings: ConvergerSettings;
    readonly running: Running;
  },
): void {
  const { entry, settings, running } = work;
  if (running.passes.has(entry.groupId)) return;
  const giveBack = deps.slots.take(providerOf(entry), entry.tenantId);
  if (giveBack === undefined) {
    running.wantsSlot = true;
    return;
  }
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
      running.latch.set();
    });
  running.passes.set(entry.groupId, pass);
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
