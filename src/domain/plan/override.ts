/** What somebody has a group keep to for a while: whether that can be, and what it makes of the desired capacity. */
import type { EpochMs } from '../../base/clock.ts';
import type { GroupLimits, Override, ScalingState } from '../group/group.ts';
import type { PlannedCapacity } from '../group/planned-capacity.ts';
import { clampDesired } from '../scaling/clamp.ts';
import { withoutCause } from '../scaling/limits.ts';
import { problemOfEnd } from './ends.ts';
import type { EndProblem } from './ends.ts';
import { baseOf, planAt, withBase } from './plan.ts';

/** Why an override cannot be. */
export type OverrideProblem =
  | EndProblem
  /** It says neither `min` nor `max` nor `desired`. */
  | { readonly kind: 'nothing-set' }
  /** The bounds that would hold. One that it does not set is that of the group, or of a window. */
  | { readonly kind: 'min-above-max'; readonly min: number; readonly max: number }
  | { readonly kind: 'desired-outside'; readonly min: number; readonly max: number };

interface At {
  readonly limits: GroupLimits;
  readonly now: EpochMs;
}

/**
 * What is wrong with an override at `now`; undefined where nothing is. It is held against the bounds that would hold
 * with it: a capacity that would be clamped at once is not what was meant.
 */
export function problemOfOverride(
  state: ScalingState,
  override: Override,
  { limits, now }: At,
): OverrideProblem | undefined {
  const ending = problemOfEnd(override.until, now);
  if (ending !== undefined) return ending;
  const { min, max, desired } = override;
  if (min === undefined && max === undefined && desired === undefined) {
    return { kind: 'nothing-set' };
  }
  const plan = planAt({ ...state, override }, limits, now);
  const bounds = { min: plan.minEntities, max: plan.maxEntities };
  if (setsBound(override) && bounds.min > bounds.max) return { kind: 'min-above-max', ...bounds };
  // Windows may contradict the group's bounds, and then the minimum wins; an override that sets none is not to blame.
  if (desired === undefined || clampDesired(plan, desired) === desired) return undefined;
  return { kind: 'desired-outside', min: bounds.min, max: Math.max(bounds.min, bounds.max) };
}

/** The state with another override, or with none, and its desired capacity derived anew; no execution is the cause. */
export function withOverride(
  state: ScalingState,
  override: Override | undefined,
  { limits, now }: At,
): ScalingState {
  const { override: _before, ...rest } = state;
  const unsettled = override === undefined ? rest : { ...rest, override };
  const after = withBase(unsettled, baseOf(state), planAt(unsettled, limits, now));
  return after.desired === state.desired ? after : withoutCause(after);
}

function setsBound({ min, max }: PlannedCapacity): boolean {
  return min !== undefined || max !== undefined;
}
