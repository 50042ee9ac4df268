import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { SHIFT_MAX_MS } from './zone.ts';
import type { Zone } from './zone.ts';

/**
 * The first instant after `from` at which clocks show the time of `from` plus `ms`. A time that they skip is read
 * with the offset before the gap, as times of day are everywhere here.
 */
export function wallClockAfter(zone: Zone, from: EpochMs, ms: number): EpochMs {
  const local = from + zone.offsetAt(from) + ms;
  const guess = local - zone.offsetAt(epochMs(from + ms));
  // No two changes of clocks are as near to each other as these two instants.
  const before = local - zone.offsetAt(epochMs(guess - SHIFT_MAX_MS));
  const after = local - zone.offsetAt(epochMs(guess + SHIFT_MAX_MS));
  const shown = [before, after]
    .filter((at) => at > from && at + zone.offsetAt(epochMs(at)) === local)
    .sort((a, b) => a - b);
  return epochMs(shown[0] ?? Math.max(before, from));
}
