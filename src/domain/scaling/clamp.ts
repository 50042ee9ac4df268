import type { GroupLimits } from '../group/group.ts';

/** The capacity nearest to the wanted one that the bounds allow. The minimum wins where the two contradict each other. */
export function clampDesired(
  limits: Pick<GroupLimits, 'minEntities' | 'maxEntities'>,
  wanted: number,
): number {
  return Math.max(Math.min(wanted, limits.maxEntities), limits.minEntities);
}
