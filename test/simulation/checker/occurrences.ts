/** What is asked of any schedule. */

/** The planned instants of one schedule, in ms since 1970. */
export interface Calendar {
  /** The first one after an instant; undefined where there is none. */
  readonly next: (after: number) => number | undefined;
  /** The last one at or before an instant; undefined where there is none. */
  readonly latest: (notAfter: number) => number | undefined;
  /** Whether the instant is one of them. */
  readonly has: (instant: number) => boolean;
  /** The first instant after another at which the clocks of its zone show that one's time and `ms` more. */
  readonly wallClockAfter: (from: number, ms: number) => number;
}

/** A single occurrence. */
export function once(at: number, wallClockAfter: Calendar['wallClockAfter']): Calendar {
  return {
    next: (after) => (after < at ? at : undefined),
    latest: (notAfter) => (at <= notAfter ? at : undefined),
    has: (other) => other === at,
    wallClockAfter,
  };
}
