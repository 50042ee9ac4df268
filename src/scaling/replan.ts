import { decodeLimits, encodeField } from '../domain/group/fields.ts';
import type { ScalingState } from '../domain/group/group.ts';
import { TIMER_ID, timerOf } from '../domain/plan/timer.ts';
import { takeTurns } from '../domain/plan/turns.ts';
import type { PlanTurn } from '../domain/plan/turns.ts';
import type { DueMove } from '../ports/store.ts';
import type { GroupChange } from './group-unit.ts';
import type { VisibleGroup } from './write-group.ts';

/** What a change of a group's plan commits besides what the plan itself is. */
type Replanned = Pick<GroupChange, 'set' | 'divergence' | 'events'>;

/**
 * What a change of windows commits: the state with its desired capacity derived anew, and what is told of that.
 * A paused group keeps to its plan as well; what that asks for is brought about when it is resumed.
 */
export function replan(
  { now, stored, state }: VisibleGroup,
  turns: readonly PlanTurn[],
): Replanned {
  if (turns.length === 0) return { set: {}, divergence: 'keep', events: [] };
  const limits = decodeLimits(stored.fields['limits']);
  const turned = takeTurns(state, turns, { limits, instant: now });
  if (turned.events.length === 0) return { set: {}, divergence: 'keep', events: [] };
  return {
    set: { state: encodeField(turned.state) },
    divergence: state.isPaused ? 'keep' : 'mark',
    events: turned.events,
  };
}

/** Arms the timer of a group for what its state has. */
export function timerMove(state: ScalingState): DueMove {
  return { policyId: TIMER_ID, dueAt: timerOf(state) };
}
