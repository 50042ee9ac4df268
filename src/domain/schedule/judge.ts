import { assert } from '../../base/assert.ts';
import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { Misfire, MisfireChoice, PolicyProgress } from '../group/policy.ts';
import type { MissReason } from '../history/event.ts';
import { SECOND_MS } from './civil.ts';
import type { DueOf } from './jitter.ts';
import type { Occurrences } from './occurrences.ts';

/** Late occurrences collapse into the latest, however late it is: what Otter did, and what a policy does unless it says otherwise. */
export const DEFAULT_MISFIRE: Misfire = { policy: 'latest', withinMs: Number.POSITIVE_INFINITY };

/** How late an occurrence may be where only `skip` is said. */
const SKIP_WITHIN_MS = 60_000;

/** What a policy does with late occurrences, by what its user said of it. */
export function misfireOf(choice: MisfireChoice | undefined): Misfire {
  if (choice === undefined) return DEFAULT_MISFIRE;
  const { policy, withinSeconds } = choice;
  if (withinSeconds !== undefined) return { policy, withinMs: withinSeconds * SECOND_MS };
  const withinMs = policy === 'skip' ? SKIP_WITHIN_MS : DEFAULT_MISFIRE.withinMs;
  return { policy, withinMs };
}

/** How many occurrences one judgement fires at most; the newest are kept. */
export const CATCH_UP_MAX = 100;

/** Consecutive occurrences that are recorded and not acted on. */
interface MissedRun {
  readonly first: EpochMs;
  readonly last: EpochMs;
  readonly reason: MissReason;
}

/** What has become due since an occurrence was armed. `missed` and `fire` cover all of it, each occurrence once, oldest first. */
export type Judgement =
  | { readonly kind: 'not-due' }
  | {
      readonly kind: 'due';
      readonly missed: readonly MissedRun[];
      readonly fire: readonly EpochMs[];
      /** What to arm next; undefined where the schedule is used up. */
      readonly next: EpochMs | undefined;
    };

/**
 * Decides what a policy's armed occurrence means at `now`.
 *
 * Judged are the armed occurrence, `plannedAt`, and all after it that are due by `now`. Planned before `now`
 * and due after it can only be the newest, since each is due before the next is planned; it is armed next.
 * - `latest` fires the last one; the others are superseded by it;
 * - `all` and `skip` fire the newest CATCH_UP_MAX of those that are not too late; older ones are over the limit.
 * Too late is what was due more than `withinMs` ago: were it measured from the planned instant, an occurrence
 * whose jitter is longer than that could never fire.
 *
 * The next occurrence follows the last one judged, never the clock: a clock that steps back cannot repeat
 * one. Runs are found by their ends, so the cost does not depend on how long nobody looked.
 */
export function judgeDue(input: {
  readonly plannedAt: EpochMs;
  /** When the armed occurrence is due: as it was armed, whatever `dueOf` says. */
  readonly dueAt: EpochMs;
  readonly now: EpochMs;
  readonly misfire: Misfire;
  readonly occurrences: Occurrences;
  readonly dueOf: DueOf;
}): Judgement {
  const { plannedAt, dueAt, now, misfire, occurrences } = input;
  if (now < dueAt) return { kind: 'not-due' };

  const dueOf: DueOf = (planned) => (planned === plannedAt ? dueAt : input.dueOf(planned));
  const due = withoutOneAhead(dueOccurrences(input), now, dueOf);
  // Occurrences are whole milliseconds; a fraction of one in `withinMs` must not split one.
  const dueFrom = epochMs(Math.ceil(now - misfire.withinMs));
  const inTimeFrom = plannedFrom(dueFrom, due, dueOf);
  const verdict =
    misfire.policy === 'latest' ? judgeLatest(due, inTimeFrom) : judgeEach(due, inTimeFrom);
  const next = occurrences.next(due.last);
  assert(next === undefined || next > due.last, 'schedules move forward');
  return { kind: 'due', ...verdict, next };
}

/**
 * The occurrence to arm for a policy that is written, or armed again, at `now`. Later than what was claimed
 * before, so that a clock that stepped back does not arm a claimed occurrence once more.
 */
export function firstOccurrence(
  occurrences: Occurrences,
  progress: Pick<PolicyProgress, 'claimedAt'>,
  now: EpochMs,
): EpochMs | undefined {
  return occurrences.next(epochMs(Math.max(now, progress.claimedAt ?? now)));
}

/** The occurrences to judge, known by their ends and by searches between them. There is at least one. */
interface DueOccurrences {
  readonly first: EpochMs;
  readonly last: EpochMs;
  readonly occurrences: Occurrences;
}

type Verdict = Pick<Extract<Judgement, { kind: 'due' }>, 'missed' | 'fire'>;

/** `plannedAt` is among them even if the schedule no longer has it: it was armed, so it is accounted for. */
function dueOccurrences(input: {
  readonly plannedAt: EpochMs;
  readonly now: EpochMs;
  readonly occurrences: Occurrences;
}): DueOccurrences {
  const { plannedAt: first, now, occurrences } = input;
  return { first, last: latestUntil(now, { first, occurrences }), occurrences };
}

/** Without the newest, where that is planned and not due yet. The armed one is due. */
function withoutOneAhead(planned: DueOccurrences, now: EpochMs, dueOf: DueOf): DueOccurrences {
  const { first, last } = planned;
  if (last === first || dueOf(last) <= now) return planned;
  return { ...planned, last: latestUntil(plusMs(last, -1), planned) };
}

/** An instant such that what is planned from then on is what is due from `instant` on. */
function plannedFrom(instant: EpochMs, due: DueOccurrences, dueOf: DueOf): EpochMs {
  if (instant <= due.first) return instant;
  const latest = latestUntil(instant, due);
  return dueOf(latest) >= instant ? latest : instant;
}

function latestUntil(
  instant: EpochMs,
  { first, occurrences }: Pick<DueOccurrences, 'first' | 'occurrences'>,
): EpochMs {
  return epochMs(Math.max(first, occurrences.latest(instant) ?? first));
}

/** The first of them not before an instant that is not after the last. */
function firstFrom(due: DueOccurrences, instant: EpochMs): EpochMs | undefined {
  return instant <= due.first ? due.first : due.occurrences.next(plusMs(instant, -1));
}

/** The last of them before an instant; undefined where there is none. */
function lastBefore(due: DueOccurrences, instant: EpochMs): EpochMs | undefined {
  return instant <= due.first ? undefined : latestUntil(plusMs(instant, -1), due);
}

function judgeLatest(due: DueOccurrences, inTimeFrom: EpochMs): Verdict {
  const superseded = runOf(due.first, lastBefore(due, due.last), 'superseded');
  if (due.last >= inTimeFrom) return { missed: superseded, fire: [due.last] };
  return { missed: [...superseded, ...runOf(due.last, due.last, 'too-late')], fire: [] };
}

function judgeEach(due: DueOccurrences, inTimeFrom: EpochMs): Verdict {
  const newestFirst: EpochMs[] = [];
  let candidate: EpochMs | undefined = due.last;
  while (candidate !== undefined && candidate >= inTimeFrom && newestFirst.length < CATCH_UP_MAX) {
    newestFirst.push(candidate);
    candidate = lastBefore(due, candidate);
  }
  const tooLate = runOf(due.first, lastBefore(due, inTimeFrom), 'too-late');
  // `candidate` is now the newest that is not fired: over the limit where it would still be in time.
  const overLimit =
    candidate !== undefined && candidate >= inTimeFrom
      ? runOf(firstFrom(due, inTimeFrom), candidate, 'catch-up-limit')
      : [];
  return { missed: [...tooLate, ...overLimit], fire: newestFirst.reverse() };
}

/** A run, or none where it has no beginning or no end. */
function runOf(
  first: EpochMs | undefined,
  last: EpochMs | undefined,
  reason: MissReason,
): readonly MissedRun[] {
  return first === undefined || last === undefined ? [] : [{ first, last, reason }];
}
