/**
 * The timer of a group: it is due when its override or its pause ends.
 *
 * It stands among the policies that are armed, under an id that no policy has: stores keep it, and owners claim it,
 * as they do a policy. What it is armed for is in the state of the group.
 */
import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { ScalingState } from '../group/group.ts';
import type { PolicyId } from '../ids.ts';
import type { DueTurn } from './order.ts';

/** The nil UUID (RFC 9562, 5.9); policies have ids of version 4. */
export const TIMER_ID = '00000000-0000-0000-0000-000000000000' as PolicyId;

/** When the timer is to be due; undefined where nothing of the group ends by itself. */
export function timerOf({ override, pausedUntil }: ScalingState): EpochMs | undefined {
  const ends = [override?.until, pausedUntil].filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : epochMs(Math.min(...ends));
}

/** What has ended by an instant, and when. */
export function endedBy(
  { override, pausedUntil }: ScalingState,
  instant: EpochMs,
): readonly DueTurn[] {
  return [
    ...(override !== undefined && override.until <= instant
      ? [{ at: override.until, turn: { kind: 'override-ended' } as const }]
      : []),
    ...(pausedUntil !== undefined && pausedUntil <= instant
      ? [{ at: pausedUntil, turn: { kind: 'pause-ended' } as const }]
      : []),
  ];
}
