/** Whether state, history, cursors and due entries agree with one another, at each commit and at the end. */
import type { FinalGroup } from '../trace.ts';
import { isAlike } from './alike.ts';
import type { GroupBook, PolicyPage } from './book.ts';
import type { Violation } from './entries.ts';
import type { Facts } from './facts.ts';
import type { Commit } from './commit.ts';
import { readState } from './records.ts';
import { iso } from './rules-claims.ts';
import { TIMER_ID, timerOf } from './timers.ts';

type Found = Omit<Violation, 'rule'>;

/** A history keeps at least so many events. */
const KEPT_MIN = 1_000;

/** The desired capacity is not what its history amounts to. */
export function notAReplay(facts: Facts): readonly Found[] {
  const atCommits = facts.ledger.commits.flatMap((commit) =>
    commit.isHand ? [] : replayOf(commit),
  );
  const { ended } = facts;
  const atTheEnd = (ended?.groups ?? []).flatMap((group): Found[] => {
    const state = readState(group.fields['state']);
    const last = group.events.findLast(({ event }) => event['desiredAfter'] !== undefined);
    const replayed = last?.event['desiredAfter'];
    if (state === undefined || replayed === undefined || state.desired === replayed) return [];
    const what = `desired is ${state.desired} and its history amounts to ${JSON.stringify(replayed)}`;
    return [{ t: facts.endedAt, what, groupId: group.groupId, partition: group.partition }];
  });
  return [...atCommits, ...atTheEnd];
}

function replayOf({ entry, before, after }: Commit): readonly Found[] {
  let desired = before.state?.desired;
  const { t, groupId, partition } = entry;
  for (const event of entry.events) {
    if (event['desiredAfter'] !== undefined) desired = Number(event['desiredAfter']);
  }
  const kept = after.state?.desired;
  if (kept === undefined || desired === undefined || kept === desired) return [];
  const what = `desired became ${kept} and the events amount to ${desired}`;
  return [{ t, what, groupId, partition }];
}

/** What the store kept is not what survived of what was written to it. */
export function historyDiffers(facts: Facts): readonly Found[] {
  const { ended, ledger, endedAt } = facts;
  if (ended === undefined) return [];
  const kept = new Map(ended.groups.map((group) => [group.groupId, group]));
  const fromBooks = [...ledger.books.values()].flatMap((book) =>
    book.isRemoved ? [] : differencesOf(book, kept.get(book.groupId)),
  );
  const strangers = ended.groups
    .filter(({ groupId }) => ledger.books.get(groupId)?.isRemoved !== false)
    .map(({ groupId }) => ({ groupId, what: 'a group is kept that nobody made' }));
  return [...fromBooks, ...strangers].map((difference) => ({ t: endedAt, ...difference }));
}

function differencesOf(
  book: GroupBook,
  kept: FinalGroup | undefined,
): readonly { readonly groupId: string; readonly what: string }[] {
  const { groupId, fields, events } = book;
  const tell = (what: string): { readonly groupId: string; readonly what: string }[] => [
    { groupId, what },
  ];
  if (kept === undefined) return tell('the group is gone');
  const names = new Set([...fields.keys(), ...Object.keys(kept.fields)]);
  const differing = [...names].find((name) => kept.fields[name] !== fields.get(name));
  if (differing !== undefined) {
    const [is, was] = [kept.fields[differing], fields.get(differing)];
    return tell(
      `the field ${differing} is kept as ${String(is)} and was written as ${String(was)}`,
    );
  }
  if (kept.events.length < Math.min(events.length, KEPT_MIN)) {
    return tell(`of ${events.length} events ${kept.events.length} are kept`);
  }
  const cut = events.length - kept.events.length;
  const wrong = kept.events.findIndex((event, index) => !isAlike(event, events[cut + index]));
  return wrong < 0
    ? []
    : tell(`event ${String(kept.events[wrong]?.sequence)} is not as it was written`);
}

/** A group is off its tenant's list while it is there for its tenant, or on it while it is being deleted. */
export function mislisted({ ledger, ended }: Facts): readonly Found[] {
  const atCommits = ledger.commits.flatMap(({ entry, after }): Found[] => {
    const { t, groupId, partition, isListed, remove } = entry;
    const isGoing = remove === 'group' || after.state?.isDeleting;
    if (isGoing === undefined || isListed !== isGoing) return [];
    return [{ t, what: listing(isListed), groupId, partition }];
  });
  const atTheEnd = (ended?.groups ?? []).flatMap((group): Found[] => {
    const { groupId, partition, isListed, fields } = group;
    const isGoing = readState(fields['state'])?.isDeleting;
    if (ended === undefined || isGoing === undefined || isListed !== isGoing) return [];
    return [{ t: ended.t, what: `at the end ${listing(isListed)}`, groupId, partition }];
  });
  return [...atCommits, ...atTheEnd];
}

function listing(isListed: boolean): string {
  return isListed ? 'it is listed, and is being deleted' : 'it is not listed, and is there';
}

/** A policy is armed for another occurrence than the one after those that were claimed. */
export function misarmed(facts: Facts): readonly Found[] {
  const atCommits = facts.ledger.commits.flatMap((commit) =>
    commit.isHand || commit.entry.remove === 'group' ? [] : misarmedBy(commit),
  );
  return [...atCommits, ...timersMisarmed(facts), ...misarmedAtTheEnd(facts)];
}

/** What ends by itself in a group is what its timer is armed for. */
function timersMisarmed({ ledger, ended, disturbances }: Facts): readonly Found[] {
  const atCommits = ledger.commits.flatMap(({ entry, after, isHand }): Found[] => {
    const move = entry.due.findLast(({ policyId }) => policyId === TIMER_ID);
    const { t, groupId, partition, remove } = entry;
    if (isHand || move === undefined || remove === 'group' || after.state?.isDeleting) return [];
    const should = timerOf(after.state);
    if (move.dueAt === should) return [];
    const what = `its timer is armed for ${iso(move.dueAt)} instead of ${iso(should)}`;
    return [{ t, what, groupId, partition }];
  });
  const atTheEnd = (ended?.groups ?? []).flatMap((group): Found[] => {
    const { groupId, partition, due, fields } = group;
    const state = readState(fields['state']);
    const [is, should] = [due[TIMER_ID], timerOf(state)];
    if (ended === undefined || state === undefined || state.isDeleting || is === should) return [];
    const isLost = is === undefined;
    const keys = [`policy ${TIMER_ID}`];
    if (isLost && disturbances.claims.overlaps(ended.t, ended.t, keys)) return [];
    const what = `at the end its timer is armed for ${iso(is)} instead of ${iso(should)}`;
    return [{ t: ended.t, what, groupId, partition }];
  });
  return [...atCommits, ...atTheEnd];
}

function misarmedBy(commit: Commit): readonly Found[] {
  const { t, groupId, partition } = commit.entry;
  return [...commit.policiesAfter.values()].flatMap((page): Found[] => {
    const { policyId } = page;
    const what = misarming(commit, page);
    return what === undefined ? [] : [{ t, what, groupId, partition, policyId }];
  });
}

function misarming({ entry, policiesBefore }: Commit, page: PolicyPage): string | undefined {
  const { policyId, expected, dueAt, progress, claimedAt, isPoisoned } = page;
  const expectedDueAt = expectedDueOf(page);
  const before = policiesBefore.get(policyId);
  const isMoved = entry.due.some((move) => move.policyId === policyId);
  if (isPoisoned || (!isMoved && before?.expected === expected)) return undefined;
  if (dueAt !== expectedDueAt) {
    return `it is armed for ${iso(dueAt)} instead of ${iso(expectedDueAt)}`;
  }
  if (expected !== undefined && progress?.plannedAt !== expected) {
    return `its cursor is at ${iso(progress?.plannedAt)} instead of ${iso(expected)}`;
  }
  const hasClaimed = claimedAt !== before?.claimedAt && hasFired(entry, policyId);
  if (!hasClaimed || progress?.claimedAt === claimedAt) return undefined;
  return `it says that ${iso(progress?.claimedAt)} was claimed last`;
}

/** One that lost its jitter while it waited, and then its entry, is armed again as it is planned. */
function expectedDueOf({ expected, expectedDueAt, dueAt, dueOf }: PolicyPage): number | undefined {
  const isAsPlanned = expected !== undefined && dueAt === dueOf(expected);
  return isAsPlanned ? dueAt : expectedDueAt;
}

function hasFired({ events }: Commit['entry'], policyId: string): boolean {
  return events.some((event) => event.event === 'policy.fired' && event['policyId'] === policyId);
}

function misarmedAtTheEnd(facts: Facts): readonly Found[] {
  const { ended, ledger, disturbances } = facts;
  if (ended === undefined) return [];
  return ended.groups.flatMap(({ groupId, partition, due }) => {
    const pages = ledger.books.get(groupId)?.policies ?? new Map<string, never>();
    const armed = Object.keys(due).filter((policyId) => policyId !== TIMER_ID);
    return [...new Set([...pages.keys(), ...armed])].flatMap((policyId): Found[] => {
      const page = pages.get(policyId);
      const [is, should] = [due[policyId], page && expectedDueOf(page)];
      if (page?.isPoisoned === true || is === should) return [];
      // A hand took the entry, and no sweep has been there since.
      const isLost = is === undefined && should !== undefined;
      if (isLost && disturbances.claims.overlaps(ended.t, ended.t, [`policy ${policyId}`])) {
        return [];
      }
      const what = `at the end it is armed for ${iso(is)} instead of ${iso(should)}`;
      return [{ t: ended.t, what, groupId, partition, policyId }];
    });
  });
}
