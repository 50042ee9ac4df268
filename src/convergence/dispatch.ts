/**
 * One pass over one divergent group: lock, look, plan, act, settle.
 *
 * See note "What a pass may leave behind" below. The lock keeps two passes apart while all is well; what
 * makes an overtaken pass harmless is that orders are absolute, that every call is preceded by a renewal
 * which the store refuses to a fenced or late holder, and that whoever learns after a call that it was
 * overtaken marks the group, so that the present owner looks again.
 */
import type { BackoffSettings } from '../base/backoff.ts';
import { backoffMs } from '../base/backoff.ts';
import type { EpochMs } from '../base/clock.ts';
import { unwatched } from '../domain/convergence/reached-by.ts';
import { judgePass } from '../domain/convergence/verdict.ts';
import type { PassResult, Verdict } from '../domain/convergence/verdict.ts';
import { encodeField } from '../domain/group/fields.ts';
import { endOf, isEmptied } from '../domain/group/remembrance.ts';
import type { CommitId, FencingToken } from '../domain/ids.ts';
import type { Observe } from '../ports/observe.ts';
import type { OwnerTerm } from '../ports/owner-term.ts';
import type { CapacityProvider } from '../ports/provider.ts';
import type { DivergentGroup, LockResult, SettleRequest, Unit } from '../ports/store.ts';
import { act, desiredOf } from './act.ts';
import type { ActDeps, Acted } from './act.ts';
import { forgetEvictions } from './forget-evictions.ts';
import { markDivergent } from './mark.ts';
import { readLocked } from './read-locked.ts';
import type { Readable } from './read-locked.ts';

export interface DispatchDeps extends ActDeps {
  readonly observe: Observe;
  readonly providers: ReadonlyMap<string, CapacityProvider>;
}

export interface DispatchSettings {
  readonly lockTtlMs: number;
  readonly callTimeoutMs: number;
  readonly backoff: BackoffSettings;
}

export type DispatchResult =
  | { readonly kind: 'done' }
  /** The lock became another pass's; what this one saw was not recorded. */
  | { readonly kind: 'overtaken' }
  | { readonly kind: 'fenced'; readonly newest: FencingToken };

const DONE: DispatchResult = { kind: 'done' };

type Locked = Extract<LockResult, { readonly kind: 'locked' }>;

/** A locked group, read. */
interface Pass {
  readonly term: OwnerTerm;
  readonly holder: string;
  readonly entry: DivergentGroup;
  readonly locked: Locked;
  readonly startedMs: number;
  readonly settings: DispatchSettings;
}

/** Converges one group as far as one look and one order can. Rejects only where the store cannot answer. */
export async function dispatch(
  term: OwnerTerm,
  deps: DispatchDeps,
  work: { readonly entry: DivergentGroup; readonly settings: DispatchSettings },
): Promise<DispatchResult> {
  const { entry, settings } = work;
  const holder = deps.random.uuid();
  const startedMs = deps.clock.monotonicMs();
  const request = { groupId: entry.groupId, holder, ttlMs: settings.lockTtlMs };
  const locked = await deps.store.lock(term.partition, term.token, request);
  if (locked.kind === 'fenced') return locked;
  if (locked.kind !== 'locked') return DONE;
  const pass = { term, holder, entry, locked, startedMs, settings };
  if (isEmptied(locked.fields)) return remove(deps, pass);
  const readable = readLocked(locked.fields, (reason) => {
    deps.observe({ event: 'group.record-malformed', ...whereOf(pass), reason });
  });
  if (readable === undefined) return settle(deps, pass, giveUpOnRecord(deps, settings));
  const { state } = readable;
  if ((state.isPaused || state.isSuspended) && !state.isDeleting) {
    return settlePaused(deps, pass, readable);
  }
  const provider = deps.providers.get(readable.launch.type);
  if (provider === undefined) return withoutProvider(deps, pass, readable);
  return withProvider(deps, pass, { ...readable, provider });
}

/** A pause that a pass has seen ends the time in which the group is to be there: it begins anew when it is resumed. */
function settlePaused(
  deps: DispatchDeps,
  pass: Pass,
  { observation }: Readable,
): Promise<DispatchResult> {
  const observed = unwatched(observation);
  const set = observed === observation ? {} : { observed: encodeField(observed) };
  return settle(deps, pass, { set, next: 'clear', events: [] });
}

/** A record that cannot be read is looked at again now and then; somebody may mend it. */
function giveUpOnRecord(deps: DispatchDeps, settings: DispatchSettings): SettleContent {
  const { maxMs } = settings.backoff;
  const retryInMs = backoffMs({ firstMs: maxMs, maxMs }, 1, deps.random.fraction());
  return { set: {}, next: { retryInMs }, events: [] };
}

async function withoutProvider(
  deps: DispatchDeps,
  pass: Pass,
  group: Readable,
): Promise<DispatchResult> {
  // Nothing was ever started for a group that no pass has looked at.
  if (group.state.isDeleting && group.observation.actual === undefined) return remove(deps, pass);
  const served = [...deps.providers.keys()].sort().join(', ') || 'none';
  const reason = `no provider on this node serves launch type "${group.launch.type}" (it serves: ${served})`;
  return judgeAndSettle(deps, pass, {
    ...{ group, desired: desiredOf(group.state), isEvicting: false },
    result: { kind: 'no-provider', reason },
  });
}

async function withProvider(
  deps: DispatchDeps,
  pass: Pass,
  group: Readable & { readonly provider: CapacityProvider },
): Promise<DispatchResult> {
  const { term, entry, locked, holder, settings } = pass;
  const { state, launch, provider } = group;
  const acted = await act(term, deps, {
    lock: { groupId: entry.groupId, holder, ttlMs: settings.lockTtlMs },
    generation: locked.generation,
    state,
    provider,
    target: { groupId: entry.groupId, tenantId: locked.tenantId, args: launch.args },
    callTimeoutMs: settings.callTimeoutMs,
  });
  const { desired, result } = acted;
  switch (result.kind) {
    case 'overtaken':
      return overtaken(deps, pass, result);
    case 'interrupted':
      // Given back at once: the next owner is not to wait for the lock to expire.
      return settle(deps, pass, { set: {}, next: { retryInMs: 0 }, events: [] });
    case 'paused':
      return settlePaused(deps, pass, group);
    case 'observed':
      if (state.isDeleting && result.actual === 0) return remove(deps, pass);
      return settleObserved(deps, pass, { group, acted, result });
    case 'transient':
    case 'fatal':
      return judgeAndSettle(deps, pass, { group, desired, isEvicting: false, result });
  }
}

/** Of the servers that were told to leave, those that are not seen any more have left. */
async function settleObserved(
  deps: DispatchDeps,
  pass: Pass,
  seen: {
    readonly group: Readable;
    readonly acted: Acted;
    readonly result: Extract<PassResult, { readonly kind: 'observed' }>;
  },
): Promise<DispatchResult> {
  const { group, acted, result } = seen;
  const { desired, evicting } = acted;
  const seenIds = new Set(result.servers.map(({ id }) => id));
  const serverIds = evicting.map(({ id }) => id).filter((id) => !seenIds.has(id));
  const { groupId } = pass.entry;
  const areForgotten =
    serverIds.length === 0 || (await forgetEvictions(pass.term, deps, { groupId, serverIds }));
  const isEvicting = serverIds.length < evicting.length || !areForgotten;
  return judgeAndSettle(deps, pass, { group, desired, isEvicting, result });
}

/** What a pass is judged by. */
interface Finding {
  readonly group: Readable;
  readonly desired: number;
  /** Whether servers that were told to leave are still there, or could not be taken off the list of those. */
  readonly isEvicting: boolean;
  readonly result: PassResult;
}

async function judgeAndSettle(
  deps: DispatchDeps,
  pass: Pass,
  finding: Finding,
): Promise<DispatchResult> {
  const { group, desired, isEvicting, result } = finding;
  const verdict = judgePass({
    before: group.observation,
    reachedBySeconds: group.reachedBySeconds,
    ...{ desired, isEvicting, result },
    askedAt: pass.entry.checkAt,
    now: nowOf(deps, pass),
    backoff: pass.settings.backoff,
    fraction: deps.random.fraction(),
  });
  const ended = await settle(deps, pass, {
    set: { observed: encodeField(verdict.observation) },
    next: verdict.next,
    events: verdict.events,
  });
  if (ended.kind === 'done') {
    reportVerdict(deps, pass, { ...finding, verdict });
  }
  return ended;
}

/** The store's clock at the lock, plus what has passed since: never the node's wall clock. */
function nowOf(deps: DispatchDeps, pass: Pass): EpochMs {
  return Math.round(pass.locked.now + deps.clock.monotonicMs() - pass.startedMs) as EpochMs; // an instant moved on
}

function reportVerdict(
  deps: DispatchDeps,
  pass: Pass,
  judged: Finding & { readonly verdict: Verdict },
): void {
  const { desired, isEvicting, verdict, result } = judged;
  const where = whereOf(pass);
  const { failureCount, reasons } = verdict.observation;
  for (const event of verdict.events) {
    if (event.event === 'group.overdue' || event.event === 'group.reached') {
      deps.observe({ ...event, ...where });
    }
  }
  if (verdict.next === 'clear') {
    const durationMs = deps.clock.monotonicMs() - pass.startedMs;
    deps.observe({ event: 'group.converged', ...where, desired, actual: desired, durationMs });
    return;
  }
  if (result.kind === 'fatal') deps.observe({ event: 'group.failed', ...where, reasons });
  const leaving = isEvicting ? ', and servers that are to leave it' : '';
  const reason =
    result.kind === 'observed'
      ? `the provider has ${String(result.actual)} of ${String(desired)}${leaving}`
      : result.reason;
  const { retryInMs } = verdict.next;
  deps.observe({ event: 'group.pass-unfinished', ...where, reason, failureCount, retryInMs });
}

type SettleContent = Pick<SettleRequest, 'set' | 'next' | 'events'>;

async function settle(
  deps: DispatchDeps,
  pass: Pass,
  content: SettleContent,
): Promise<DispatchResult> {
  const { term, entry, holder, locked } = pass;
  const settled = await deps.store.settle(term.partition, term.token, {
    groupId: entry.groupId,
    holder,
    // Of the lock, whatever a renewal showed since: a mark that came meanwhile asks for another pass.
    generation: locked.generation,
    ...content,
  });
  switch (settled.kind) {
    case 'settled':
      return DONE;
    case 'lost':
      return overtaken(deps, pass, { hasCalled: true, newest: undefined });
    case 'fenced':
      return overtaken(deps, pass, { hasCalled: true, newest: settled.newest });
  }
}

/** Note "What a pass may leave behind": a call that left under a lock that is another's now may have undone its work. */
async function overtaken(
  deps: DispatchDeps,
  pass: Pass,
  by: { readonly hasCalled: boolean; readonly newest: FencingToken | undefined },
): Promise<DispatchResult> {
  deps.observe({ event: 'group.lock-lost', ...whereOf(pass) });
  // Not under the term's signal: the term may well be what has ended.
  if (by.hasCalled) await markDivergent(deps, pass.entry.groupId, new AbortController().signal);
  return by.newest === undefined ? { kind: 'overtaken' } : { kind: 'fenced', newest: by.newest };
}

/**
 * Removes a group that is to be deleted and of which nothing is left, unless it was marked since it was locked.
 * Of one that was created by a request with a key, what its repeats are answered from stays for as long as they must
 * be: a short record, whatever the group was like. Dying between the two commits leaves it to be looked at again.
 */
async function remove(deps: DispatchDeps, pass: Pass): Promise<DispatchResult> {
  const { term, entry, locked } = pass;
  const lookAgainIn = (retryInMs: number): Promise<DispatchResult> =>
    settle(deps, pass, { set: {}, next: { retryInMs }, events: [] });
  // The lock's reading of the store's clock may be too old by now, and our own clock is not the store's.
  const { now, group } = await deps.store.group(entry.groupId);
  const { goesInMs, ...change } = endOf(group?.fields, now);
  if (goesInMs !== undefined && isEmptied(locked.fields)) return lookAgainIn(goesInMs);
  const unit: Unit = {
    groupId: entry.groupId,
    tenantId: locked.tenantId,
    commitId: deps.random.uuid() as CommitId,
    decidedAt: now,
    expectVersion: locked.version,
    ...change,
    due: [],
    divergence: 'keep',
    listing: 'drop',
    events: [],
  };
  const commit = await deps.store.commit(term.partition, term.token, [unit]);
  if (commit.kind === 'fenced') {
    return overtaken(deps, pass, { hasCalled: false, newest: commit.newest });
  }
  if (commit.results[0] !== 'committed') return lookAgainIn(0);
  if (goesInMs !== undefined) return lookAgainIn(goesInMs);
  deps.observe({ event: 'group.removed', ...whereOf(pass) });
  return DONE;
}

function whereOf(pass: Pass): {
  readonly partition: OwnerTerm['partition'];
  readonly tenantId: Locked['tenantId'];
  readonly groupId: DivergentGroup['groupId'];
} {
  return {
    partition: pass.term.partition,
    tenantId: pass.locked.tenantId,
    groupId: pass.entry.groupId,
  };
}
