/** What stays of a deleted group of which nothing runs any more, so that the request that created it has its repeats answered. */
import type { EpochMs } from '../../base/clock.ts';
import { hasCode } from '../../base/errors.ts';
import { CREATION_FIELD, rememberedForMs } from './answers.ts';
import { decodeState, encodeField } from './fields.ts';
import type { ScalingState } from './group.ts';

type Fields = Readonly<Record<string, string>>;

const EMPTIED: ScalingState = {
  ...{ desired: 0, isPaused: false, isSuspended: false, isDeleting: true, isEmptied: true },
};

/** What becomes of a group that nothing is left of: it goes, or all of it but `set`, which goes in so many ms. */
export type GroupEnd =
  | { readonly remove: 'group'; readonly set: Fields; readonly goesInMs: undefined }
  | { readonly remove: 'content'; readonly set: Fields; readonly goesInMs: number };

/** How a group with these fields ends at `now`. */
export function endOf(fields: Fields = {}, now: EpochMs): GroupEnd {
  const goesInMs = rememberedForMs(fields, now);
  if (goesInMs <= 0) return { remove: 'group', set: {}, goesInMs: undefined };
  const { [CREATION_FIELD]: creation = '' } = fields;
  const set = { state: encodeField(EMPTIED), [CREATION_FIELD]: creation };
  return { remove: 'content', set, goesInMs };
}

/** Whether there is nothing to read, and nothing left to look for. What cannot be read is for others to report. */
export function isEmptied(fields: Fields): boolean {
  try {
    return decodeState(fields['state']).isEmptied === true;
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return false;
    throw error;
  }
}
