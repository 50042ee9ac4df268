/** Bounds of what a user says about a schedule: the API refuses what is beyond them, and so do files and options. */

/** Characters of an instant: far more than one needs. It is stored and shown as it was written. */
export const AT_MAX = 64;
/** Characters of the name of a zone: twice the longest. */
export const TIMEZONE_MAX = 64;
/** A day. */
export const JITTER_MAX_SECONDS = 86_400;
/** Calendars that one schedule excludes, and as many that it keeps to. */
export const SCHEDULE_CALENDARS_MAX = 10;
/** A year. More than 0: with no time at all, nothing would ever be in time. */
export const WITHIN_MAX_SECONDS = 31_536_000;
