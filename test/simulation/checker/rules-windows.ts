/** Whether windows, overrides and pauses begin and end as they should, and groups keep to the plan that follows. */
import type { FinalGroup } from '../trace.ts';
import { isWindow, windowRuleOf } from './book.ts';
import type { GroupBook } from './book.ts';
import type { Violation } from './entries.ts';
import { claimDeadline } from './facts.ts';
import type { Facts } from './facts.ts';
import { openAt, planOf, sizeOf } from './plans.ts';
import { readLimits, readState } from './records.ts';
import { iso } from './rules-claims.ts';
import { TIMER_ID, timerOf } from './timers.ts';
import type { WindowFault } from './window-account.ts';

type Found = Omit<Violation, 'rule'>;

/** An opening of a window was neither opened, nor told as missed, nor left out by somebody, or more than one of that. */
export function openingFate(facts: Facts): readonly Found[] {
  return faultsOf(facts, 'fate');
}

/** A group has a window that should not be open, or not so, or has not one that should be. */
export function openUnplanned(facts: Facts): readonly Found[] {
  return faultsOf(facts, 'unplanned');
}

function faultsOf({ ledger }: Facts, kind: WindowFault['kind']): readonly Found[] {
  return ledger.windows.faults.flatMap((fault): Found[] => {
    if (fault.kind !== kind) return [];
    const { commit, policyId, what } = fault;
    const { t, groupId, partition } = commit.entry;
    return [{ t, what, groupId, partition, policyId }];
  });
}

/** A window opened or closed, or an override or a pause ended, later than it may, or has not at the end. */
export function turnedLate(facts: Facts): readonly Found[] {
  return [...windowsLate(facts), ...timersLate(facts), ...timersAtTheEnd(facts)];
}

function windowsLate(facts: Facts): readonly Found[] {
  return facts.ledger.windows.turns.flatMap(({ commit, policyId, turnedAt, page }): Found[] => {
    const { t, groupId, partition } = commit.entry;
    const { armedAt, isPoisoned } = page;
    const place = { store: commit.book.store, partition, groupId, policyId };
    const deadline = claimDeadline(facts, { ...place, dueAt: turnedAt, armedAt }, t);
    if (isPoisoned || t <= deadline) return [];
    const what = `its window turned ${Math.round(t - deadline)} ms after the deadline of ${iso(turnedAt)}`;
    return [{ t, what, groupId, partition, policyId }];
  });
}

function timersLate(facts: Facts): readonly Found[] {
  return facts.ledger.commits.flatMap(({ entry, book, timerArmedAt }) =>
    entry.events.flatMap((event): Found[] => {
      if (event.event !== 'override.ended' && event.event !== 'pause.ended') return [];
      const { t, groupId, partition } = entry;
      const place = { store: book.store, partition, groupId, policyId: TIMER_ID };
      const dueAt = Number(event['until']);
      const deadline = claimDeadline(facts, { ...place, dueAt, armedAt: timerArmedAt }, t);
      if (entry.at < dueAt || entry.decidedAt < dueAt) {
        return [{ t, what: `${event.event} comes before ${iso(dueAt)}`, groupId, partition }];
      }
      if (t <= deadline) return [];
      const what = `${event.event} comes ${Math.round(t - deadline)} ms after the deadline of ${iso(dueAt)}`;
      return [{ t, what, groupId, partition }];
    }),
  );
}

function timersAtTheEnd(facts: Facts): readonly Found[] {
  const { ended, ledger } = facts;
  return (ended?.groups ?? []).flatMap((group): Found[] => {
    const book = ledger.books.get(group.groupId);
    const state = readState(group.fields['state']);
    const dueAt = timerOf(state);
    if (ended === undefined || book === undefined || dueAt === undefined) return [];
    if (state?.isDeleting === true || book.poisoned.size > 0) return [];
    const { store, partition, groupId, timerArmedAt: armedAt } = book;
    const due = { store, partition, groupId, policyId: TIMER_ID, dueAt, armedAt };
    const deadline = claimDeadline(facts, due, ended.t);
    if (deadline >= ended.t) return [];
    const what = `what was to end at ${iso(dueAt)} had not by ${iso(deadline)}`;
    return [{ t: ended.t, what, groupId, partition }];
  });
}

/**
 * At the end, when all is settled, the size of a group is another than its plan has, worked out from its policies, its
 * override, and what its history has come to apart from them.
 */
export function offPlan(facts: Facts): readonly Found[] {
  const { ended, ledger } = facts;
  if (ended === undefined) return [];
  return ended.groups.flatMap((group): Found[] => {
    const book = ledger.books.get(group.groupId);
    const now = ended.clocks[group.store];
    if (book === undefined || now === undefined) return [];
    const what = strayingOf(facts, { group, book, now });
    if (what === undefined) return [];
    return [{ t: ended.t, what, groupId: book.groupId, partition: book.partition }];
  });
}

function strayingOf(
  facts: Facts,
  { group, book, now }: { group: FinalGroup; book: GroupBook; now: number },
): string | undefined {
  const state = readState(group.fields['state']);
  const limits = readLimits(group.fields['limits']);
  const { poisoned, baseReplayed: base } = book;
  if (state === undefined || limits === undefined || base === undefined) return undefined;
  if (state.isDeleting || poisoned.size > 0 || isUnsettled(facts, book, now)) return undefined;
  if (!hasHadPlans(book)) return undefined;
  const windows = [...book.policies.values()].flatMap((page) => {
    const rule = windowRuleOf(page);
    return (rule && openAt(rule, now)) ?? [];
  });
  const { override } = state;
  const plan = planOf({ windows, ...(override === undefined ? {} : { override }) }, limits, now);
  const wanted = sizeOf(plan, base);
  if (wanted === state.desired) return undefined;
  return `desired is ${state.desired}, and its plan at ${iso(now)} makes ${wanted} of ${base}`;
}

/** Of all others the size is what they want, which other rules look at. */
function hasHadPlans({ events, policies }: GroupBook): boolean {
  const hasTurned = events.some(({ event }) => /^(?:window|override)\./.test(event.event));
  return hasTurned || [...policies.values()].some(isWindow);
}

/** Whether something is due that may still be claimed in time, or cannot be decided any more. */
function isUnsettled(facts: Facts, book: GroupBook, now: number): boolean {
  const pages = [...book.policies.values()];
  if (pages.some(({ isParked, isPoisoned }) => isParked || isPoisoned)) return true;
  const { timerDueAt = Infinity, timerArmedAt, store, partition, groupId } = book;
  const due = [
    ...pages.map(({ policyId, expectedDueAt = Infinity, armedAt }) => ({
      ...{ policyId, dueAt: expectedDueAt, armedAt },
    })),
    { policyId: TIMER_ID, dueAt: timerDueAt, armedAt: timerArmedAt },
  ].filter(({ dueAt }) => dueAt <= now);
  return due.some(
    (armed) =>
      claimDeadline(facts, { store, partition, groupId, ...armed }, facts.endedAt) >= facts.endedAt,
  );
}
