/** Whether every occurrence was claimed once, in time, and as planned. */
import type { PolicyPage } from './book.ts';
import type { Violation } from './entries.ts';
import { claimDeadline } from './facts.ts';
import type { Facts } from './facts.ts';
import type { Commit } from './commit.ts';
import type { Claim } from './ledger.ts';

type Found = Omit<Violation, 'rule'>;

/** An occurrence that was due is missing from the surviving history: a later one was claimed, or its policy ended. */
export function missed(facts: Facts): readonly Found[] {
  return facts.ledger.lapses.flatMap(({ commit, policyId, occurrence, how, page }) => {
    const { t } = commit.entry;
    if (how === 'ended' && deadlineOf(facts, { commit, policyId, occurrence, page }) >= t)
      return [];
    const verb = how === 'ended' ? 'was due when its policy ended' : 'was passed over';
    return [found(commit, policyId, `occurrence ${iso(occurrence)} ${verb}`)];
  });
}

/** An occurrence is in the surviving history twice. */
export function doubled(facts: Facts): readonly Found[] {
  return facts.ledger.claims
    .filter(({ page, first }) => page.claimedAt !== undefined && first <= page.claimedAt)
    .map((claim) => said(claim, `comes after ${iso(claim.page.claimedAt)} was claimed`));
}

/** An occurrence was claimed before the store's clock had reached it. */
export function early(facts: Facts): readonly Found[] {
  return facts.ledger.claims.flatMap((claim) => {
    const { at, decidedAt } = claim.commit.entry;
    const { isFired, page, last, event } = claim;
    const dueAt = isFired ? Number(event['dueAt']) : last;
    // One that is armed may be due as soon as its policy was written anew.
    const earliest = Math.max(
      last,
      dueAt,
      isFired && last !== page.expected ? page.dueOf(last) : last,
    );
    if (Math.min(at, decidedAt) >= earliest) return [];
    return [said(claim, `was decided at ${iso(decidedAt)} and claimed at ${iso(at)}`)];
  });
}

/** What was claimed is in no schedule, or not of a policy that is armed for it, or bears another's name. */
export function unplanned(facts: Facts): readonly Found[] {
  return facts.ledger.claims.flatMap((claim) => {
    const why = strangeness(claim);
    return why === undefined ? [] : [said(claim, why)];
  });
}

/** An occurrence fired later than it may where all is calm, or after what was not. */
export function late(facts: Facts): readonly Found[] {
  return facts.ledger.claims.flatMap((claim) => {
    const { isFired, first, page } = claim;
    if (!isFired || page.isPoisoned) return [];
    return overdueBy(facts, claim, first);
  });
}

/** Occurrences were superseded though nothing kept the first of them from being claimed in time. */
export function supersededInCalm(facts: Facts): readonly Found[] {
  return facts.ledger.claims.flatMap((claim) => {
    const { isFired, first, page } = claim;
    if (isFired || page.isPoisoned) return [];
    return overdueBy(facts, claim, first);
  });
}

/**
 * Of what was due to a policy, another occurrence than the last was decided, or the last was not: all that came
 * before it are superseded by it, in one commit.
 */
export function notTheLatest(facts: Facts): readonly Found[] {
  return facts.ledger.claims.flatMap((claim) => {
    const { isFired, isByChange, page } = claim;
    // What is due to a policy when it is written anew is recorded, and nobody acts on it.
    if (isByChange || page.isPoisoned || page.definition?.misfire !== undefined) return [];
    const why = isFired ? whyNotLast(claim) : whyNotSucceeded(claim);
    return why === undefined ? [] : [said(claim, why)];
  });
}

/** At the end something is due that should have been claimed by then. */
export function overdue(facts: Facts): readonly Found[] {
  const { ended, ledger } = facts;
  if (ended === undefined) return [];
  return [...ledger.books.values()].flatMap((book) =>
    [...book.policies.values()].flatMap((page): Found[] => {
      const { policyId, expected: occurrence, armedAt } = page;
      if (occurrence === undefined || page.isParked || page.isPoisoned) return [];
      const { store, partition, groupId } = book;
      const dueAt = dueInstantOf(page, occurrence);
      const due = { store, partition, groupId, policyId, dueAt, armedAt };
      const deadline = claimDeadline(facts, due, ended.t);
      if (deadline >= ended.t) return [];
      const what = `occurrence ${iso(occurrence)} was to be claimed by ${iso(deadline)} and never was`;
      return [{ t: ended.t, what, partition, groupId, policyId }];
    }),
  );
}

function whyNotLast({ page, first, commit }: Claim): string | undefined {
  if (page.calendar?.has(first) !== true) return undefined;
  const next = page.calendar.next(first);
  if (next === undefined || page.dueOf(next) > commit.entry.decidedAt) return undefined;
  return `was decided at ${iso(commit.entry.decidedAt)}, when ${iso(next)} was due as well`;
}

function whyNotSucceeded({ page, last, commit, policyId }: Claim): string | undefined {
  if (page.calendar?.has(last) !== true) return undefined;
  const next = page.calendar.next(last);
  const isDecided = commit.entry.events.some(
    (event) =>
      event.event === 'policy.fired' &&
      event['policyId'] === policyId &&
      event['plannedAt'] === next,
  );
  return isDecided ? undefined : `is not followed by ${iso(next)} in its commit`;
}

function overdueBy(facts: Facts, claim: Claim, occurrence: number): readonly Found[] {
  const { t } = claim.commit.entry;
  const deadline = deadlineOf(facts, { ...claim, occurrence });
  if (t <= deadline) return [];
  return [said(claim, `was claimed ${Math.round(t - deadline)} ms after its deadline`)];
}

function deadlineOf(
  facts: Facts,
  due: Pick<Claim, 'commit' | 'policyId' | 'page'> & { readonly occurrence: number },
): number {
  const { commit, policyId, occurrence, page } = due;
  const { store, partition, groupId } = commit.book;
  const { armedAt } = page;
  const dueAt = dueInstantOf(page, occurrence);
  const place = { store, partition, groupId, policyId, dueAt, armedAt };
  return claimDeadline(facts, place, commit.entry.t);
}

/** When an occurrence was due, of which the policy may be armed. */
function dueInstantOf({ expected, expectedDueAt, dueOf }: PolicyPage, occurrence: number): number {
  const isArmed = occurrence === expected && expectedDueAt !== undefined;
  return isArmed ? expectedDueAt : dueOf(occurrence);
}

function strangeness(claim: Claim): string | undefined {
  const { page, first, last } = claim;
  if (page.isPoisoned) return undefined;
  if (page.definition === undefined) return 'is of a policy that does not exist';
  const { calendar } = page;
  if (calendar === undefined) return 'is of a policy without a schedule';
  if (!calendar.has(first) || !calendar.has(last) || last < first) return 'is in no schedule';
  return unarmedness(claim) ?? (claim.isFired ? misnaming(claim) : runStrangeness(claim));
}

/** Why the policy cannot have been armed for it. One that was claimed before is another rule's. */
function unarmedness({ page, first, commit }: Claim): string | undefined {
  const { claimedAt, expected, isParked } = page;
  if (commit.before.state?.isDeleting === true) return 'is of a group that was deleted';
  if (isParked) return 'is of a policy that is parked';
  if (first <= (claimedAt ?? Number.NEGATIVE_INFINITY)) return undefined;
  return first < (expected ?? Number.POSITIVE_INFINITY) ? 'was never armed' : undefined;
}

function misnaming({ event, policyId, first, commit }: Claim): string | undefined {
  if (event['occurrenceId'] !== `${policyId}@${first}`) {
    return `is named ${String(event['occurrenceId'])}`;
  }
  const before = commit.policiesBefore.get(policyId);
  // What was read before its entry was lost is claimed all the same.
  const armedFor = before?.dueAt ?? before?.expectedDueAt;
  return event['dueAt'] === armedFor ? undefined : 'says that it was due at another time';
}

function runStrangeness({ page, event }: Claim): string | undefined {
  const told = JSON.stringify(event['schedule']);
  const kept = JSON.stringify(page.definition?.schedule);
  return told === kept ? undefined : `tells of the schedule ${told}`;
}

function said(claim: Claim, what: string): Found {
  const { first, last, isFired, commit, policyId } = claim;
  const span = first === last ? iso(first) : `${iso(first)} to ${iso(last)}`;
  return found(commit, policyId, `${isFired ? 'firing' : 'missed run'} ${span} ${what}`);
}

function found({ entry }: Commit, policyId: string, what: string): Found {
  const { t, groupId, partition } = entry;
  return { t, what, partition, groupId, policyId };
}

/** An instant for people. */
export function iso(instant: number | undefined): string {
  if (instant === undefined || !Number.isFinite(instant)) return String(instant);
  return new Date(instant).toISOString();
}
