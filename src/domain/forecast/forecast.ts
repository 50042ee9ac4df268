/**
 * What a group's scheduled policies will do to its desired capacity, decided exactly as the scheduler will decide.
 *
 * It walks all policies together, the earliest occurrence first, from what is armed now, so that limits and
 * cooldowns have come to what they will be at each occurrence. Nobody knows who will change the group or execute
 * a policy meanwhile: what is told is what comes of the schedules alone.
 */
import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { hasCode, messageOf } from '../../base/errors.ts';
import type { GroupLimits, ScalingState } from '../group/group.ts';
import type { Schedule } from '../group/policy.ts';
import type { ExecutionOutcome, RefusalReason } from '../history/event.ts';
import type { PolicyId } from '../ids.ts';
import { decideDue, inDueOrder } from '../scaling/decide-due.ts';
import type { DueOccurrence } from '../scaling/decide-due.ts';
import { outcomeOf } from '../scaling/decide.ts';
import type { Decision } from '../scaling/decide.ts';
import { judgeDue, misfireOf } from '../schedule/judge.ts';
import type { Occurrences } from '../schedule/occurrences.ts';
import { Cursor, Upcoming } from './upcoming.ts';
import type { ArmedPolicy } from './upcoming.ts';

/** Steps that are listed at most. */
export const STEPS_MAX = 10_000;
/** Occurrences that are looked at, from now on, at most. */
export const OCCURRENCES_MAX = 1_000_000;
/** How far ahead of now a forecast goes at most: ten years, leap days included. */
export const SPAN_MAX_MS = 3_653 * 86_400_000;

/** What is forecast, and from which facts. */
export interface ForecastInput {
  readonly limits: GroupLimits;
  readonly state: ScalingState;
  /** Those that are armed; the others do nothing by themselves. */
  readonly policies: readonly ArmedPolicy[];
  /** When the facts were read. What is due by then counts as claimed at that instant. */
  readonly now: EpochMs;
  /** Told is what happens from here on; not before `now`. */
  readonly from: EpochMs;
  /** Told is what happens before this. */
  readonly to: EpochMs;
  /** Which steps are listed: those that change the desired capacity, all, or the first change, which then ends it. */
  readonly listed: 'changes' | 'all' | 'first-change';
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
}

/** What becomes of one occurrence. */
export type ForecastStep = {
  /** When it is due; where that has passed already, now. */
  readonly at: EpochMs;
  readonly policyId: PolicyId;
  readonly plannedAt: EpochMs;
  readonly desiredBefore: number;
  readonly desiredAfter: number;
} & ExecutionOutcome;

/** The desired capacity over a span of time, and how it comes about. */
export interface Forecast {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly desiredAtStart: number;
  /** The desired capacity at `completeUntil`. */
  readonly desiredAtEnd: number;
  readonly lowest: number;
  readonly highest: number;
  /** Whether there was more than is looked at, or than is listed. */
  readonly isTruncated: boolean;
  /** All that is told holds until then, exclusively: `to`, unless it is truncated. May lie before `from`. */
  readonly completeUntil: EpochMs;
  /** Of occurrences from `from` until `completeUntil`, listed or not. */
  readonly counts: OutcomeCounts;
  readonly steps: readonly ForecastStep[];
  /** Policies whose schedule cannot be read: the scheduler will park them when they are due. */
  readonly unreadable: readonly { readonly policyId: PolicyId; readonly reason: string }[];
}

/** How many occurrences come to what. */
interface OutcomeCounts {
  readonly scaled: number;
  readonly refused: Readonly<Record<RefusalReason, number>>;
  readonly skipped: number;
}

/** The forecast, made at once. */
export function forecast(input: ForecastInput): Forecast {
  const slices = forecastInSlices(input, OCCURRENCES_MAX);
  let slice = slices.next();
  while (slice.done !== true) slice = slices.next();
  return slice.value;
}

/**
 * The forecast, made in slices of so many occurrences: whoever serves others as well can let them have a turn
 * in between.
 */
export function* forecastInSlices(
  input: ForecastInput,
  occurrencesPerSlice: number,
): Generator<undefined, Forecast> {
  const { to } = input;
  const { cursors, unreadable } = cursorsOf(input);
  const curve = new Curve(input);
  const upcoming = new Upcoming(claimOverdue(input, cursors, curve));
  let examinedCount = 0;
  let instant: EpochMs | undefined;
  for (let next = upcoming.first; next !== undefined && next.firesAt < to; next = upcoming.first) {
    const { firesAt } = next;
    if (firesAt !== instant) {
      // All that is due at one instant is told, or none of it: each policy comes once at most.
      const isOver = examinedCount + upcoming.size > OCCURRENCES_MAX;
      if (isOver || !curve.hasRoomFor(upcoming.size)) {
        return { ...curve.toldUntil(firesAt), unreadable };
      }
      instant = firesAt;
    }
    curve.decide(next, next, { now: firesAt, lastDecidedAt: undefined });
    upcoming.advanceFirst();
    examinedCount += 1;
    if (examinedCount % occurrencesPerSlice === 0) yield undefined;
  }
  return { ...curve.toldUntil(to), unreadable };
}

function cursorsOf({ policies, occurrencesOf }: ForecastInput): {
  readonly cursors: readonly Cursor[];
  readonly unreadable: Forecast['unreadable'];
} {
  const cursors: Cursor[] = [];
  const unreadable: Forecast['unreadable'][number][] = [];
  for (const policy of policies) {
    const { schedule } = policy.definition;
    if (schedule === undefined) continue;
    try {
      cursors.push(new Cursor(policy, schedule, occurrencesOf));
    } catch (error) {
      if (!hasCode(error, 'record-malformed')) throw error;
      unreadable.push({ policyId: policy.id, reason: messageOf(error) });
    }
  }
  return { cursors, unreadable };
}

/**
 * What is due already is judged and decided as by a claim at this instant. Answers the policies that have
 * something to come after that.
 */
function claimOverdue(
  { now }: ForecastInput,
  cursors: readonly Cursor[],
  curve: Curve,
): readonly Cursor[] {
  const judged = cursors.map((cursor) => {
    const { plannedAt, firesAt: dueAt, occurrences, definition, dueOf } = cursor;
    const misfire = misfireOf(definition.misfire);
    const judgement = judgeDue({ plannedAt, dueAt, now, misfire, occurrences, dueOf });
    return { cursor, judgement };
  });
  const firings = judged
    .flatMap(({ cursor, judgement }) => {
      const { policyId, dueOf } = cursor;
      const planned = judgement.kind === 'due' ? judgement.fire : [];
      return planned.map((plannedAt) => ({
        ...{ cursor, policyId, plannedAt, firesAt: dueOf(plannedAt) },
      }));
    })
    .sort(inDueOrder);
  let lastDecidedAt: EpochMs | undefined;
  for (const { cursor, ...occurrence } of firings) {
    lastDecidedAt = curve.decide(cursor, occurrence, { now, lastDecidedAt });
  }
  return judged.flatMap(({ cursor, judgement }) => {
    if (judgement.kind === 'not-due') return [cursor];
    if (judgement.next === undefined) return [];
    cursor.moveTo(judgement.next);
    return [cursor];
  });
}

/** The desired capacity as it is decided, occurrence by occurrence, and what is told of that. */
class Curve {
  readonly #input: ForecastInput;
  readonly #steps: ForecastStep[] = [];
  readonly #refused: Record<RefusalReason, number> = {
    ...{ 'policy-cooldown': 0, 'group-cooldown': 0, 'no-change': 0 },
  };
  #scaledCount = 0;
  #skippedCount = 0;
  #state: ScalingState;
  #desiredAtStart: number;
  #lowest: number;
  #highest: number;

  constructor(input: ForecastInput) {
    const { desired } = input.state;
    this.#input = input;
    this.#state = input.state;
    this.#desiredAtStart = desired;
    this.#lowest = desired;
    this.#highest = desired;
  }

  hasRoomFor(count: number): boolean {
    const listedCount = this.#steps.length;
    return this.#input.listed === 'first-change'
      ? listedCount === 0
      : listedCount + count <= STEPS_MAX;
  }

  /** Decides the next occurrence, and answers as at which instant. */
  decide(
    cursor: Cursor,
    occurrence: DueOccurrence,
    { now, lastDecidedAt }: { readonly now: EpochMs; readonly lastDecidedAt: EpochMs | undefined },
  ): EpochMs {
    const { limits } = this.#input;
    const state = this.#state;
    const { decision, decidedAt } = decideDue(occurrence, cursor, {
      limits,
      state,
      now,
      lastDecidedAt,
    });
    if (decision.kind === 'scaled') {
      this.#state = decision.state;
      cursor.progress = decision.progress;
    }
    // What is overdue is acted on now.
    const at = epochMs(Math.max(decidedAt, this.#input.now));
    if (at < this.#input.from) this.#begin();
    else this.#tell(occurrence, { at, desiredBefore: state.desired, decision });
    return decidedAt;
  }

  toldUntil(completeUntil: EpochMs): Omit<Forecast, 'unreadable'> {
    const { from, to } = this.#input;
    return {
      ...{ from, to },
      desiredAtStart: this.#desiredAtStart,
      desiredAtEnd: this.#state.desired,
      lowest: this.#lowest,
      highest: this.#highest,
      isTruncated: completeUntil < to,
      completeUntil,
      counts: { scaled: this.#scaledCount, refused: this.#refused, skipped: this.#skippedCount },
      steps: this.#steps,
    };
  }

  /** What is before `from` only leads to what is then. */
  #begin(): void {
    const { desired } = this.#state;
    this.#desiredAtStart = desired;
    this.#lowest = desired;
    this.#highest = desired;
  }

  #tell(
    { policyId, plannedAt }: DueOccurrence,
    told: {
      readonly at: EpochMs;
      readonly desiredBefore: number;
      readonly decision: Decision;
    },
  ): void {
    const { at, desiredBefore, decision } = told;
    const desiredAfter = this.#state.desired;
    this.#count(decision);
    if (decision.kind === 'scaled') {
      this.#lowest = Math.min(this.#lowest, desiredAfter);
      this.#highest = Math.max(this.#highest, desiredAfter);
    } else if (this.#input.listed !== 'all') return;
    const change = { policyId, plannedAt, desiredBefore, desiredAfter };
    this.#steps.push({ at, ...change, ...outcomeOf(decision) });
  }

  #count(decision: Decision): void {
    switch (decision.kind) {
      case 'scaled':
        this.#scaledCount += 1;
        break;
      case 'refused':
        this.#refused[decision.reason] += 1;
        break;
      case 'skipped':
        this.#skippedCount += 1;
        break;
    }
  }
}
