import { messageOf } from '../base/errors.ts';
import {
  decodeLaunch,
  decodeLimits,
  decodeObservation,
  decodeState,
} from '../domain/group/fields.ts';
import { UNOBSERVED } from '../domain/group/group.ts';
import type { LaunchConfiguration, Observation, ScalingState } from '../domain/group/group.ts';
import type { StoredFields } from '../ports/store.ts';

/** What a pass works by. */
export interface Readable {
  readonly state: ScalingState;
  readonly launch: LaunchConfiguration;
  /** How long the group may take to be there; undefined, too, of one that is being deleted: nobody waits for its end. */
  readonly reachedBySeconds: number | undefined;
  readonly observation: Observation;
}

/**
 * Reads a locked group; undefined where what is wanted of it cannot be read. `tell` gets the reason for each field
 * that cannot: without its limits or what was seen last a group is converged all the same.
 */
export function readLocked(
  fields: StoredFields,
  tell: (reason: string) => void,
): Readable | undefined {
  const readOrTell = <Value>(decode: () => Value): Value | undefined => {
    try {
      return decode();
    } catch (error) {
      tell(messageOf(error));
      return undefined;
    }
  };
  const wanted = readOrTell(() => ({
    state: decodeState(fields['state']),
    launch: decodeLaunch(fields['launch']),
  }));
  if (wanted === undefined) return undefined;
  // What was seen last is seen again in this pass, and written anew.
  const observation = readOrTell(() => decodeObservation(fields['observed'])) ?? UNOBSERVED;
  const limits = readOrTell(() => decodeLimits(fields['limits']));
  const reachedBySeconds = wanted.state.isDeleting ? undefined : limits?.reachedBySeconds;
  return { ...wanted, reachedBySeconds, observation };
}
