import { plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { DAY_SECONDS, SECOND_MS } from '../schedule/civil.ts';

/** How far ahead an override or a pause may end, in days: what is to hold for longer is configuration. */
export const END_MAX_DAYS = 366;

/** Why nothing can end at an instant. */
export type EndProblem =
  | { readonly kind: 'end-passed'; readonly now: EpochMs }
  /** The latest that there may be. */
  | { readonly kind: 'end-too-far'; readonly latest: EpochMs };

/** What is wrong with the end of an override or of a pause that begins at `now`; undefined where nothing is. */
export function problemOfEnd(until: EpochMs, now: EpochMs): EndProblem | undefined {
  if (until <= now) return { kind: 'end-passed', now };
  const latest = plusMs(now, END_MAX_DAYS * DAY_SECONDS * SECOND_MS);
  return until > latest ? { kind: 'end-too-far', latest } : undefined;
}
