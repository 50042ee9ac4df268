/** Whether providers were told the right thing by the right process, and servers followed. */
import type { FinalGroup } from '../trace.ts';
import { convergedMs, STRAY_ORDER_MS, strayOrderHealedMs } from './allowances.ts';
import type { GroupBook } from './book.ts';
import { keysOf } from './disturbances.ts';
import type { EntryOf, Violation } from './entries.ts';
import type { Facts } from './facts.ts';
import { isNewer, shown } from './locks.ts';
import { readState } from './records.ts';
import { iso } from './rules-claims.ts';
import { tellingsOf, wasHeldUp } from './tellings.ts';
import type { Telling } from './tellings.ts';

type Found = Omit<Violation, 'rule'>;

/** A provider was told something when its group's lock had ended; but once for each time the process was held up. */
export function toldAfterLock(facts: Facts): readonly Found[] {
  const excused = new Set<string>();
  return tellingsOf(facts).flatMap(({ entry, grant, lockedUntil, delay }): Found[] => {
    if (entry.sentAt <= lockedUntil) return [];
    if (grant !== undefined && delay !== undefined && !excused.has(delay)) {
      excused.add(delay);
      return [];
    }
    const ended =
      grant === undefined ? 'there was no lock' : `the lock had ended ${iso(lockedUntil)}`;
    const what = `${entry.process} told the provider at ${iso(entry.sentAt)}, and ${ended}`;
    return [{ t: entry.t, what, groupId: entry.groupId }];
  });
}

/**
 * A provider was told something on the strength of the lock alone: it was taken before a look that may have lasted longer than
 * it does, and nobody asked whether it was still there.
 */
export function toldUnrenewed(facts: Facts): readonly Found[] {
  return tellingsOf(facts).flatMap(({ entry, grant }): Found[] => {
    if (grant?.entry.kind !== 'store.locked') return [];
    const { t, groupId, process } = entry;
    return [{ t, groupId, what: `${process} told the provider without a renewal since its lock` }];
  });
}

/** A provider was told another capacity than was desired at the renewal, or anything while the group was paused. */
export function toldWrongSize(facts: Facts): readonly Found[] {
  return tellingsOf(facts).flatMap(({ entry, grant }): Found[] => {
    const state = grant?.state;
    if (state === undefined) return [];
    const { t, groupId, desired } = entry;
    const isHeld = (state.isPaused || state.isSuspended) && !state.isDeleting;
    if (isHeld) return [{ t, groupId, what: `told ${desired} while the group was paused` }];
    const wanted = state.isDeleting ? 0 : state.desired;
    return desired === wanted ? [] : [{ t, groupId, what: `told ${desired} instead of ${wanted}` }];
  });
}

/** An older owner's order was carried out after a newer one's, and nothing had held it up. */
export function tokenBack(facts: Facts): readonly Found[] {
  const newest = new Map<string, Telling['entry']>();
  const excused = new Set<string>();
  return tellingsOf(facts).flatMap((telling): Found[] => {
    const { entry } = telling;
    const { groupId, token, t } = entry;
    if (!entry.isDone) return [];
    const done = newest.get(groupId);
    if (done === undefined || !isNewer(done.token, token)) {
      newest.set(groupId, entry);
      return [];
    }
    if (isExcused(facts, { telling, doneAt: done.t, excused })) return [];
    const what = `an order under ${shown(token)} was carried out after one under ${shown(done.token)}`;
    return [{ t, what, groupId }];
  });
}

function isExcused(
  facts: Facts,
  order: { readonly telling: Telling; readonly doneAt: number; readonly excused: Set<string> },
): boolean {
  const { telling, doneAt, excused } = order;
  const { entry, delay } = telling;
  const { networkMaxMs, providerMaxMs } = facts.timings;
  if (entry.sentAt <= doneAt) {
    // The newer one overtook it on the way.
    return entry.t - entry.sentAt <= networkMaxMs + providerMaxMs || wasHeldUp(facts, telling);
  }
  if (delay === undefined || excused.has(delay)) return false;
  excused.add(delay);
  return true;
}

/** When all has been calm for long enough, there are as many servers as are wanted. */
export function diverged(facts: Facts): readonly Found[] {
  const { ended, ledger } = facts;
  if (ended === undefined) return [];
  const { t, actual } = ended;
  const kept = new Map(ended.groups.map((group) => [group.groupId, group]));
  return [...ledger.books.values()].flatMap((book): Found[] => {
    const { groupId, partition } = book;
    const group = kept.get(groupId);
    const servers = actual[groupId] ?? 0;
    const why =
      group === undefined
        ? remainderOf(facts, book, servers)
        : differenceOf(facts, { book, group, servers });
    return why === undefined ? [] : [{ t, what: why, groupId, partition }];
  });
}

function remainderOf(facts: Facts, book: GroupBook, servers: number): string | undefined {
  const { isRemoved, groupId } = book;
  if (!isRemoved || servers === 0 || hasDriftedSince(facts, groupId)) return undefined;
  if (wasToldTooLate(facts, groupId, servers)) return undefined;
  return `it is gone, and ${servers} servers are not`;
}

function differenceOf(
  facts: Facts,
  at: { readonly book: GroupBook; readonly group: FinalGroup; readonly servers: number },
): string | undefined {
  const { book, group, servers } = at;
  const state = readState(group.fields['state']);
  if (state === undefined || book.poisoned.size > 0) return undefined;
  const isBeingSettled = mayBeUnderWay(facts, book);
  if (state.isDeleting) return isBeingSettled ? undefined : 'it was deleted and is still there';
  if (state.isPaused || state.isSuspended) return undefined;
  const isAccountedFor = isBeingSettled || mayStray(facts, book, servers);
  if (servers !== state.desired && !isAccountedFor) {
    return `there are ${servers} servers of ${state.desired}`;
  }
  // How long a mark may last is another rule's.
  return group.isDivergent && !book.isMarked ? 'it is still marked' : undefined;
}

/** Whether somebody else gave a group servers after it was removed: nobody looks at it any more. */
function hasDriftedSince(facts: Facts, groupId: string): boolean {
  return facts.byKind
    .of('provider.drifted')
    .some((entry) => entry.groupId === groupId && entry.t >= removedAtOf(facts, groupId));
}

/** Whether these servers come of the one order that an owner had renewed for, and sent when the group was gone. */
function wasToldTooLate(facts: Facts, groupId: string, servers: number): boolean {
  return tellingsOf(facts).some(
    ({ entry, delay }) =>
      entry.groupId === groupId &&
      entry.desired === servers &&
      entry.t >= removedAtOf(facts, groupId) &&
      delay !== undefined,
  );
}

function removedAtOf({ ledger }: Facts, groupId: string): number {
  return ledger.commits.findLast(({ book }) => book.groupId === groupId)?.entry.t ?? Infinity;
}

/** Whether what is wanted has changed so lately that a pass for it may still be under way. */
function mayBeUnderWay(facts: Facts, book: GroupBook): boolean {
  const { timings, groupCount, endedAt, disturbances } = facts;
  const keys = [...keysOf(book), `group ${book.groupId}`];
  const boundMs = convergedMs(timings, groupCount);
  return disturbances.convergence.deadline(book.wantedSince, boundMs, keys) >= endedAt;
}

/** Whether an order of before the last change may have been carried out after it, and not been found yet. */
function mayStray(facts: Facts, book: GroupBook, servers: number): boolean {
  const { timings, groupCount, endedAt, disturbances, byKind } = facts;
  const { wantedSince, groupId } = book;
  const isOrdered = byKind
    .of('provider.told')
    .some(
      ({ groupId: told, desired, isDone, t }) =>
        told === groupId && desired === servers && isDone && t >= wantedSince - STRAY_ORDER_MS,
    );
  const keys = [...keysOf(book), `group ${groupId}`];
  const boundMs = strayOrderHealedMs(timings, groupCount);
  return isOrdered && disturbances.convergence.deadline(wantedSince, boundMs, keys) >= endedAt;
}

/** A mark whose pass took longer than it may. */
export function convergedLate(facts: Facts): readonly Found[] {
  return new Watch(facts).run();
}

interface Mark {
  readonly since: number;
  readonly entry: EntryOf<'store.applied'>;
}

/** Follows the marks of all groups through what survived. */
class Watch {
  readonly #facts: Facts;
  readonly #marks = new Map<string, Mark>();
  /** Groups that no pass can read. */
  readonly #unreadable = new Set<string>();
  readonly #found: Found[] = [];

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  run(): readonly Found[] {
    const { trace, survivors, endedAt, ended } = this.#facts;
    for (const entry of trace) {
      if (entry.kind === 'store.rolled-back') this.#rollBack(entry);
      if (survivors.lost.has(entry)) continue;
      if (entry.kind === 'store.applied') this.#see(entry);
      else if (entry.kind === 'store.settled' && entry.isCleared)
        this.#clear(entry.groupId, entry.t);
    }
    if (ended !== undefined) for (const id of [...this.#marks.keys()]) this.#clear(id, endedAt);
    return this.#found;
  }

  /** What was settled may have to be settled again. */
  #rollBack({ store, t }: EntryOf<'store.rolled-back'>): void {
    for (const [groupId, mark] of this.#marks) {
      if (mark.entry.store === store) this.#marks.set(groupId, { ...mark, since: t });
    }
  }

  #see(entry: EntryOf<'store.applied'>): void {
    const { groupId, t } = entry;
    if (entry.process === undefined && ['state', 'launch'].some((name) => name in entry.set)) {
      this.#unreadable.add(groupId);
    }
    const state = readState(entry.set['state']);
    const isHeld = state !== undefined && state.isPaused && !state.isDeleting;
    if (entry.remove === 'group') this.#clear(groupId, t);
    else if (isHeld || this.#unreadable.has(groupId)) this.#marks.delete(groupId);
    else if (entry.isMarked && !this.#marks.has(groupId))
      this.#marks.set(groupId, { since: t, entry });
  }

  #clear(groupId: string, t: number): void {
    const mark = this.#marks.get(groupId);
    this.#marks.delete(groupId);
    if (mark === undefined) return;
    const { disturbances, timings, groupCount } = this.#facts;
    const { partition } = mark.entry;
    const keys = [...keysOf(mark.entry), `group ${groupId}`];
    const deadline = disturbances.convergence.deadline(
      mark.since,
      convergedMs(timings, groupCount),
      keys,
    );
    if (t <= deadline) return;
    const what = `it was marked ${iso(mark.since)} and not converged by ${iso(deadline)}`;
    this.#found.push({ t, what, groupId, partition });
  }
}
