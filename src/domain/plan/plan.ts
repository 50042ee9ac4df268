/**
 * What a group keeps to at an instant: the bounds and the size that its open windows and its override have set.
 *
 * A plan is level-triggered. It is derived of what is open at the instant that is asked for, and of nothing that
 * happened before, so that a group gets the size that should hold now, however long nobody looked.
 */
import type { EpochMs } from '../../base/clock.ts';
import type { GroupLimits, OpenWindow, Override, ScalingState } from '../group/group.ts';
import type { PlannedCapacity } from '../group/planned-capacity.ts';
import { clampDesired } from '../scaling/clamp.ts';

/** What has set a bound or a size. */
type PlanSource =
  | { readonly kind: 'override'; readonly override: Override }
  | { readonly kind: 'window'; readonly window: OpenWindow };

/** A value of a plan, and what has set it. */
export interface Planned {
  readonly value: number;
  readonly source: PlanSource;
}

/** The bounds that hold, and the size that is set, if one is. */
export interface Plan {
  readonly minEntities: number;
  readonly maxEntities: number;
  readonly desired: number | undefined;
}

type Field = keyof PlannedCapacity;
type Bounds = Pick<GroupLimits, 'minEntities' | 'maxEntities'>;
type Planning = Pick<ScalingState, 'override' | 'windows'>;

/** The plan at an instant. Bounds that nothing sets are the group's. */
export function planAt(state: Planning, limits: Bounds, at: EpochMs): Plan {
  const { minEntities, maxEntities } = limits;
  // Nearly all groups, and every firing asks.
  if (state.windows === undefined && state.override === undefined) {
    return { minEntities, maxEntities, desired: undefined };
  }
  return {
    minEntities: valueOf(state, 'min', at) ?? minEntities,
    maxEntities: valueOf(state, 'max', at) ?? maxEntities,
    desired: valueOf(state, 'desired', at),
  };
}

/**
 * What is set at an instant for one of the three; undefined where nothing sets it. An override goes before all
 * windows. Of windows the highest priority wins; of equal ones the highest `min` and `desired`, and the lowest `max`.
 */
export function plannedOf(state: Planning, field: Field, at: EpochMs): Planned | undefined {
  const { override } = state;
  const overriding = overriddenOf(override, field, at);
  if (override !== undefined && overriding !== undefined) {
    return { value: overriding, source: { kind: 'override', override } };
  }
  const best = winnerOf(state.windows, field, at);
  return best && { value: best.value, source: { kind: 'window', window: best.window } };
}

/** The same without what has set it. */
function valueOf(state: Planning, field: Field, at: EpochMs): number | undefined {
  return overriddenOf(state.override, field, at) ?? winnerOf(state.windows, field, at)?.value;
}

function overriddenOf(
  override: Override | undefined,
  field: Field,
  at: EpochMs,
): number | undefined {
  return override !== undefined && at < override.until ? override[field] : undefined;
}

/** A window that sets a value. */
interface Setting {
  readonly window: OpenWindow;
  readonly value: number;
}

function winnerOf(
  windows: readonly OpenWindow[] | undefined,
  field: Field,
  at: EpochMs,
): Setting | undefined {
  let best: Setting | undefined;
  for (const window of windows ?? []) {
    const value = window[field];
    if (value === undefined || !isOpenAt(window, at)) continue;
    const setting = { window, value };
    if (best === undefined || winsOver(setting, best, field)) best = setting;
  }
  return best;
}

/**
 * Half-open, so that a window that closes when another opens meets it exactly. One that was opened is open for what is
 * decided as at a moment before that as well, as late claims are and all is where a clock steps back: nothing turns when
 * it would open once more.
 */
function isOpenAt({ closesAt }: OpenWindow, at: EpochMs): boolean {
  return at < closesAt;
}

/** What the group wants apart from its plan. */
export function baseOf({ base, desired }: Pick<ScalingState, 'base' | 'desired'>): number {
  return base ?? desired;
}

/** The desired capacity of a group that wants so many apart from its plan. */
export function desiredUnder(plan: Plan, base: number): number {
  return clampDesired(plan, plan.desired ?? base);
}

/** The state with its desired capacity derived anew of what it wants apart from its plan. */
export function withBase(state: ScalingState, base: number, plan: Plan): ScalingState {
  const desired = desiredUnder(plan, base);
  // Most turns change nothing, and a copy of a state costs more than all else of them.
  const isSame = desired === base ? state.base === undefined : state.base === base;
  if (isSame && desired === state.desired) return state;
  const { base: _before, ...rest } = state;
  return desired === base ? { ...rest, desired } : { ...rest, desired, base };
}

function winsOver(a: Setting, b: Setting, field: Field): boolean {
  const { priority } = a.window;
  if (priority !== b.window.priority) return priority > b.window.priority;
  return field === 'max' ? a.value < b.value : a.value > b.value;
}
