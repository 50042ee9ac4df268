/**
 * Leaves out the next occurrence of a policy.
 *
 * The next one is the first that was not claimed yet, be it due already: whoever asks in the moment in which it falls
 * due means that one, and of the claim and the request the one that commits first has it.
 */
import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { OpenWindow } from '../group/group.ts';
import type { PolicyProgress, Schedule } from '../group/policy.ts';
import type { PolicyId } from '../ids.ts';
import { dueInstants } from '../schedule/jitter.ts';
import type { Occurrences } from '../schedule/occurrences.ts';
import { openingsBetween, seenUntil } from './unseen.ts';
import type { Run } from './unseen.ts';
import { nextOpeningOf, nextTurnOf, windowAt } from './window.ts';
import type { ScheduledWindow } from './window.ts';

/** What comes of the wish to leave an occurrence out. */
export type SkipDecision =
  | Skipped
  /** The one that was named is left out already. */
  | { readonly kind: 'skipped-before'; readonly next: EpochMs | undefined }
  /** The one that was named is not the next one. */
  | { readonly kind: 'not-next'; readonly next: EpochMs }
  /** Later ones are left out already, and others between them and this one are not. */
  | { readonly kind: 'skips-ahead'; readonly next: EpochMs; readonly first: EpochMs }
  /** Nothing is to come. */
  | { readonly kind: 'nothing-to-skip' };

/** An occurrence that is left out, and what its policy has come to. */
export interface Skipped {
  readonly kind: 'skipped';
  readonly occurrence: EpochMs;
  /** The first after it that takes place; undefined where there is none. */
  readonly next: EpochMs | undefined;
  readonly progress: PolicyProgress;
  /** When what is armed now is due; undefined where nothing is. */
  readonly dueAt: EpochMs | undefined;
}

/** Of a window besides: how it stands, and openings that came and went before, unseen. */
export interface SkippedOpening extends Skipped {
  readonly open: OpenWindow | undefined;
  readonly missed: readonly Run[];
}

type Unskipped = Exclude<SkipDecision, Skipped>;

/** Where a policy stands, and what is asked for. */
interface Asked {
  readonly progress: PolicyProgress;
  readonly now: EpochMs;
  /** The occurrence that is meant; undefined for whichever is next. */
  readonly occurrence: EpochMs | undefined;
}

/**
 * The progress of a policy that is given another schedule: what was left out of the old one is not left out of that,
 * and must not keep it from firing until then.
 */
export function withoutSkips(progress: PolicyProgress, now: EpochMs): PolicyProgress {
  const { skipped, claimedAt, ...rest } = progress;
  if (skipped === undefined) return progress;
  const isAhead = claimedAt !== undefined && claimedAt > now && claimedAt <= skipped.last;
  return claimedAt === undefined || isAhead ? rest : { ...rest, claimedAt };
}

/** Whether an occurrence is one that somebody had left out. */
function isSkipped({ skipped }: PolicyProgress, occurrence: EpochMs): boolean {
  return skipped !== undefined && skipped.first <= occurrence && occurrence <= skipped.last;
}

/** Leaves out the armed occurrence of a policy that fires. */
export function skipFiring(
  policy: {
    readonly policyId: PolicyId;
    readonly schedule: Schedule;
    readonly occurrences: Occurrences;
    /** When what is armed is due. */
    readonly dueAt: EpochMs | undefined;
  },
  asked: Asked,
): Skipped | Unskipped {
  const { policyId, schedule, occurrences, dueAt } = policy;
  const { progress } = asked;
  const armedAt = progress.plannedAt ?? dueAt;
  const problem = problemOf(occurrences, armedAt, asked);
  if (problem !== undefined) return problem;
  if (armedAt === undefined) return { kind: 'nothing-to-skip' };
  const next = occurrences.next(armedAt);
  const skipped = grown(occurrences, armedAt, asked) ?? { first: armedAt, last: armedAt };
  const { touchedAt } = progress;
  return {
    kind: 'skipped',
    occurrence: armedAt,
    next,
    progress: {
      claimedAt: laterOf(progress.claimedAt, armedAt),
      ...(next === undefined ? {} : { plannedAt: next }),
      ...(touchedAt === undefined ? {} : { touchedAt }),
      skipped,
    },
    dueAt: next && dueInstants(policyId, schedule, occurrences)(next),
  };
}

/** Leaves out the next opening of a window. One that is open stays open. */
export function skipOpening(window: ScheduledWindow, asked: Asked): SkippedOpening | Unskipped {
  const { openings } = window;
  const { progress, now } = asked;
  const opensAt = openingToCome(window, asked);
  const problem = problemOf(openings, opensAt, asked);
  if (problem !== undefined) return problem;
  if (opensAt === undefined) return { kind: 'nothing-to-skip' };
  const skipped = grown(openings, opensAt, asked);
  if (skipped === undefined) {
    const { first = opensAt } = progress.skipped ?? {};
    return { kind: 'skips-ahead', next: opensAt, first };
  }
  const after: ScheduledWindow = { ...window, skipped };
  const plannedAt = nextTurnOf(after, now);
  return {
    kind: 'skipped',
    occurrence: opensAt,
    next: nextOpeningOf(after, opensAt),
    progress: {
      claimedAt: laterOf(progress.claimedAt, opensAt),
      ...(plannedAt === undefined ? {} : { plannedAt }),
      skipped,
    },
    dueAt: plannedAt,
    open: windowAt(after, now),
    missed: missedBefore(window, opensAt, asked),
  };
}

/** The first opening that is still to come, or came just now and was not claimed yet. */
function openingToCome(window: ScheduledWindow, { progress, now }: Asked): EpochMs | undefined {
  const open = windowAt(window, now);
  const isUnseen = open !== undefined && open.opensAt > (progress.claimedAt ?? -Infinity);
  return isUnseen ? open.opensAt : nextOpeningOf(window, now);
}

function problemOf(
  occurrences: Occurrences,
  next: EpochMs | undefined,
  { progress, occurrence }: Asked,
): Unskipped | undefined {
  if (occurrence === undefined) return undefined;
  // A run covers the times between its occurrences as well, and these are none.
  if (isSkipped(progress, occurrence) && occurrences.latest(occurrence) === occurrence) {
    return { kind: 'skipped-before', next };
  }
  if (next === undefined || next === occurrence) return undefined;
  return { kind: 'not-next', next };
}

/**
 * The run of occurrences that are left out, with one more; undefined where it would have to cover others as well.
 * Those before the latest that has come are left away: they do not count any more, and a schedule that is written
 * anew may have others there.
 */
function grown(
  occurrences: Occurrences,
  at: EpochMs,
  { progress: { skipped }, now }: Asked,
): PolicyProgress['skipped'] {
  if (skipped === undefined) return { first: at, last: at };
  if (at < skipped.first) {
    return occurrences.next(at) === skipped.first ? { first: at, last: skipped.last } : undefined;
  }
  if (occurrences.next(skipped.last) !== at) return { first: at, last: at };
  return { first: laterOf(occurrences.latest(now), skipped.first), last: at };
}

/** What was due before the one that is left out, and is neither claimed nor open any more. */
function missedBefore(
  window: ScheduledWindow,
  opensAt: EpochMs,
  { progress, now }: Asked,
): SkippedOpening['missed'] {
  const after = seenUntil(progress);
  if (after === undefined) return [];
  return openingsBetween(window, { after, until: epochMs(Math.min(now, opensAt - 1)) });
}

function laterOf(a: EpochMs | undefined, b: EpochMs): EpochMs {
  return a === undefined ? b : epochMs(Math.max(a, b));
}
