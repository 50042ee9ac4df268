/** Whether providers were told the right thing by the right process, and servers followed. */
import { convergedMs } from './allowances.ts';
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
    const tell = (what: string): Found[] => [{ t, what, groupId, partition }];
    const servers = actual[groupId] ?? 0;
    const group = kept.get(groupId);
    if (group === undefined) {
      if (!book.isRemoved || servers === 0 || hasDriftedSince(facts, groupId)) return [];
      return tell(`it is gone, and ${servers} servers are not`);
    }
    const state = readState(group.fields['state']);
    if (state === undefined || book.poisoned.size > 0) return [];
    if (state.isDeleting && isJustMarked(facts, groupId)) return [];
    if (state.isDeleting) return tell('it was deleted and is still there');
    if (state.isPaused || state.isSuspended || isJustMarked(facts, groupId)) return [];
    if (servers !== state.desired) return tell(`there are ${servers} servers of ${state.desired}`);
    return group.isDivergent ? tell('it is still marked') : [];
  });
}

/** Whether somebody else gave a group servers after it was removed: nobody looks at it any more. */
function hasDriftedSince({ ledger, byKind }: Facts, groupId: string): boolean {
  const removedAt = ledger.commits.findLast(({ book }) => book.groupId === groupId)?.entry.t;
  return byKind
    .of('provider.drifted')
    .some((entry) => entry.groupId === groupId && entry.t >= (removedAt ?? Infinity));
}

/** Whether a commit asked for a pass that may still be under way. */
function isJustMarked(facts: Facts, groupId: string): boolean {
  const { ledger, timings, groupCount, endedAt, disturbances } = facts;
  const last = ledger.commits.findLast(
    ({ entry, book }) => book.groupId === groupId && entry.isMarked,
  );
  if (last === undefined) return false;
  const keys = [...keysOf(last.entry), `group ${groupId}`];
  const boundMs = convergedMs(timings, groupCount);
  return disturbances.convergence.deadline(last.entry.t, boundMs, keys) >= endedAt;
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
