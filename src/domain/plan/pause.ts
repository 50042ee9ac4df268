import type { EpochMs } from '../../base/clock.ts';
import type { ScalingState } from '../group/group.ts';

/** Whether a group is paused at an instant: a pause may end by itself, and is over then whether that was noticed or not. */
export function isPausedAt(
  { isPaused, pausedUntil }: Pick<ScalingState, 'isPaused' | 'pausedUntil'>,
  at: EpochMs,
): boolean {
  return isPaused && (pausedUntil === undefined || at < pausedUntil);
}
