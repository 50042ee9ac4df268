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
  const taken = turns.flatMap((turn) => {
    const told = factOf(before, turn);
    return told === undefined ? [] : [{ turn, told }];
  });
  const [first] = taken;
  if (first === undefined) return { state: before, events: [] };
  const unsettled = taken.reduce((state, { turn }) => afterTurn(state, turn), before);
  const derived = withBase(unsettled, baseOf(before), planAt(unsettled, at.limits, at.instant));
  const hasChanged = derived.desired !== before.desired;
  const state = hasChanged ? { ...derived, changedBy: first.told.cause } : derived;
  const events = taken.map(({ told }, index) => ({
    ...told.fact,
    desiredBefore: index === 0 ? before.desired : state.desired,
    desiredAfter: state.desired,
  }));
  return { state, events };
}

type Sized = 'desiredBefore' | 'desiredAfter';
type TurnFact =
  | Omit<Extract<HistoryEvent, { event: 'window.opened' | 'window.closed' }>, Sized>
  | Omit<Extract<HistoryEvent, { event: 'override.ended' | 'pause.ended' }>, Sized>;

interface Told {
  readonly fact: TurnFact;
  /** Names what changed the desired capacity, if it does. */
  readonly cause: string;
}

/** Undefined where the state is so already. */
function factOf(state: ScalingState, turn: PlanTurn): Told | undefined {
  switch (turn.kind) {
    case 'window':
      return windowFact(state, turn);
    case 'override-ended': {
      const until = state.override?.until;
      if (until === undefined) return undefined;
      return { fact: { event: 'override.ended', until }, cause: `override@${String(until)}` };
    }
    case 'pause-ended': {
      const until = state.pausedUntil;
      if (until === undefined) return undefined;
      return { fact: { event: 'pause.ended', until }, cause: `pause@${String(until)}` };
    }
  }
}

function windowFact(
  { windows = [] }: ScalingState,
  { policyId, open }: Extract<PlanTurn, { kind: 'window' }>,
): Told | undefined {
  const before = windows.find((window) => window.policyId === policyId);
  if (open !== undefined) {
    if (before !== undefined && isSameWindow(before, open)) return undefined;
    const { opensAt, closesAt } = open;
    const fact = { event: 'window.opened', policyId, opensAt, closesAt } as const;
    return { fact, cause: occurrenceId(policyId, opensAt) };
  }
  if (before === undefined) return undefined;
  const { opensAt, closesAt } = before;
  const fact = { event: 'window.closed', policyId, opensAt, closesAt } as const;
  return { fact, cause: occurrenceId(policyId, closesAt) };
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
      const { windows = [], ...rest } = state;
      const others = windows.filter(({ policyId }) => policyId !== turn.policyId);
      const all = turn.open === undefined ? others : [...others, turn.open];
      return all.length === 0 ? rest : { ...rest, windows: all };
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
