/** Whether only the owner wrote as one, on fresh reads, and one pass at a time worked on a group. */
import type { Violation } from './entries.ts';
import type { Facts } from './facts.ts';
import { isNewer, isSame, shown } from './locks.ts';
import type { Met } from './locks.ts';

type Found = Omit<Violation, 'rule'>;

/** How old, by the store's clock, the read may be that a commit rests on. */
const DECISION_AGE_MAX_MS = 5_000;
/** Events that only an owner may write. */
const OWNERS_EVENTS = ['policy.fired', 'policy.parked'];

/** A write was accepted under a token that was not the partition's fence, or without the one that it needed. */
export function staleToken(facts: Facts): readonly Found[] {
  return facts.telltales.met.flatMap((met) => {
    const why = tokenFault(met);
    if (why === undefined) return [];
    const { t, partition } = met.entry;
    return [{ t, what: why, partition, ...groupOf(met) }];
  });
}

function tokenFault({ entry, fence }: Met): string | undefined {
  if (entry.kind === 'store.acquired') {
    const { token } = entry;
    if (fence === undefined || isNewer(token, fence) || isSame(token, fence)) return undefined;
    return `the fence went from ${shown(fence)} back to ${shown(token)}`;
  }
  const { token } = entry;
  if (token === undefined) {
    if (entry.kind !== 'store.applied') return `${entry.kind} without a token`;
    const owners = entry.events.find(({ event }) => OWNERS_EVENTS.includes(event));
    return owners && `${owners.event} was written without a token`;
  }
  if (fence !== undefined && isSame(token, fence)) return undefined;
  return `${entry.kind} was accepted under ${shown(token)} while the fence was ${shown(fence)}`;
}

/** A commit was applied though the read that it rests on was too old, or yet to come. */
export function staleDecision(facts: Facts): readonly Found[] {
  return facts.byKind.of('store.applied').flatMap((entry): Found[] => {
    const { t, at, decidedAt, process, groupId, partition } = entry;
    const ageMs = at - decidedAt;
    if (process === undefined || (ageMs >= 0 && ageMs <= DECISION_AGE_MAX_MS)) return [];
    return [{ t, what: `a decision of ${ageMs} ms ago was applied`, groupId, partition }];
  });
}

/** A pass took, or went on with, a lock that another pass held. */
export function twoPasses(facts: Facts): readonly Found[] {
  return facts.telltales.met.flatMap((met) => {
    const why = lockFault(met);
    if (why === undefined) return [];
    const { t, partition } = met.entry;
    return [{ t, what: why, partition, ...groupOf(met) }];
  });
}

/** A pass ended a divergence that was marked anew after it had locked the group: it may not have seen why. */
export function clearedUnseen(facts: Facts): readonly Found[] {
  return facts.telltales.met.flatMap(({ entry, isMarked }): Found[] => {
    if (entry.kind !== 'store.settled' || !entry.isCleared || !isMarked) return [];
    const { t, partition, groupId, holder } = entry;
    return [{ t, what: `${holder} cleared a mark that came after its lock`, partition, groupId }];
  });
}

function lockFault({ entry, lock }: Met): string | undefined {
  switch (entry.kind) {
    case 'store.locked': {
      const isHeld = lock !== undefined && lock.until > entry.at && lock.holder !== entry.holder;
      return isHeld ? `${entry.holder} locked what ${lock.holder} held` : undefined;
    }
    case 'store.renewed':
      if (lock?.holder !== entry.holder) return `${entry.holder} renewed a lock that it had not`;
      return lock.until > entry.at ? undefined : `${entry.holder} renewed a lock that had ended`;
    case 'store.settled':
      return lock?.holder === entry.holder ? undefined : `${entry.holder} settled without the lock`;
    case 'store.applied':
    case 'store.acquired':
      return undefined;
  }
}

function groupOf({ entry }: Met): { readonly groupId?: string } {
  return 'groupId' in entry ? { groupId: entry.groupId } : {};
}
