/**
 * What a group's schedules, its windows and all else of its plan will do to its desired capacity, decided exactly as the scheduler will decide.
 *
 * It walks all policies together, the earliest occurrence first, from what is armed now, so that limits and
 * cooldowns have come to what they will be at each occurrence. Nobody knows who will change the group or execute
 * a policy meanwhile: what is told is what comes of the schedules alone.
 */
import { hasCode, messageOf } from '../../base/errors.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { Schedule } from '../group/policy.ts';
import type { PolicyId } from '../ids.ts';
import { inOrderOfDue } from '../plan/order.ts';
import type { PlanTurn } from '../plan/turns.ts';
import { judgeDue, misfireOf } from '../schedule/judge.ts';
import type { Occurrences } from '../schedule/occurrences.ts';
import { Curve } from './curve.ts';
import type { CurveFacts, CurveInput } from './curve.ts';
import { Cursor, TimerCursor, Upcoming, WindowCursor } from './upcoming.ts';
import type { ArmedPolicy, PlanCursor } from './upcoming.ts';

/** Occurrences that are looked at, from now on, at most. */
export const OCCURRENCES_MAX = 1_000_000;
/** How far ahead of now a forecast goes at most: ten years, leap days included. */
export const SPAN_MAX_MS = 3_653 * 86_400_000;

/** What is forecast, and from which facts. What is due by `now` counts as claimed at that instant. */
export interface ForecastInput extends CurveInput {
  /** Those that are armed; the others do nothing by themselves. */
  readonly policies: readonly ArmedPolicy[];
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
}

/** The desired capacity over a span of time, and how it comes about. */
export interface Forecast extends CurveFacts {
  /** Policies whose schedule cannot be read: the scheduler will park them when they are due. */
  readonly unreadable: readonly { readonly policyId: PolicyId; readonly reason: string }[];
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
  const { cursors, plan, unreadable } = cursorsOf(input);
  const curve = new Curve(input);
  const upcoming = new Upcoming(claimOverdue(input, { cursors, plan }, curve));
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
    const clocked = { now: firesAt, lastDecidedAt: undefined };
    if (next instanceof Cursor) {
      curve.decide(next, next, clocked);
      upcoming.advanceFirst();
    } else curve.turn(turnsAt(firesAt, upcoming), firesAt, clocked);
    examinedCount += 1;
    if (examinedCount % occurrencesPerSlice === 0) yield undefined;
  }
  return { ...curve.toldUntil(to), unreadable };
}

/** Takes all that turns at one instant. */
function turnsAt(instant: EpochMs, upcoming: Upcoming): readonly PlanTurn[] {
  const turns: PlanTurn[] = [];
  for (let next = upcoming.first; next?.firesAt === instant; next = upcoming.first) {
    if (next instanceof Cursor) break;
    turns.push(...next.turns());
    upcoming.advanceFirst();
  }
  return turns;
}

interface Cursors {
  readonly cursors: readonly Cursor[];
  readonly plan: readonly PlanCursor[];
}

function cursorsOf({
  policies,
  occurrencesOf,
  state,
  now,
}: ForecastInput): Cursors & Pick<Forecast, 'unreadable'> {
  const cursors: Cursor[] = [];
  const plan: PlanCursor[] = [];
  const unreadable: Forecast['unreadable'][number][] = [];
  for (const policy of policies) {
    const { schedule, adjustment } = policy.definition;
    if (schedule === undefined) continue;
    try {
      if (adjustment.kind === 'window') {
        const openings = occurrencesOf(schedule);
        const { skipped } = policy.progress;
        const window = { policyId: policy.id, capacity: adjustment, openings };
        const scheduled = skipped === undefined ? window : { ...window, skipped };
        plan.push(new WindowCursor(scheduled, policy.dueAt, now));
      } else cursors.push(new Cursor(policy, schedule, occurrencesOf));
    } catch (error) {
      if (!hasCode(error, 'record-malformed')) throw error;
      unreadable.push({ policyId: policy.id, reason: messageOf(error) });
    }
  }
  const timer = TimerCursor.of(state, now);
  return { cursors, plan: timer === undefined ? plan : [...plan, timer], unreadable };
}

/**
 * What is due already is judged and decided as by a claim at this instant. Answers what has something to come
 * after that.
 */
function claimOverdue(
  { now }: ForecastInput,
  { cursors, plan }: Cursors,
  curve: Curve,
): readonly (Cursor | PlanCursor)[] {
  const judged = cursors.map((cursor) => {
    const { plannedAt, firesAt: dueAt, occurrences, definition, dueOf } = cursor;
    const misfire = misfireOf(definition.misfire);
    const judgement = judgeDue({ plannedAt, dueAt, now, misfire, occurrences, dueOf });
    return { cursor, judgement };
  });
  const firings = judged.flatMap(({ cursor, judgement }) => {
    const { policyId, dueOf } = cursor;
    const planned = judgement.kind === 'due' ? judgement.fire : [];
    return planned.map((plannedAt) => ({
      ...{ cursor, policyId, plannedAt, firesAt: dueOf(plannedAt) },
    }));
  });
  const overdue = plan.filter(({ firesAt }) => firesAt <= now);
  const turns = overdue.flatMap((walk) => walk.overdueTurns(curve.state));
  let lastDecidedAt: EpochMs | undefined;
  for (const due of inOrderOfDue(turns, firings)) {
    const clocked = { now, lastDecidedAt };
    lastDecidedAt =
      due.kind === 'turns'
        ? curve.turn(due.turns, due.at, clocked)
        : curve.decide(due.firing.cursor, due.firing, clocked);
  }
  const cursorsLeft = judged.flatMap(({ cursor, judgement }) => {
    if (judgement.kind === 'not-due') return [cursor];
    if (judgement.next === undefined) return [];
    cursor.moveTo(judgement.next);
    return [cursor];
  });
  return [...cursorsLeft, ...plan.filter((walk) => !overdue.includes(walk) || walk.advance())];
}
