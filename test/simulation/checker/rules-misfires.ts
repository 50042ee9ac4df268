/** Whether occurrences that are found late fire, or are told as missed, as their policy says. */
import type { PolicyPage } from './book.ts';
import type { Violation } from './entries.ts';
import type { Facts } from './facts.ts';
import type { Commit } from './commit.ts';
import type { Claim } from './ledger.ts';
import type { MisfireRecord } from './records.ts';
import { iso } from './rules-claims.ts';

type Found = Omit<Violation, 'rule'>;

/** So many occurrences fire in one claim at most. */
const FIRED_MAX = 100;
const SKIP_WITHIN_SECONDS = 60;

/** What was due to a policy that says what is done about late occurrences did not come to what it says. */
export function misfired(facts: Facts): readonly Found[] {
  const byCommit = new Map<Commit, Map<string, Claim[]>>();
  for (const claim of facts.ledger.claims) {
    const { commit, policyId, isByChange, page } = claim;
    if (isByChange || page.isPoisoned || page.definition?.misfire === undefined) continue;
    if (commit.entry.token === undefined) continue;
    const byPolicy = byCommit.get(commit) ?? new Map<string, Claim[]>();
    byCommit.set(commit, byPolicy);
    byPolicy.set(policyId, [...(byPolicy.get(policyId) ?? []), claim]);
  }
  return [...byCommit].flatMap(([commit, byPolicy]) =>
    [...byPolicy].flatMap(([policyId, claims]): Found[] => {
      const [should, is] = [expectedOf(commit, claims[0]?.page), claims.map(shown)];
      if (should === undefined || should.join() === is.join()) return [];
      const { t, groupId, partition } = commit.entry;
      const what = `what was due came to ${is.join(', ')}, and should have to ${should.join(', ')}`;
      return [{ t, what, groupId, partition, policyId }];
    }),
  );
}

function shown({ isFired, first, last, event }: Claim): string {
  return isFired ? `fired ${iso(first)}` : runOf(first, last, String(event['reason']));
}

function runOf(first: number, last: number, reason: string): string {
  return `${reason} ${iso(first)} to ${iso(last)}`;
}

/** What the claim of a policy should have come to; undefined where it has nothing to claim. */
function expectedOf(commit: Commit, page: PolicyPage | undefined): readonly string[] | undefined {
  const misfire = page?.definition?.misfire;
  if (page === undefined || misfire === undefined) return undefined;
  const now = commit.entry.decidedAt;
  const due = dueBy(page, now);
  const withinMs = 1_000 * withinOf(misfire);
  const isInTime = (plannedAt: number): boolean => now - dueAtOf(page, plannedAt) <= withinMs;
  const inTime = due.filter(isInTime);
  const tooLate = due.filter((plannedAt) => !isInTime(plannedAt));
  if (misfire.policy === 'latest') {
    const [last, earlier] = [due.at(-1), due.slice(0, -1)];
    if (last === undefined) return undefined;
    const end = isInTime(last) ? `fired ${iso(last)}` : runOf(last, last, 'too-late');
    return [...spanOf(earlier, 'superseded'), end];
  }
  const fired = inTime.slice(-FIRED_MAX);
  const overLimit = inTime.slice(0, inTime.length - fired.length);
  return [
    ...spanOf(tooLate, 'too-late'),
    ...spanOf(overLimit, 'catch-up-limit'),
    ...fired.map((at) => `fired ${iso(at)}`),
  ];
}

function withinOf({ policy, withinSeconds }: MisfireRecord): number {
  return withinSeconds ?? (policy === 'skip' ? SKIP_WITHIN_SECONDS : Number.POSITIVE_INFINITY);
}

/** The occurrences that are due to a policy, from the one that is armed on. */
function dueBy(page: PolicyPage, now: number): readonly number[] {
  const due: number[] = [];
  for (
    let at = page.expected;
    at !== undefined && dueAtOf(page, at) <= now;
    at = page.calendar?.next(at)
  ) {
    due.push(at);
  }
  return due;
}

function dueAtOf(page: PolicyPage, plannedAt: number): number {
  const isArmed = plannedAt === page.expected && page.dueAt !== undefined;
  return isArmed ? page.dueAt : page.dueOf(plannedAt);
}

function spanOf(run: readonly number[], reason: string): readonly string[] {
  const [first, last] = [run[0], run.at(-1)];
  return first === undefined || last === undefined ? [] : [runOf(first, last, reason)];
}
