/**
 * What becomes of an armed occurrence when another release of the time zone data has it at another instant.
 *
 * What is armed was planned with the rules of the release that the node had then. A node with another release must
 * not wait for an instant that its rules do not know: the clocks of the zone show another time there.
 */
import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { Schedule } from '../group/policy.ts';
import type { Occurrences } from './occurrences.ts';

/** What is armed within this long is left alone: it fires before anybody could look forward to its new time. */
export const MOVES_FROM_MS = 60_000;

/** By how much rules of a zone change at most, for an occurrence to be taken for another at a new time. */
const SHIFT_MAX_MS = 3 * 3_600_000;

/** Whether what is armed is armed anew, and for when: undefined where the schedule has no occurrence left. */
export type Move =
  { readonly kind: 'stays' } | { readonly kind: 'moved'; readonly to: EpochMs | undefined };

const STAYS: Move = { kind: 'stays' };

/**
 * Decides what to arm in place of `plannedAt`.
 *
 * Nothing is lost: the armed occurrence is owed. It is looked for near its old instant, where the clocks of the zone
 * show the same time of day by the new rules; where that has passed by `now`, it is armed for then all the same, and
 * so is due at once: it fires, or is recorded as missed, as the policy says of what comes late. Else the first
 * occurrence after `now` is armed, which may be one that the old rules did not have.
 *
 * Nothing is doubled: an occurrence is named by its instant, and none up to the last that was claimed is armed. One
 * that the old rules had claimed before its time by the new ones counts for that: else a policy of nine o'clock that
 * fired an hour early would fire at nine once more. Only where both are told apart, though: no occurrence of the new
 * rules stands for what was claimed and for what is armed.
 *
 * Nodes with different releases may have a partition in turn. Each arms by its own rules what it finds, with the
 * version of the group that it read, so that a claim in between makes it look again, and the last one to own the
 * partition decides; what was claimed meanwhile, by whichever rules, stays claimed.
 */
export function moveOf(armed: {
  readonly plannedAt: EpochMs;
  readonly claimedAt: EpochMs | undefined;
  readonly now: EpochMs;
  readonly occurrences: Occurrences;
  /** Whether it is the only occurrence that there ever is, so that nothing else can be taken for it. */
  readonly isOnly: boolean;
}): Move {
  const { plannedAt, now, occurrences, isOnly } = armed;
  if (plannedAt - now <= MOVES_FROM_MS) return STAYS;
  const claimedAt = armed.claimedAt ?? epochMs(Number.NEGATIVE_INFINITY);
  const first = firstAfter(occurrences, now, claimedAt);
  // Nearly always: a whole partition is looked at, so that what is cheap comes first.
  if (first === plannedAt) return STAYS;
  const maxMs = isOnly ? Number.POSITIVE_INFINITY : SHIFT_MAX_MS;
  const nearest = nearestTo(plannedAt, occurrences, maxMs);
  const doneUntil = claimedByNewRules(claimedAt, nearest, occurrences);
  if (nearest !== undefined && nearest <= now && nearest > doneUntil) {
    return { kind: 'moved', to: nearest };
  }
  const to = firstAfter(occurrences, now, doneUntil);
  return to === plannedAt ? STAYS : { kind: 'moved', to };
}

/**
 * What to arm after an occurrence that was just claimed, of which `next` comes next. One that fell due before anybody could move it was claimed at
 * its old instant; the occurrence that the new rules have in its place counts as claimed with it, or it would be acted
 * on twice. Undefined where there is nothing left.
 */
export function nextAfterClaimed(
  { claimedAt, next }: { readonly claimedAt: EpochMs; readonly next: EpochMs | undefined },
  { kind, timezone }: Schedule,
  occurrences: Occurrences,
): EpochMs | undefined {
  // Only the rules of a zone change by themselves.
  if (timezone === undefined || occurrences.latest(claimedAt) === claimedAt) return next;
  const maxMs = kind === 'at' ? Number.POSITIVE_INFINITY : SHIFT_MAX_MS;
  const counterpart = nearestTo(claimedAt, occurrences, maxMs) ?? claimedAt;
  return occurrences.next(epochMs(Math.max(claimedAt, counterpart)));
}

function firstAfter(
  occurrences: Occurrences,
  now: EpochMs,
  doneUntil: EpochMs,
): EpochMs | undefined {
  return occurrences.next(epochMs(Math.max(now, doneUntil)));
}

/** The last instant that is accounted for: the claimed one, or a later one that stands for it by the new rules. */
function claimedByNewRules(
  claimedAt: EpochMs,
  armed: EpochMs | undefined,
  occurrences: Occurrences,
): EpochMs {
  if (claimedAt === Number.NEGATIVE_INFINITY) return claimedAt;
  const counterpart = nearestTo(claimedAt, occurrences, SHIFT_MAX_MS) ?? claimedAt;
  const isApart = armed === undefined || counterpart < armed;
  return isApart ? epochMs(Math.max(claimedAt, counterpart)) : claimedAt;
}

/** The occurrence nearest to an instant, the earlier of two that are as near; undefined where all are farther than `maxMs`. */
function nearestTo(instant: EpochMs, occurrences: Occurrences, maxMs: number): EpochMs | undefined {
  const before = occurrences.latest(instant);
  const after = occurrences.next(instant);
  const beforeMs = before === undefined ? Number.POSITIVE_INFINITY : instant - before;
  const afterMs = after === undefined ? Number.POSITIVE_INFINITY : after - instant;
  const nearest = beforeMs <= afterMs ? before : after;
  return Math.min(beforeMs, afterMs) <= maxMs ? nearest : undefined;
}
