/** Whether groups come to have the calendars that their tenants have, and users are answered what was done to these. */
import { punctualMs, repairedMs } from './allowances.ts';
import type { CopiesSince, GroupBook } from './book.ts';
import { keysOf } from './disturbances.ts';
import type { Violation } from './entries.ts';
import type { Facts } from './facts.ts';
import { keyOfCalendar, registryHistoryOf, wholeText } from './registry.ts';
import type { RegistryHistory } from './registry.ts';
import { requestsOf } from './wishes.ts';
import type { Request } from './wishes.ts';

type Found = Omit<Violation, 'rule'>;

/** A group kept a copy that its tenant's calendar is not any more for longer than the sweeps of its owner take. */
export function staleCalendar(facts: Facts): readonly Found[] {
  const history = registryHistoryOf(facts.byKind);
  return [...facts.ledger.books.values()].flatMap((book) =>
    book.copiesSince.flatMap((since, index): readonly Found[] => {
      const until = book.copiesSince[index + 1]?.t ?? facts.endedAt;
      return staleIn(facts, { history, book, since, until });
    }),
  );
}

function staleIn(
  facts: Facts,
  span: {
    readonly history: RegistryHistory;
    readonly book: GroupBook;
    readonly since: CopiesSince;
    readonly until: number;
  },
): readonly Found[] {
  const { history, book, since } = span;
  const { groupId, partition, tenantId } = book;
  return Object.entries(since.copies ?? {}).flatMap(([name, { entries }]) => {
    const states = history.get(keyOfCalendar(tenantId, name)) ?? [];
    const held = wholeText(entries);
    return states.flatMap(({ t, whole }, index): readonly Found[] => {
      const from = Math.max(since.t, t);
      const until = Math.min(span.until, states[index + 1]?.t ?? facts.endedAt);
      if (whole === undefined || whole === held || from >= until) return [];
      const deadline = broughtBy(facts, book, from);
      if (deadline >= until) return [];
      const what = `its copy of ${name} is not what the calendar was from ${iso(t)} on`;
      return [{ t: deadline, what, groupId, partition }];
    });
  });
}

/** Where a roll-back took a copy that had come, it has to come once more. */
function broughtBy(facts: Facts, book: GroupBook, from: number): number {
  const { timings, disturbances, survivors } = facts;
  const boundMs = repairedMs(timings) + punctualMs(timings);
  const keys = keysOf(book);
  let deadline = disturbances.claims.deadline(from, boundMs, keys);
  for (const { t, store, lostSince } of survivors.rollBacks) {
    const lostAt = lostSince.get(book.groupId);
    if (store !== book.store || t < from || lostAt === undefined || lostAt > deadline) continue;
    deadline = Math.max(deadline, disturbances.claims.deadline(t, boundMs, keys));
  }
  return deadline;
}

/** A user was told that a calendar was written, or deleted, and it was not. */
export function calendarFate(facts: Facts): readonly Found[] {
  const history = registryHistoryOf(facts.byKind);
  return requestsOf(facts).flatMap((request): readonly Found[] => {
    const { asked, answer, answeredAt: t } = request;
    const isDone =
      (asked.what === 'put-calendar' && answer === 'put') ||
      (asked.what === 'delete-calendar' && answer === 'deleted');
    if (!isDone || wasSo(history, request)) return [];
    const what = `request ${asked.request} (${asked.what}) was answered ${answer}, and it was not so`;
    return [{ t, what }];
  });
}

/** Whether, while the request was made, the calendar was as it asks for. */
function wasSo(history: RegistryHistory, { asked, answeredAt }: Request): boolean {
  const { tenantId = '', calendar = '', entries } = asked;
  const states = history.get(keyOfCalendar(tenantId, calendar)) ?? [];
  const before = { t: Number.NEGATIVE_INFINITY, entries: undefined };
  return [before, ...states].some((state, index) => {
    const until = states[index]?.t ?? Number.POSITIVE_INFINITY;
    const isThen = state.t <= answeredAt && until >= asked.t;
    return isThen && JSON.stringify(state.entries) === JSON.stringify(entries);
  });
}

function iso(t: number): string {
  return new Date(t).toISOString();
}
