/** Bounds of the arguments of policies. */

/** Far longer than an instant needs: it is stored and shown as it was written. */
export const AT_MAX = 64;
/** Twice the longest name of a zone. */
export const TIMEZONE_MAX = 64;
/** A day. */
export const JITTER_MAX_SECONDS = 86_400;
/** A year. */
export const WITHIN_MAX_SECONDS = 31_536_000;
