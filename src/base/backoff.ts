/** How waits grow between attempts. */
export interface BackoffSettings {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Milliseconds to wait after `failureCount` failures in a row (1 = the first): doubling, capped, with
 * the upper half jittered so that many callers that failed together do not come back together.
 * `fraction` is uniform in [0, 1).
 */
export function backoffMs(
  settings: BackoffSettings,
  failureCount: number,
  fraction: number,
): number {
  const doublings = Math.min(Math.max(failureCount - 1, 0), 30);
  const full = Math.min(settings.firstMs * 2 ** doublings, settings.maxMs);
  return Math.round(full / 2 + (full / 2) * fraction);
}
