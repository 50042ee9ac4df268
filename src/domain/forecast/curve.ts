import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { GroupLimits, ScalingState } from '../group/group.ts';
import type { ExecutionOutcome, RefusalReason } from '../history/event.ts';
import type { PolicyId } from '../ids.ts';
import { takeTurns } from '../plan/turns.ts';
import type { PlanEvent, PlanTurn } from '../plan/turns.ts';
import { decidedAtOf, decideDue } from '../scaling/decide-due.ts';
import type { DueOccurrence } from '../scaling/decide-due.ts';
import { outcomeOf } from '../scaling/decide.ts';
import type { Decision } from '../scaling/decide.ts';
import type { Cursor } from './upcoming.ts';

/** Steps that are listed at most. */
export const STEPS_MAX = 10_000;

interface Sizes {
  /** When it is due; where that has passed already, now. */
  readonly at: EpochMs;
  readonly desiredBefore: number;
  readonly desiredAfter: number;
}

/** What of a plan begins or ends. */
type PlanStep =
  | {
      readonly outcome: 'opened' | 'closed';
      readonly policyId: PolicyId;
      readonly opensAt: EpochMs;
      readonly closesAt: EpochMs;
    }
  | { readonly outcome: 'override-ended' | 'pause-ended'; readonly until: EpochMs };

/** What becomes of one occurrence, or of the plan where something of it begins or ends. */
export type ForecastStep = Sizes &
  (({ readonly policyId: PolicyId; readonly plannedAt: EpochMs } & ExecutionOutcome) | PlanStep);

/** How many occurrences come to what. */
interface OutcomeCounts {
  readonly scaled: number;
  readonly refused: Readonly<Record<RefusalReason, number>>;
  readonly skipped: number;
  /** How often something of the plan begins or ends. */
  readonly turned: number;
}

/** What a curve is told of, and from which facts. */
export interface CurveInput {
  readonly limits: GroupLimits;
  readonly state: ScalingState;
  /** When the facts were read. */
  readonly now: EpochMs;
  /** Told is what happens from here on; not before `now`. */
  readonly from: EpochMs;
  /** Told is what happens before this. */
  readonly to: EpochMs;
  /** Which steps are listed: those that change the desired capacity, all, or the first change, which then ends it. */
  readonly listed: 'changes' | 'all' | 'first-change';
}

/** What is told. */
export interface CurveFacts {
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
  /** Of what happens from `from` until `completeUntil`, listed or not. */
  readonly counts: OutcomeCounts;
  readonly steps: readonly ForecastStep[];
}

/** The clock at a decision, and as at when the last of the same claim was made; undefined for the first. */
interface Clocked {
  readonly now: EpochMs;
  readonly lastDecidedAt: EpochMs | undefined;
}

/** The desired capacity as it is decided, step by step, and what is told of that. */
export class Curve {
  readonly #input: CurveInput;
  readonly #steps: ForecastStep[] = [];
  readonly #refused: Record<RefusalReason, number> = {
    ...{ 'policy-cooldown': 0, 'group-cooldown': 0, 'no-change': 0, window: 0 },
  };
  #scaledCount = 0;
  #skippedCount = 0;
  #turnedCount = 0;
  #state: ScalingState;
  #desiredAtStart: number;
  #lowest: number;
  #highest: number;

  constructor(input: CurveInput) {
    const { desired } = input.state;
    this.#input = input;
    this.#state = input.state;
    this.#desiredAtStart = desired;
    this.#lowest = desired;
    this.#highest = desired;
  }

  /** The group as all that was decided leaves it. */
  get state(): ScalingState {
    return this.#state;
  }

  hasRoomFor(count: number): boolean {
    const listedCount = this.#steps.length;
    return this.#input.listed === 'first-change'
      ? listedCount === 0
      : listedCount + count <= STEPS_MAX;
  }

  /** Decides the next occurrence, and answers as at which instant. */
  decide(cursor: Cursor, occurrence: DueOccurrence, clocked: Clocked): EpochMs {
    const { limits } = this.#input;
    const state = this.#state;
    const { now, lastDecidedAt } = clocked;
    const point = { limits, state, now, lastDecidedAt };
    const { decision, decidedAt } = decideDue(occurrence, cursor, point);
    if (decision.kind === 'scaled') {
      this.#state = decision.state;
      cursor.progress = decision.progress;
    }
    if (!this.#isTold(decidedAt)) return decidedAt;
    this.#count(decision);
    const { desired: desiredAfter } = this.#state;
    const sizes = { at: this.#actedAt(decidedAt), desiredBefore: state.desired, desiredAfter };
    this.#reach(desiredAfter);
    if (this.#isListed(sizes)) {
      const { policyId, plannedAt } = occurrence;
      this.#steps.push({ policyId, plannedAt, ...outcomeOf(decision), ...sizes });
    }
    return decidedAt;
  }

  /** Has the plan turn where it is due at `dueAt`, and answers as at which instant the last decision was made. */
  turn(turns: readonly PlanTurn[], dueAt: EpochMs, clocked: Clocked): EpochMs | undefined {
    const instant = decidedAtOf(dueAt, clocked);
    const { limits } = this.#input;
    const { state, events } = takeTurns(this.#state, turns, { limits, instant });
    if (events.length === 0) return clocked.lastDecidedAt;
    this.#state = state;
    if (!this.#isTold(instant)) return instant;
    this.#turnedCount += events.length;
    const at = this.#actedAt(instant);
    for (const event of events) {
      const { desiredBefore, desiredAfter } = event;
      const sizes = { at, desiredBefore, desiredAfter };
      this.#reach(desiredAfter);
      if (this.#isListed(sizes)) this.#steps.push({ ...sizes, ...planStep(event) });
    }
    return instant;
  }

  toldUntil(completeUntil: EpochMs): CurveFacts {
    const { from, to } = this.#input;
    return {
      ...{ from, to },
      desiredAtStart: this.#desiredAtStart,
      desiredAtEnd: this.#state.desired,
      lowest: this.#lowest,
      highest: this.#highest,
      isTruncated: completeUntil < to,
      completeUntil,
      counts: {
        ...{ scaled: this.#scaledCount, refused: this.#refused },
        ...{ skipped: this.#skippedCount, turned: this.#turnedCount },
      },
      steps: this.#steps,
    };
  }

  /** What is before `from` is not told, and only leads to what is then. */
  #isTold(decidedAt: EpochMs): boolean {
    if (this.#actedAt(decidedAt) >= this.#input.from) return true;
    const { desired } = this.#state;
    this.#desiredAtStart = desired;
    this.#lowest = desired;
    this.#highest = desired;
    return false;
  }

  /** What is overdue is acted on now. */
  #actedAt(decidedAt: EpochMs): EpochMs {
    return epochMs(Math.max(decidedAt, this.#input.now));
  }

  #reach(desired: number): void {
    this.#lowest = Math.min(this.#lowest, desired);
    this.#highest = Math.max(this.#highest, desired);
  }

  /** Asked before a step is made: of a year of daily policies, most change nothing. */
  #isListed({ desiredBefore, desiredAfter }: Sizes): boolean {
    return desiredBefore !== desiredAfter || this.#input.listed === 'all';
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

function planStep(event: PlanEvent): PlanStep {
  switch (event.event) {
    case 'window.opened':
    case 'window.closed': {
      const { policyId, opensAt, closesAt } = event;
      const outcome = event.event === 'window.opened' ? 'opened' : 'closed';
      return { outcome, policyId, opensAt, closesAt };
    }
    case 'override.ended':
      return { outcome: 'override-ended', until: event.until };
    case 'pause.ended':
      return { outcome: 'pause-ended', until: event.until };
  }
}
