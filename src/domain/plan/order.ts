import type { EpochMs } from '../../base/clock.ts';
import { inDueOrder } from '../scaling/decide-due.ts';
import type { DueOccurrence } from '../scaling/decide-due.ts';
import type { PlanTurn } from './turns.ts';

/** Something of a plan that begins or ends, and when it does. */
export interface DueTurn {
  readonly at: EpochMs;
  readonly turn: PlanTurn;
}

/** What is decided together: all that turns at one instant, or one occurrence. */
type Due<Firing> =
  | { readonly kind: 'turns'; readonly at: EpochMs; readonly turns: readonly PlanTurn[] }
  | { readonly kind: 'firing'; readonly firing: Firing };

/**
 * Everything of a group that is due, in the order in which it is decided: as it was due, whichever policy it belongs
 * to. What begins or ends at an instant comes before what fires at it.
 */
export function inOrderOfDue<Firing extends DueOccurrence>(
  turns: readonly DueTurn[],
  firings: readonly Firing[],
): readonly Due<Firing>[] {
  const fired = firings
    .toSorted(inDueOrder)
    .map((firing): Due<Firing> => ({ kind: 'firing', firing }));
  if (turns.length === 0) return fired; // nearly always
  const turned = [...new Set(turns.map(({ at }) => at))].map((at): Due<Firing> => {
    const together = turns.filter((other) => other.at === at);
    return { kind: 'turns', at, turns: together.map(({ turn }) => turn) };
  });
  return [...turned, ...fired].sort((a, b) => instantOf(a) - instantOf(b)); // stable
}

function instantOf<Firing extends DueOccurrence>(due: Due<Firing>): EpochMs {
  return due.kind === 'turns' ? due.at : due.firing.firesAt;
}
