/**
 * The account of capacity windows: which turn of each must be claimed next, what became of every opening, and how the
 * group has each window after a commit that is about it.
 */
import { isWindow, windowRuleOf } from './book.ts';
import type { PolicyPage } from './book.ts';
import { isAlike } from './alike.ts';
import { isOfDue } from './commit.ts';
import type { Commit } from './commit.ts';
import { nextTurnOf, openAt, openingsIn } from './plans.ts';
import type { WindowRule } from './plans.ts';
import type { OpenRecord } from './records.ts';

/** A turn of a window that a commit claimed, or that its policy went on without. */
interface WindowTurn {
  readonly commit: Commit;
  readonly policyId: string;
  /** When it was due. */
  readonly turnedAt: number;
  readonly page: PolicyPage;
}

/** Something that a window should not have. */
export interface WindowFault {
  readonly kind: 'fate' | 'unplanned';
  readonly commit: Commit;
  readonly policyId: string;
  readonly what: string;
}

export class WindowAccount {
  readonly turns: WindowTurn[] = [];
  readonly faults: WindowFault[] = [];

  /** Follows a commit that has been written into its book. */
  follow(commit: Commit, policyIds: ReadonlySet<string>): void {
    const { book, entry } = commit;
    if (commit.after.state?.isDeleting === true || book.isRemoved) return;
    for (const policyId of policyIds) {
      const [before, after] = [commit.policiesBefore.get(policyId), book.policies.get(policyId)];
      if (after === undefined) {
        if (before !== undefined && isWindow(before)) this.#gone(commit, policyId);
        continue;
      }
      const isAbout = isWindow(after) && entry.due.some((move) => move.policyId === policyId);
      if (isAbout && !after.isParked && !after.isPoisoned) this.#turn(commit, { before, after });
    }
  }

  #turn(
    commit: Commit,
    pages: { readonly before: PolicyPage | undefined; readonly after: PolicyPage },
  ): void {
    const { before, after } = pages;
    const { book, entry } = commit;
    const { policyId } = after;
    const rule = windowRuleOf(after);
    if (rule === undefined) return;
    const now = entry.decidedAt;
    const isByUser = !isOfDue(entry);
    const armedAt = before?.expected;
    // An entry that was lost is armed again for the same, which no claim does.
    const isSame = entry.due.some((move) => move.policyId === policyId && move.dueAt === armedAt);
    if (!isByUser && (armedAt === undefined || now < armedAt || isSame)) {
      const hasTurned = entry.events.some(
        ({ event, policyId: of }) => event.startsWith('window.') && of === policyId,
      );
      if (hasTurned) this.#compare(commit, policyId, openAt(rule, now));
      return;
    }
    if (!isByUser && armedAt !== undefined && before !== undefined) {
      this.turns.push({ commit, policyId, turnedAt: armedAt, page: before });
    }
    if (before !== undefined && !before.isPoisoned) {
      this.#account(commit, before, after.skipped);
    }
    this.#compare(commit, policyId, openAt(rule, now));
    const next = nextTurnOf(rule, now);
    const claimedAt = Math.max(after.claimedAt ?? now, now);
    book.turn(policyId, { expected: next, expectedDueAt: next, claimedAt });
  }

  /** Each opening since the last look was opened, or told as missed, or is one that somebody had left out. */
  #account(commit: Commit, before: PolicyPage, skippedAfter: ReadonlySet<number>): void {
    // A change of the schedule forgets what was left out, and this commit may have left out more.
    const skipped = new Set([...before.skipped, ...skippedAfter]);
    const rule = windowRuleOf({ ...before, skipped });
    if (rule === undefined) return;
    // What the old schedule has left out, and a new one opens at the same instant, is of the new one.
    const isForgotten = (opening: number): boolean =>
      before.skipped.has(opening) && !skippedAfter.has(opening);
    const { entry } = commit;
    const own = entry.events.filter(({ policyId }) => policyId === before.policyId);
    const runs = own.filter(({ event }) => event === 'policy.missed');
    for (const { first, last } of runs) this.#checkRun(commit, rule, [Number(first), Number(last)]);
    const from = before.claimedAt ?? entry.decidedAt;
    for (const opening of openingsIn(rule, { from, to: entry.decidedAt })) {
      const fates = [
        ...own.filter(
          ({ event, opensAt }) =>
            event === 'window.opened' && opensAt === opening && !isForgotten(opening),
        ),
        ...runs.filter(({ first, last }) => Number(first) <= opening && opening <= Number(last)),
        ...(rule.isSkipped(opening) ? [{ event: 'policy.skipped' }] : []),
      ].map(({ event }) => event);
      if (fates.length === 1) continue;
      const told = fates.length === 0 ? 'nothing' : fates.join(' and ');
      const what = `of the opening ${new Date(opening).toISOString()} became ${told}`;
      this.faults.push({ kind: 'fate', commit, policyId: rule.policyId, what });
    }
  }

  #checkRun(
    commit: Commit,
    rule: WindowRule,
    [first, last]: readonly [first: number, last: number],
  ): void {
    if (rule.calendar.has(first) && rule.calendar.has(last) && first <= last) return;
    const ends = [first, last].map((at) => new Date(at).toISOString()).join(' to ');
    const what = `the missed run ${ends} is none of openings`;
    this.faults.push({ kind: 'fate', commit, policyId: rule.policyId, what });
  }

  #compare(commit: Commit, policyId: string, should: OpenRecord | undefined): void {
    const { windows = [] } = commit.after.state ?? {};
    const is = windows.find((window) => window.policyId === policyId);
    if (isAlike(is, should)) return;
    const what = `it is ${JSON.stringify(is)} as at ${new Date(commit.entry.decidedAt).toISOString()}, and should be ${JSON.stringify(should)}`;
    this.faults.push({ kind: 'unplanned', commit, policyId, what });
  }

  #gone(commit: Commit, policyId: string): void {
    this.#compare(commit, policyId, undefined);
  }
}
