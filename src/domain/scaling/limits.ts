import type { EpochMs } from '../../base/clock.ts';
import type { GroupLimits, ScalingState } from '../group/group.ts';
import { baseOf, planAt, withBase } from '../plan/plan.ts';
import { clampDesired } from './clamp.ts';

/**
 * The state with what it wants pulled within the group's own limits, as configuration does, and its desired
 * capacity derived anew. No execution is the cause of that.
 */
export function withinLimits(state: ScalingState, limits: GroupLimits, at: EpochMs): ScalingState {
  const base = clampDesired(limits, baseOf(state));
  const after = withBase(state, base, planAt(state, limits, at));
  if (after.desired === state.desired) return base === baseOf(state) ? state : after;
  return withoutCause(after);
}

/** The state after its desired capacity was changed by something that is no execution. */
export function withoutCause(state: ScalingState): ScalingState {
  const { changedBy: _cause, ...rest } = state;
  return rest;
}
