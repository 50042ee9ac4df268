/** What begins and ends in the plan of a group, and what that does to its desired capacity. */
import type { EpochMs } from '../../base/clock.ts';
import type { GroupLimits, OpenWindow, ScalingState } from '../group/group.ts';
import type { HistoryEvent } from '../history/event.ts';
import { occurrenceId } from '../ids.ts';
import type { PolicyId } from '../ids.ts';
import { baseOf, planAt, withBase } from './plan.ts';

/** Something that begins or ends. */
export type PlanTurn =
  /** The window of a policy is as told from now on; undefined where it is closed. */
  | { readonly kind: 'window'; readonly policyId: PolicyId; readonly open: OpenWindow | undefined }
  | { readonly kind: 'override-ended' }
  | { readonly kind: 'pause-ended' };

/** A state after turns, and what is to be told of them; no events where nothing turned. */
export interface Turned {
  readonly state: ScalingState;
  readonly events: readonly PlanEvent[];
}

/** What is told of turns. */
export type PlanEvent = Extract<
  HistoryEvent,
  { readonly event: 'window.opened' | 'window.closed' | 'override.ended' | 'pause.ended' }
>;

/**
 * Takes turns that come at one instant, all of them before the desired capacity is derived anew: a window that opens
 * as another one closes meets it without a dip. Turns that change nothing are no turns.
 */
export function takeTurns(
  before: ScalingState,
  turns: readonly PlanTurn[],
  at: { readonly limits: GroupLimits; readonly instant: EpochMs },
): Turned {
  const told: PlanEvent[] = [];
  let unsettled = before;
  for (const turn of turns) {
    const event = eventOf(before, turn);
    if (event === undefined) continue;
    told.push(event);
    unsettled = afterTurn(unsettled, turn);
  }
  const [first] = told;
  if (first === undefined) return { state: before, events: [] };
  const derived = withBase(unsettled, baseOf(before), planAt(unsettled, at.limits, at.instant));
  if (derived.desired === before.desired) return { state: derived, events: told };
  const state = { ...derived, changedBy: causeOf(first) };
  const { desired: desiredAfter } = state;
  const events = told.map((event, index) => {
    const desiredBefore = index === 0 ? before.desired : desiredAfter;
    return { ...event, desiredBefore, desiredAfter };
  });
  return { state, events };
}

/** Names what changed the desired capacity. */
function causeOf(event: PlanEvent): string {
  switch (event.event) {
    case 'window.opened':
      return occurrenceId(event.policyId, event.opensAt);
    case 'window.closed':
      return occurrenceId(event.policyId, event.closesAt);
    case 'override.ended':
      return `override@${String(event.until)}`;
    case 'pause.ended':
      return `pause@${String(event.until)}`;
  }
}

/** What is told of a turn that leaves the desired capacity as it was; undefined where the state is so already. */
function eventOf(state: ScalingState, turn: PlanTurn): PlanEvent | undefined {
  const sizes = { desiredBefore: state.desired, desiredAfter: state.desired };
  switch (turn.kind) {
    case 'window':
      return windowEvent(state, turn);
    case 'override-ended': {
      const until = state.override?.until;
      return until === undefined ? undefined : { event: 'override.ended', until, ...sizes };
    }
    case 'pause-ended': {
      const until = state.pausedUntil;
      return until === undefined ? undefined : { event: 'pause.ended', until, ...sizes };
    }
  }
}

function windowEvent(
  { windows = [], desired }: ScalingState,
  { policyId, open }: Extract<PlanTurn, { kind: 'window' }>,
): PlanEvent | undefined {
  const held = windows.find((window) => window.policyId === policyId);
  const told = open ?? held;
  if (told === undefined) return undefined;
  if (open !== undefined && held !== undefined && isSameWindow(held, open)) return undefined;
  return {
    event: open === undefined ? 'window.closed' : 'window.opened',
    policyId,
    opensAt: told.opensAt,
    closesAt: told.closesAt,
    desiredBefore: desired,
    desiredAfter: desired,
  };
}

function isSameWindow(a: OpenWindow, b: OpenWindow): boolean {
  return (
    a.opensAt === b.opensAt &&
    a.closesAt === b.closesAt &&
    a.priority === b.priority &&
    a.min === b.min &&
    a.max === b.max &&
    a.desired === b.desired
  );
}

/** The desired capacity is not derived yet. */
function afterTurn(state: ScalingState, turn: PlanTurn): ScalingState {
  switch (turn.kind) {
    case 'window': {
      const { windows: before = [] } = state;
      const others = before.filter(({ policyId }) => policyId !== turn.policyId);
      const windows = turn.open === undefined ? others : [...others, turn.open];
      if (windows.length > 0) return { ...state, windows };
      const { windows: _none, ...rest } = state;
      return rest;
    }
    case 'override-ended': {
      const { override: _over, ...rest } = state;
      return rest;
    }
    case 'pause-ended': {
      const { pausedUntil: _over, ...rest } = state;
      return { ...rest, isPaused: false };
    }
  }
}
