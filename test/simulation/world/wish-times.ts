import type { Random } from '../../../src/base/random.ts';

const MINUTE_MS = 60_000;

/** How often somebody wishes for something, and how much of that comes around a full minute, when schedules fire. */
export interface WishTimes {
  readonly everyMs: number;
  readonly busyShare: number;
  /** From a full minute, negative before it. */
  readonly busyFromMs: number;
  readonly busyForMs: number;
}

/** When the wish after the one at `fromMs` comes, in ms since the world began. */
export function nextWishMs(random: Random, fromMs: number, times: WishTimes): number {
  const { everyMs, busyShare, busyFromMs, busyForMs } = times;
  const anyMs = fromMs + everyMs * 2 * random.fraction();
  const busyMs = busyFromMs + busyForMs * random.fraction();
  const isBusy = random.fraction() < busyShare;
  return isBusy ? Math.ceil(anyMs / MINUTE_MS) * MINUTE_MS + busyMs : anyMs;
}
