/** When a renewal has to be thought over: what the session lasts, less what clocks and networks may take. */
export interface LeaseWindow {
  readonly ttlMs: number;
  readonly marginMs: number;
}

/**
 * Until when, on the node's monotonic clock, a session surely lasts whose last granted renewal was *sent*
 * at `sentAtMs`. Counted from the sending: the other side counts from when it gets the request, which is
 * later, so ours is over first. Nothing rests on this but when to say that ownership is doubtful.
 */
export function leasedUntilMs(window: LeaseWindow, sentAtMs: number): number {
  return sentAtMs + window.ttlMs - window.marginMs;
}
