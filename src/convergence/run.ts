/**
 * Converges the divergent groups of one partition, for as long as the term lasts.
 *
 * Trigger: a mark, the end of a pass, the next check, or the poll behind them all.
 * Bound: `batchMax` groups are looked at a round. Concurrency: the node's slots, by provider and tenant.
 * Back-off: per group in the store; for the loop itself, doubling after a round that the store did not
 * answer. Stop: the term's signal; then the passes that run are waited for.
 */
import { InvariantError } from '../base/assert.ts';
import { backoffMs } from '../base/backoff.ts';
import { Latch } from '../base/latch.ts';
import { decodeLaunch } from '../domain/group/fields.ts';
import type { FencingToken, GroupId } from '../domain/ids.ts';
import type { OwnerTerm, TermEnd } from '../ports/owner-term.ts';
import type { DivergentGroup } from '../ports/store.ts';
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

/** The passes of one term that run now, and how the term ended if one of them found out. */
interface Running {
  readonly latch: Latch;
  readonly passes: Map<GroupId, Promise<void>>;
  fencedBy: FencingToken | undefined;
  /** What a pass must not survive: a broken invariant. */
  broken: InvariantError | undefined;
  failureCount: number;
}

/** Resolves when the term is over and none of its passes runs any more. */
export async function runConverger(
  term: OwnerTerm,
  deps: ConvergerDeps,
  settings: ConvergerSettings,
): Promise<TermEnd> {
  const latch = new Latch(deps.clock, term.signal);
  const running: Running = {
    latch,
    passes: new Map(),
    fencedBy: undefined,
    broken: undefined,
    failureCount: 0,
  };
  const wake = (): void => {
    latch.set();
  };
  const unsubscribe = deps.store.subscribe(term.partition, (kind) => {
    if (kind === 'divergent') wake();
  });
  const unsubscribeSlots = deps.slots.subscribe(wake);
  try {
    while (!term.signal.aborted && running.fencedBy === undefined) {
      await round(term, deps, { settings, running });
      if (running.broken !== undefined) throw running.broken;
    }
  } finally {
    unsubscribe();
    unsubscribeSlots();
    await Promise.all(running.passes.values());
  }
  return running.fencedBy === undefined
    ? { kind: 'stopped' }
    : { kind: 'fenced', newest: running.fencedBy };
}

async function round(
  term: OwnerTerm,
  deps: ConvergerDeps,
  loop: { readonly settings: ConvergerSettings; readonly running: Running },
): Promise<void> {
  const { settings, running } = loop;
  try {
    const list = await deps.store.divergent(term.partition, settings.batchMax);
    for (const entry of list.groups) start(term, deps, { entry, ...loop });
    const untilNextMs = list.nextAt === undefined ? settings.pollMs : list.nextAt - list.now;
    // What did not start now has no slot, or its pass still runs: a slot given back wakes us.
    await running.latch.wait(Math.min(Math.max(untilNextMs, 1), settings.pollMs));
  } catch (error) {
    await pause(term, deps, { running, error });
  }
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
  if (giveBack === undefined) return;
  const pass = dispatch(term, deps, { entry, settings })
    .then((result) => {
      running.failureCount = 0;
      if (result.kind === 'fenced') running.fencedBy = result.newest;
    })
    .catch(async (error: unknown) => {
      if (error instanceof InvariantError) running.broken = error;
      else await pause(term, deps, { running, error });
    })
    .finally(() => {
      running.passes.delete(entry.groupId);
      giveBack();
    });
  running.passes.set(entry.groupId, pass);
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
  running.failureCount += 1;
  const retryInMs = backoffMs(BACKOFF, running.failureCount, deps.random.fraction());
  const { partition } = term;
  deps.observe({ event: 'loop.failed', loop: 'converger', partition, err: error, retryInMs });
  await deps.clock.sleep(retryInMs, term.signal);
}
