import type { EpochMs } from '../../base/clock.ts';

const SECOND_MS = 1000;

/**
 * Whether less than `cooldownSeconds` lie between `now` and the last change, `touchedAt`. At the boundary
 * the cooldown is over; one of 0 never holds anything back; no change yet, no cooldown.
 *
 * A change that seems to lie in the future, because the clock stepped back, counts by its distance as
 * well. A small step therefore does not end a cooldown early, and a large one, such as the correction of
 * a clock that was a year ahead, does not silence a group for a year.
 */
export function isCoolingDown(
  touchedAt: EpochMs | undefined,
  cooldownSeconds: number,
  now: EpochMs,
): boolean {
  if (touchedAt === undefined) return false;
  // Divided, not multiplied: 2.007 s × 1000 is more than 2007 in doubles, 2007 ms / 1000 is the double of 2.007.
  return Math.abs(now - touchedAt) / SECOND_MS < cooldownSeconds;
}
