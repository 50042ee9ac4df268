import type { EpochMs } from '../../base/clock.ts';
import type { GroupLimits, ScalingState } from '../group/group.ts';
import type { Adjustment, Policy, PolicyProgress } from '../group/policy.ts';
import type { ExecutionOutcome, RefusalReason, SkipReason } from '../history/event.ts';
import { isPausedAt } from '../plan/pause.ts';
import { isCoolingDown } from './cooldown.ts';
import { baseOf, desiredUnder, planAt, withBase } from '../plan/plan.ts';
import { clampDesired } from './clamp.ts';
import { percentOf } from './percent.ts';

/** What an execution does. Only `scaled` changes anything: cooldowns start with a change and with nothing else. */
export type Decision =
  | {
      readonly kind: 'scaled';
      readonly state: ScalingState;
      readonly progress: PolicyProgress;
    }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  | { readonly kind: 'skipped'; readonly reason: SkipReason };

/**
 * Decides what the execution of a policy does to its group at `now`. `cause` names the occurrence or
 * execution. The order of the tests, and so the reason that a user reads, is that of Otter's v1.0 API.
 *
 * What is adjusted is the size that the group would have if nothing set one: within the bounds that hold now, so
 * that a step up from the floor of a window is seen at once. Where something sets the size, it shows afterwards.
 */
export function decideScaling(input: {
  readonly state: ScalingState;
  readonly limits: GroupLimits;
  readonly policy: Pick<Policy, 'definition' | 'progress'>;
  /** Asked where something changes: to write a name takes longer than to decide. */
  readonly cause: () => string;
  readonly now: EpochMs;
  /** The instant at which cooldowns are looked at, where that is not `now`. */
  readonly restedAt?: EpochMs;
}): Decision {
  const { state, limits, policy, cause, now, restedAt = now } = input;
  const { definition, progress } = policy;
  const obstacle = skipReasonOf(state, now);
  if (obstacle !== undefined) return { kind: 'skipped', reason: obstacle };
  const { adjustment } = definition;
  if (adjustment.kind === 'window') return { kind: 'refused', reason: 'window' };
  if (isCoolingDown(progress.touchedAt, definition.cooldownSeconds, restedAt)) {
    return { kind: 'refused', reason: 'policy-cooldown' };
  }
  if (isCoolingDown(state.touchedAt, limits.cooldownSeconds, restedAt)) {
    return { kind: 'refused', reason: 'group-cooldown' };
  }
  const plan = planAt(state, limits, now);
  const before = clampDesired(plan, baseOf(state));
  const base = clampDesired(plan, wantedBy(adjustment, before));
  if (base === before && desiredUnder(plan, base) === state.desired) {
    return { kind: 'refused', reason: 'no-change' };
  }
  return {
    kind: 'scaled',
    state: { ...withBase(state, base, plan), touchedAt: now, changedBy: cause() },
    progress: { ...progress, touchedAt: now },
  };
}

/** What became of an execution, as histories tell it. */
export function outcomeOf(decision: Decision): ExecutionOutcome {
  switch (decision.kind) {
    case 'scaled':
      return { outcome: 'scaled' };
    case 'refused':
      return { outcome: 'refused', reason: decision.reason };
    case 'skipped':
      return { outcome: 'skipped', reason: decision.reason };
  }
}

/** Why no policy of the group is consulted at an instant; undefined where they are. */
export function skipReasonOf(state: ScalingState, at: EpochMs): SkipReason | undefined {
  if (state.isDeleting) return 'deleting';
  if (state.isSuspended) return 'suspended';
  return isPausedAt(state, at) ? 'paused' : undefined;
}

/** The capacity that a policy asks for, before the group's limits. */
function wantedBy(adjustment: Adjustment, desired: number): number {
  switch (adjustment.kind) {
    case 'change':
      return desired + adjustment.amount;
    case 'changePercent':
      return desired + percentOf(desired, adjustment.percent);
    case 'desiredCapacity':
      return adjustment.amount;
  }
}
