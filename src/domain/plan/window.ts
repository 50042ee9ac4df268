/**
 * Capacity windows as their schedules have them: when one is open, and when that changes next.
 *
 * Whether a window is open at an instant follows from its schedule alone. Of two openings that overlap, as a change
 * of clocks may make them, the later one takes over.
 */
import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { OpenWindow } from '../group/group.ts';
import type { CapacityWindow, PolicyProgress } from '../group/policy.ts';
import type { PolicyId } from '../ids.ts';
import type { DueTurn } from './order.ts';
import { openingsBetween, seenUntil } from './unseen.ts';
import type { Run } from './unseen.ts';
import { SECOND_MS } from '../schedule/civil.ts';
import type { Occurrences } from '../schedule/occurrences.ts';

/** A window, and when it opens. */
export interface ScheduledWindow {
  readonly policyId: PolicyId;
  readonly capacity: CapacityWindow;
  readonly openings: Occurrences;
  /** Openings that do not take place. */
  readonly skipped?: PolicyProgress['skipped'];
}

/** The window at an instant: open, as it stands in the state of its group; undefined where it is closed. */
export function windowAt(window: ScheduledWindow, at: EpochMs): OpenWindow | undefined {
  const opensAt = latestOpening(window, at);
  return opensAt && openedAt(window, opensAt, at);
}

/** The last opening up to an instant that takes place: one that is left out does not end the window before it. */
function latestOpening({ openings, skipped }: ScheduledWindow, at: EpochMs): EpochMs | undefined {
  const latest = openings.latest(at);
  if (latest === undefined || skipped === undefined || !isSkipped(skipped, latest)) return latest;
  return openings.latest(plusMs(skipped.first, -1));
}

/** The window at an instant, of which `opensAt` is the latest opening that takes place; undefined where it is over. */
export function openedAt(
  window: ScheduledWindow,
  opensAt: EpochMs,
  at: EpochMs,
): OpenWindow | undefined {
  const { policyId, capacity } = window;
  const closesAt = closingOf(window, opensAt);
  if (at >= closesAt) return undefined;
  const { min, max, desired, priority = 0 } = capacity;
  return {
    ...{ policyId, opensAt, closesAt, priority },
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(desired === undefined ? {} : { desired }),
  };
}

/**
 * The turn that brings a group with these windows to have this one as it is at an instant, and when that came about;
 * undefined where it was closed, and is.
 */
export function overdueTurnOf(
  window: ScheduledWindow,
  held: readonly OpenWindow[],
  now: EpochMs,
): DueTurn | undefined {
  const { policyId } = window;
  const open = windowAt(window, now);
  const at = open?.opensAt ?? held.find((other) => other.policyId === policyId)?.closesAt;
  if (at === undefined) return undefined;
  // By other rules of its zone it may be closed before it was to close.
  return { at: epochMs(Math.min(at, now)), turn: { kind: 'window', policyId, open } };
}

/** The first instant after another at which it opens or closes; undefined where it does neither any more. */
export function nextTurnOf(window: ScheduledWindow, after: EpochMs): EpochMs | undefined {
  const opensAt = nextOpeningOf(window, after);
  const closesAt = windowAt(window, after)?.closesAt;
  if (opensAt === undefined || closesAt === undefined) return opensAt ?? closesAt;
  return epochMs(Math.min(opensAt, closesAt));
}

/** The first opening after an instant that takes place; undefined where there is none. */
export function nextOpeningOf(
  { openings, skipped }: ScheduledWindow,
  after: EpochMs,
): EpochMs | undefined {
  const next = openings.next(after);
  if (next === undefined || skipped === undefined || !isSkipped(skipped, next)) return next;
  return openings.next(skipped.last);
}

/** What an armed window has come to at an instant. */
export type WindowJudgement =
  | { readonly kind: 'not-due' }
  | {
      readonly kind: 'due';
      /** Openings that came and went unseen. */
      readonly missed: readonly Run[];
      /** The last opening that is accounted for. */
      readonly claimedAt: EpochMs | undefined;
      /** What to arm next; undefined where the schedule is used up. */
      readonly next: EpochMs | undefined;
    };

/**
 * Decides what the armed turn of a window means at `now`, apart from the turn itself: openings that came and went
 * are told as runs. The cost does not depend on how long nobody looked.
 */
export function judgeWindow(
  window: ScheduledWindow,
  at: {
    readonly armedAt: EpochMs;
    readonly claimedAt: EpochMs | undefined;
    readonly now: EpochMs;
  },
): WindowJudgement {
  const { armedAt, now } = at;
  if (now < armedAt) return { kind: 'not-due' };
  const { skipped } = window;
  const open = windowAt(window, now);
  const after = seenUntil({
    plannedAt: armedAt,
    ...(at.claimedAt === undefined ? {} : { claimedAt: at.claimedAt }),
    ...(skipped === undefined ? {} : { skipped }),
  });
  const until = open === undefined ? now : plusMs(open.opensAt, -1);
  return {
    kind: 'due',
    missed: openingsBetween(window, { after: after ?? now, until }),
    // An opening that was accounted for stays so, though a clock that was set back may have it come again.
    claimedAt: latestOf(at.claimedAt, window.openings.latest(now)),
    next: nextTurnOf(window, now),
  };
}

/** How many of its next openings come while it is still open, and how many are looked at. */
const OPENINGS_EXAMINED = 60;
/** A change of clocks may have an opening come early, twice a year. */
const OVERLAPS_TOLERATED = 2;

/**
 * The shortest time from an opening to the next, in seconds, where windows last longer than that and so would never
 * close; undefined where they do not.
 */
export function periodExceeded(window: ScheduledWindow, from: EpochMs): number | undefined {
  const { openings } = window;
  let overlapCount = 0;
  let shortestMs = Number.POSITIVE_INFINITY;
  let opensAt = openings.next(from);
  for (let count = 0; opensAt !== undefined && count < OPENINGS_EXAMINED; count += 1) {
    const next = openings.next(opensAt);
    if (next === undefined) break;
    if (closingOf(window, opensAt) > next) {
      overlapCount += 1;
      shortestMs = Math.min(shortestMs, next - opensAt);
    }
    opensAt = next;
  }
  return overlapCount > OVERLAPS_TOLERATED ? shortestMs / SECOND_MS : undefined;
}

function closingOf({ capacity, openings }: ScheduledWindow, opensAt: EpochMs): EpochMs {
  const ms = capacity.durationSeconds * SECOND_MS;
  return capacity.measured === 'elapsed'
    ? plusMs(opensAt, ms)
    : openings.wallClockAfter(opensAt, ms);
}

function isSkipped(skipped: PolicyProgress['skipped'], opensAt: EpochMs): boolean {
  return skipped !== undefined && skipped.first <= opensAt && opensAt <= skipped.last;
}

function latestOf(a: EpochMs | undefined, b: EpochMs | undefined): EpochMs | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return epochMs(Math.max(a, b));
}
