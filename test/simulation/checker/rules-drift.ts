/** Whether somebody looks when servers come and go by other hands than Lutra's. */
import { convergedMs, deadPassMs, healedMs } from './allowances.ts';
import type { GroupBook } from './book.ts';
import { keysOf } from './disturbances.ts';
import type { EntryOf, Violation } from './entries.ts';
import type { Facts } from './facts.ts';

type Found = Omit<Violation, 'rule'>;

/** Somebody else changed a group's servers, and no pass came by for longer than its owner's sweeps take. */
export function unhealed(facts: Facts): readonly Found[] {
  return facts.byKind.of('provider.drifted').flatMap((drift): Found[] => {
    const { t, groupId, actual } = drift;
    const book = facts.ledger.books.get(groupId);
    if (book === undefined) return [];
    const deadline = healedBy(facts, book, t);
    if (deadline >= facts.endedAt || isLookedAt(facts, drift, deadline)) return [];
    if (isLetBe(facts, groupId, { from: t, to: deadline })) return [];
    const what = `somebody else made it ${actual} servers, and nobody looked`;
    return [{ t: deadline, what, groupId, partition: book.partition }];
  });
}

function healedBy(
  { timings, groupCount, disturbances }: Facts,
  book: GroupBook,
  t: number,
): number {
  const boundMs = healedMs(timings) + deadPassMs(timings) + convergedMs(timings, groupCount);
  return disturbances.claims.deadline(t, boundMs, keysOf(book));
}

function isLookedAt(
  { telltales }: Facts,
  { t, groupId }: EntryOf<'provider.drifted'>,
  deadline: number,
): boolean {
  const grants = telltales.grants.get(groupId) ?? [];
  return grants.some(
    ({ entry }) => entry.kind === 'store.locked' && entry.t >= t && entry.t <= deadline,
  );
}

/** Groups that are paused, suspended, gone or not to be read are let be, whenever that was. */
function isLetBe(
  { telltales }: Facts,
  groupId: string,
  span: { readonly from: number; readonly to: number },
): boolean {
  const states = telltales.states.get(groupId) ?? [];
  const first = states.findLastIndex(({ t }) => t <= span.from);
  return states
    .slice(Math.max(first, 0))
    .filter(({ t }) => t <= span.to)
    .some(({ state }) => state === undefined || state.isPaused || state.isSuspended);
}
