/**
 * Replays the surviving changes group by group and keeps the checker's own account of every policy: which
 * occurrence must be claimed next, and what was claimed, passed over, or ended instead.
 */
import type { TraceEntry, TracedEvent } from '../trace.ts';
import { isAlike } from './alike.ts';
import { GroupBook, isWindow, policyOfField } from './book.ts';
import type { GroupPage, PolicyPage } from './book.ts';
import { Calendars, namesOf } from './calendar.ts';
import { bringsCalendars } from './commit.ts';
import type { Commit } from './commit.ts';
import type { EntryOf } from './entries.ts';
import type { CopiesRecord } from './records.ts';
import { TIMER_ID } from './timers.ts';
import { WindowAccount } from './window-account.ts';

/** Occurrences that an event says were claimed or missed. */
export interface Claim {
  readonly commit: Commit;
  readonly policyId: string;
  readonly event: TracedEvent;
  readonly first: number;
  readonly last: number;
  readonly isFired: boolean;
  /** Recorded because the policy was written anew. */
  readonly isByChange: boolean;
  /** The policy's page before the event. */
  readonly page: PolicyPage;
}

/** An armed occurrence of a policy that was not claimed before the policy went on without it. */
interface Lapse {
  readonly commit: Commit;
  readonly policyId: string;
  readonly occurrence: number;
  /** `passed-over`: a later one was claimed, or it was left out when the policy was written anew. */
  readonly how: 'passed-over' | 'ended';
  readonly page: PolicyPage;
}

/** The whole account. */
export interface Ledger {
  readonly commits: readonly Commit[];
  readonly claims: readonly Claim[];
  readonly lapses: readonly Lapse[];
  readonly windows: WindowAccount;
  /** All groups that survived, those that were removed since too. */
  readonly books: ReadonlyMap<string, GroupBook>;
}

/** Replays what survived. */
export function ledgerOf(trace: readonly TraceEntry[], lost: ReadonlySet<TraceEntry>): Ledger {
  const scribe = new Scribe();
  for (const entry of trace) {
    if (entry.kind === 'store.applied') {
      if (!lost.has(entry)) scribe.apply(entry);
    } else if (entry.kind === 'store.settled' && !lost.has(entry)) scribe.settle(entry);
  }
  return scribe;
}

class Scribe implements Ledger {
  readonly commits: Commit[] = [];
  readonly claims: Claim[] = [];
  readonly lapses: Lapse[] = [];
  readonly windows = new WindowAccount();
  readonly books = new Map<string, GroupBook>();
  readonly #calendars = new Calendars();

  apply(entry: EntryOf<'store.applied'>): void {
    const book = this.#bookOf(entry);
    const policyIds = policiesIn(entry, book);
    const isHand = entry.process === undefined;
    const policiesBefore = pagesOf(book, policyIds);
    const policiesAfter = new Map<string, PolicyPage>();
    // Filled in below: claims and lapses point at their commit.
    const { page: before, timerArmedAt, copies } = book;
    const commit = { entry, book, isHand, before, policiesBefore, policiesAfter, timerArmedAt };
    const written: Commit & { after: GroupPage } = { ...commit, after: book.page };
    this.commits.push(written);
    if (!isHand) this.#close(written);
    // Of what a commit empties, only what it sets is there afterwards.
    if (entry.remove === 'content') book.drop([...book.fields.keys()]);
    book.write(entry.set, this.#calendars);
    if (entry.remove === 'group') this.#remove(written);
    else if (entry.remove !== 'content') book.drop(entry.remove);
    if (isHand) poison(book, entry);
    else {
      for (const name of Object.keys(entry.set)) book.poisoned.delete(name);
      this.#open(written);
      for (const policyId of namingChanged(written, copies)) this.#rearm(written, policyId);
    }
    for (const { policyId, dueAt } of entry.due) {
      if (book.policies.has(policyId)) book.turn(policyId, { dueAt });
      if (policyId === TIMER_ID) Object.assign(book, { timerDueAt: dueAt, timerArmedAt: entry.t });
    }
    for (const event of entry.events) book.keep(entry.at, event);
    written.after = book.page;
    if (!isHand) book.replayBase(entry);
    if (!isHand) this.windows.follow(written, policyIds);
    book.compareWanted(commit.before, entry.t);
    book.compareCopies(entry.t);
    if (entry.isMarked) book.isMarked = true;
    for (const id of policyIds) {
      const page = book.policies.get(id);
      if (page !== undefined) policiesAfter.set(id, page);
    }
  }

  settle(entry: EntryOf<'store.settled'>): void {
    const book = this.books.get(entry.groupId);
    if (book === undefined) return;
    book.write(entry.set, this.#calendars);
    if (entry.isCleared) book.isMarked = false;
    for (const event of entry.events) book.keep(entry.at, event);
  }

  #bookOf(entry: EntryOf<'store.applied'>): GroupBook {
    const known = this.books.get(entry.groupId);
    if (known !== undefined && !known.isRemoved) return known;
    const book = new GroupBook(entry);
    this.books.set(entry.groupId, book);
    return book;
  }

  /** What the events say of old schedules, before the fields are written. */
  #close(commit: Commit): void {
    for (const event of commit.entry.events) {
      const policyId = String(event['policyId']);
      switch (event.event) {
        case 'policy.fired':
        case 'policy.missed':
          this.#claim(commit, policyId, event);
          break;
        case 'policy.skipped':
          this.#skip(commit, policyId, Number(event['plannedAt']));
          break;
        case 'policy.parked':
          this.#park(commit, policyId);
          break;
        case 'policy.deleted':
          this.#end(commit, policyId);
          break;
        case 'group.deleted':
          for (const id of commit.book.policies.keys()) this.#end(commit, id);
          break;
        default:
      }
    }
  }

  /** What they arm by new ones, afterwards. */
  #open(commit: Commit): void {
    for (const { event, policyId } of commit.entry.events) {
      if (event === 'policy.created' || event === 'policy.changed') {
        this.#arm(commit, String(policyId));
      }
    }
  }

  #claim(commit: Commit, policyId: string, event: TracedEvent): void {
    const { book, entry } = commit;
    const page = book.policy(policyId);
    // Openings have an account of their own.
    if (isWindow(page)) return;
    const isFired = event.event === 'policy.fired';
    const first = Number(event[isFired ? 'plannedAt' : 'first']);
    const last = Number(event[isFired ? 'plannedAt' : 'last']);
    const isOfChanged = entry.events.some(
      (other) => other.event === 'policy.changed' && other['policyId'] === policyId,
    );
    const isByChange = isOfChanged || bringsCalendars(entry);
    this.claims.push({ commit, policyId, event, first, last, isFired, isByChange, page });
    const { expected, calendar } = page;
    // What no schedule has is a matter of its own, and uses up none that one has.
    if (calendar === undefined || !calendar.has(first) || !calendar.has(last)) return;
    if (expected !== undefined && first > expected && !page.isPoisoned) {
      this.lapses.push({ commit, policyId, occurrence: expected, how: 'passed-over', page });
    }
    const claimedAt = Math.max(page.claimedAt ?? last, last);
    this.#moveOn(book, page, claimedAt);
  }

  #moveOn(book: GroupBook, page: PolicyPage, claimedAt: number): void {
    const next = page.expected === undefined ? undefined : page.calendar?.next(claimedAt);
    const expectedDueAt = next === undefined ? undefined : page.dueOf(next);
    book.turn(page.policyId, { claimedAt, expected: next, expectedDueAt });
  }

  /** Somebody had an occurrence left out. */
  #skip({ book }: Commit, policyId: string, plannedAt: number): void {
    const page = book.policy(policyId);
    book.turn(policyId, { skipped: new Set([...page.skipped, plannedAt]) });
    if (isWindow(page)) return;
    this.#moveOn(book, page, Math.max(page.claimedAt ?? plannedAt, plannedAt));
  }

  /** The armed occurrence is used up by it. */
  #park({ book }: Commit, policyId: string): void {
    const page = book.policies.get(policyId);
    if (page === undefined) return;
    const used = page.dueAt ?? page.expected;
    const claimedAt = used === undefined ? page.claimedAt : Math.max(page.claimedAt ?? used, used);
    const nothing = { expected: undefined, expectedDueAt: undefined };
    book.turn(policyId, { claimedAt, ...nothing, isParked: true });
  }

  /**
   * What was due when a policy is written anew is in a run of the same commit, or was passed over; but what jitter holds
   * back stays armed, if the new schedule has it as its newest.
   */
  #arm(commit: Commit, policyId: string): void {
    this.#forgetSkips(commit, policyId);
    this.#armFrom(commit, policyId, { isPoisoned: false });
  }

  /**
   * What has come due when a calendar changes stays so if the new one lets it stand, and so does all after it; what does
   * not stand any more is told of in a run of the same commit.
   */
  #rearm(commit: Commit, policyId: string): void {
    const { book, entry, policiesBefore } = commit;
    const page = book.policy(policyId);
    const { expected: first, expectedDueAt: firstDueAt } = policiesBefore.get(policyId) ?? page;
    const now = entry.decidedAt;
    const isDue = first !== undefined && firstDueAt !== undefined && firstDueAt <= now;
    const late = isDue && !isWindow(page) ? page.calendar?.next(first - 1) : undefined;
    if (late === undefined || late > now) {
      this.#armFrom(commit, policyId, { isPoisoned: page.isPoisoned });
      return;
    }
    const { expected } = page;
    if (expected !== undefined && expected < late && !page.isPoisoned) {
      const lapse = { commit, policyId, occurrence: expected, page };
      this.lapses.push({ ...lapse, how: 'passed-over' });
    }
    const expectedDueAt = late === first ? firstDueAt : page.dueOf(late);
    book.turn(policyId, { armedAt: entry.t, isParked: false, expected: late, expectedDueAt });
  }

  #armFrom(commit: Commit, policyId: string, from: Pick<PolicyPage, 'isPoisoned'>): void {
    const { book, entry } = commit;
    const page = book.policy(policyId);
    const armed = { armedAt: entry.t, isParked: false, ...from };
    if (isWindow(page)) {
      book.turn(policyId, armed);
      return;
    }
    const { claimedAt, calendar, expected, expectedDueAt, isPoisoned } = page;
    const now = entry.decidedAt;
    if (expected !== undefined && expected <= now) {
      const isHeldBack = expectedDueAt !== undefined && expectedDueAt > now;
      if (isHeldBack && calendar?.latest(now) === expected) {
        book.turn(policyId, { ...armed, expectedDueAt: Math.max(page.dueOf(expected), now) });
        return;
      }
      if (!isPoisoned) {
        this.lapses.push({ commit, policyId, occurrence: expected, how: 'passed-over', page });
      }
    }
    const next = calendar?.next(Math.max(now, claimedAt ?? now));
    const nextDueAt = next === undefined ? undefined : page.dueOf(next);
    book.turn(policyId, { ...armed, expected: next, expectedDueAt: nextDueAt });
  }

  /** What was left out of a schedule is not left out of another one, and does not keep that from firing until then. */
  #forgetSkips({ book, entry, policiesBefore }: Commit, policyId: string): void {
    const { skipped, claimedAt, definition } = book.policy(policyId);
    const before = policiesBefore.get(policyId)?.definition?.schedule;
    if (skipped.size === 0 || isAlike(before, definition?.schedule)) return;
    const isAhead =
      claimedAt !== undefined && claimedAt > entry.decidedAt && skipped.has(claimedAt);
    book.turn(policyId, {
      skipped: new Set(),
      ...(isAhead ? { claimedAt: undefined } : {}),
    });
  }

  #end(commit: Commit, policyId: string): void {
    const page = commit.book.policies.get(policyId);
    if (page === undefined) return;
    const occurrence = page.expected;
    if (occurrence !== undefined && !page.isPoisoned) {
      this.lapses.push({ commit, policyId, occurrence, how: 'ended', page });
    }
    commit.book.turn(policyId, { expected: undefined, expectedDueAt: undefined });
  }

  #remove({ book }: Commit): void {
    book.isRemoved = true;
    book.fields.clear();
    book.policies.clear();
  }
}

/** Fields without which no policy of the group can be decided. */
const DECISIVE = ['state', 'limits'];

/** A hand that writes fields poisons the policies whose they are, or all where none can be decided any more. */
function poison(book: GroupBook, { set, remove }: EntryOf<'store.applied'>): void {
  const names = [...Object.keys(set), ...(typeof remove === 'string' ? [] : remove)];
  for (const name of names) {
    const own = policyOfField(name);
    if (own === undefined) book.poisoned.add(name);
    const all = DECISIVE.includes(name) ? [...book.policies.keys()] : [];
    for (const policyId of own === undefined ? all : [own]) {
      book.turn(policyId, { isPoisoned: true });
    }
  }
}

/** The policies that a unit is about. */
function policiesIn(entry: EntryOf<'store.applied'>, book: GroupBook): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const name of Object.keys(entry.set)) {
    const id = policyOfField(name);
    if (id !== undefined) ids.add(id);
  }
  for (const { policyId } of entry.due) ids.add(policyId);
  if (entry.set['calendars'] !== undefined) for (const id of naming(book)) ids.add(id);
  for (const event of entry.events) {
    if (typeof event['policyId'] === 'string') ids.add(event['policyId']);
    if (event.event === 'group.deleted') for (const id of book.policies.keys()) ids.add(id);
  }
  return ids;
}

/** The policies that go by calendars. */
function naming({ policies }: GroupBook): readonly string[] {
  return [...policies.values()]
    .filter(({ definition }) => namesOf(definition?.schedule).length > 0)
    .map(({ policyId }) => policyId);
}

/** Of those, the ones of which a calendar is another one now, and which the commit does not write anew itself. */
function namingChanged({ book, entry }: Commit, before: CopiesRecord): readonly string[] {
  if (before === book.copies) return [];
  return naming(book).filter(
    (policyId) =>
      entry.set[`policy:${policyId}`] === undefined &&
      namesOf(book.policy(policyId).definition?.schedule).some(
        (name) => !isAlike(before[name]?.entries, book.copies[name]?.entries),
      ),
  );
}

function pagesOf(book: GroupBook, policyIds: ReadonlySet<string>): ReadonlyMap<string, PolicyPage> {
  const pages = new Map<string, PolicyPage>();
  for (const id of policyIds) {
    const page = book.policies.get(id);
    if (page !== undefined) pages.set(id, page);
  }
  return pages;
}
