import type { GroupLimits, ScalingState } from '../group/group.ts';

/** The capacity nearest to the wanted one that the group allows. The minimum wins where the two contradict each other. */
export function clampDesired(
  limits: Pick<GroupLimits, 'minEntities' | 'maxEntities'>,
  wanted: number,
): number {
  return Math.max(Math.min(wanted, limits.maxEntities), limits.minEntities);
}

/** The state with another desired capacity, of which no execution is the cause. */
export function withDesired(state: ScalingState, desired: number): ScalingState {
  const { touchedAt, isPaused, isSuspended, isDeleting, evicting } = state;
  return {
    desired,
    ...(touchedAt === undefined ? {} : { touchedAt }),
    isPaused,
    isSuspended,
    isDeleting,
    ...(evicting === undefined ? {} : { evicting }),
  };
}

/** The state with its desired capacity pulled within the limits. */
export function withinLimits(state: ScalingState, limits: GroupLimits): ScalingState {
  const desired = clampDesired(limits, state.desired);
  return desired === state.desired ? state : withDesired(state, desired);
}
