import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { OpenWindow, ScalingState } from '../group/group.ts';
import type { Policy, PolicyDefinition, PolicyProgress, Schedule } from '../group/policy.ts';
import type { PolicyId } from '../ids.ts';
import { endedBy, TIMER_ID, timerOf } from '../plan/timer.ts';
import type { DueTurn } from '../plan/order.ts';
import type { PlanTurn } from '../plan/turns.ts';
import { nextOpeningOf, openedAt, overdueTurnOf, windowAt } from '../plan/window.ts';
import type { ScheduledWindow } from '../plan/window.ts';
import { inDueOrder } from '../scaling/decide-due.ts';
import type { DueOccurrence } from '../scaling/decide-due.ts';
import { dueInstants } from '../schedule/jitter.ts';
import type { DueOf } from '../schedule/jitter.ts';
import type { Occurrences } from '../schedule/occurrences.ts';

/** A policy with a schedule, and when its armed occurrence is due. */
export interface ArmedPolicy extends Policy {
  readonly dueAt: EpochMs;
}

/** A walk through what comes of one thing. */
interface Walk {
  readonly policyId: PolicyId;
  /** When what it stands at is due. */
  readonly firesAt: EpochMs;
  /** Goes on to the next; false where nothing comes any more. */
  advance(): boolean;
}

/** A walk through the occurrences of one policy. */
export class Cursor implements DueOccurrence, Walk {
  readonly policyId: PolicyId;
  readonly definition: PolicyDefinition;
  readonly occurrences: Occurrences;
  /** When occurrences are due: the one that this stands at as it was armed, whatever its schedule says now. */
  readonly dueOf: DueOf;
  progress: PolicyProgress;
  #plannedAt: EpochMs;
  #firesAt: EpochMs;
  readonly #dueInstantOf: DueOf;

  /** Stands at the armed occurrence. Throws `record-malformed` where the schedule cannot be compiled. */
  constructor(
    { id, definition, progress, dueAt }: ArmedPolicy,
    schedule: Schedule,
    occurrencesOf: (schedule: Schedule) => Occurrences,
  ) {
    this.policyId = id;
    this.definition = definition;
    this.progress = progress;
    this.occurrences = occurrencesOf(schedule);
    this.#dueInstantOf = dueInstants(id, schedule, this.occurrences);
    this.#plannedAt = progress.plannedAt ?? dueAt;
    this.#firesAt = dueAt;
    this.dueOf = (planned) =>
      planned === this.#plannedAt ? this.#firesAt : this.#dueInstantOf(planned);
  }

  /** The occurrence that it stands at. */
  get plannedAt(): EpochMs {
    return this.#plannedAt;
  }

  /** When that is due. */
  get firesAt(): EpochMs {
    return this.#firesAt;
  }

  advance(): boolean {
    const next = this.occurrences.next(this.#plannedAt);
    if (next === undefined) return false;
    this.moveTo(next);
    return true;
  }

  /** Goes on to another occurrence. */
  moveTo(plannedAt: EpochMs): void {
    this.#plannedAt = plannedAt;
    this.#firesAt = this.#dueInstantOf(plannedAt);
  }
}

/** A walk through what begins and ends in the plan of a group. */
export interface PlanCursor extends Walk {
  /** What turns where it stands. */
  turns(): readonly PlanTurn[];
  /** What has turned where it stands at an instant that is past, and when each did; of a group in this state. */
  overdueTurns(state: ScalingState): readonly DueTurn[];
}

/**
 * A walk through the openings and closings of a window. What is overdue by `now` is as it should be then.
 *
 * It looks for each opening once, and for nothing else: whether the window is open where it stands, and when it turns
 * next, follow from the opening that came last and the one that comes next.
 */
export class WindowCursor implements PlanCursor {
  readonly #window: ScheduledWindow;
  #firesAt: EpochMs;
  /** The window where it stands; undefined where it is closed. */
  #open: OpenWindow | undefined;
  /** The first opening after where it stands, or stood before; undefined where none was found. */
  #opensAt: EpochMs | undefined;

  /** Stands at the armed turn. Throws `record-malformed` where the schedule cannot be compiled. */
  constructor(window: ScheduledWindow, dueAt: EpochMs, now: EpochMs) {
    this.#window = window;
    this.#firesAt = epochMs(Math.max(dueAt, now));
    this.#open = windowAt(window, this.#firesAt);
  }

  get policyId(): PolicyId {
    return this.#window.policyId;
  }

  get firesAt(): EpochMs {
    return this.#firesAt;
  }

  turns(): readonly PlanTurn[] {
    const { policyId } = this.#window;
    return [{ kind: 'window', policyId, open: this.#open }];
  }

  overdueTurns({ windows = [] }: ScalingState): readonly DueTurn[] {
    const turn = overdueTurnOf(this.#window, windows, this.#firesAt);
    return turn === undefined ? [] : [turn];
  }

  advance(): boolean {
    const opensAt = this.#nextOpening();
    const closesAt = this.#open?.closesAt;
    if (opensAt !== undefined && (closesAt === undefined || opensAt <= closesAt)) {
      this.#firesAt = opensAt;
      this.#open = openedAt(this.#window, opensAt, opensAt);
      return true;
    }
    if (closesAt === undefined) return false;
    this.#firesAt = closesAt;
    this.#open = undefined;
    return true;
  }

  /** One that was found stays the next one until it comes. */
  #nextOpening(): EpochMs | undefined {
    if (this.#opensAt === undefined || this.#opensAt <= this.#firesAt) {
      this.#opensAt = nextOpeningOf(this.#window, this.#firesAt);
    }
    return this.#opensAt;
  }
}

/** A walk through what of a group ends by itself. */
export class TimerCursor implements PlanCursor {
  readonly policyId = TIMER_ID;
  readonly #state: ScalingState;
  #firesAt: EpochMs;

  /** Undefined where nothing does. */
  static of(state: ScalingState, now: EpochMs): TimerCursor | undefined {
    const first = timerOf(state);
    return first === undefined ? undefined : new TimerCursor(state, epochMs(Math.max(first, now)));
  }

  private constructor(state: ScalingState, firesAt: EpochMs) {
    this.#state = state;
    this.#firesAt = firesAt;
  }

  get firesAt(): EpochMs {
    return this.#firesAt;
  }

  turns(): readonly PlanTurn[] {
    return endedBy(this.#state, this.#firesAt).map(({ turn }) => turn);
  }

  overdueTurns(state: ScalingState): readonly DueTurn[] {
    return endedBy(state, this.#firesAt);
  }

  advance(): boolean {
    const { override, pausedUntil } = this.#state;
    const later = [override?.until, pausedUntil].filter(
      (end) => end !== undefined && end > this.#firesAt,
    );
    const [next] = later;
    if (next === undefined) return false;
    this.#firesAt = next;
    return true;
  }
}

/**
 * Walks in the order in which they are due next. A sorted list: groups have a hundred policies or so, and moving
 * that many references costs less than finding one next occurrence.
 */
export class Upcoming {
  /** The earliest last, so that it is taken without moving the others. */
  readonly #latestFirst: (Cursor | PlanCursor)[];

  constructor(walks: readonly (Cursor | PlanCursor)[]) {
    this.#latestFirst = walks.toSorted((a, b) => inOrder(b, a));
  }

  /** How many have something to come. */
  get size(): number {
    return this.#latestFirst.length;
  }

  /** What is due first. */
  get first(): Cursor | PlanCursor | undefined {
    return this.#latestFirst.at(-1);
  }

  /** Moves what was due first to what comes next of it; it is dropped where nothing does. */
  advanceFirst(): void {
    const walk = this.#latestFirst.pop();
    if (walk?.advance() !== true) return;
    this.#latestFirst.splice(this.#placeOf(walk), 0, walk);
  }

  #placeOf(walk: Cursor | PlanCursor): number {
    let [low, high] = [0, this.#latestFirst.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#latestFirst[middle];
      if (other !== undefined && inOrder(other, walk) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** As a claim decides: what begins or ends at an instant comes before what fires at it. */
function inOrder(a: Cursor | PlanCursor, b: Cursor | PlanCursor): number {
  if (a.firesAt !== b.firesAt) return a.firesAt - b.firesAt;
  const [isFiringA, isFiringB] = [a instanceof Cursor, b instanceof Cursor];
  return isFiringA === isFiringB ? inDueOrder(a, b) : Number(isFiringA) - Number(isFiringB);
}
