import { plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { OpenWindow } from '../group/group.ts';
import { MOVES_FROM_MS } from '../schedule/moved.ts';
import type { Move } from '../schedule/moved.ts';
import { nextTurnOf, windowAt } from './window.ts';
import type { ScheduledWindow } from './window.ts';

/**
 * Decides what to arm in place of the next turn of a window, where another release of the time zone data has it at
 * another instant. A window follows from its schedule alone, so that nothing has to be remembered: where it is not as
 * it should be by the new rules, it is due now, and the claim puts it right. What is armed stays where the present rules
 * have it as well, whatever the time is: a clock that was set back must not turn a window a second time.
 */
export function movedTurnOf(
  window: ScheduledWindow,
  armed: {
    readonly plannedAt: EpochMs;
    readonly now: EpochMs;
    /** As it stands in the state of its group; undefined where it is closed. */
    readonly held: OpenWindow | undefined;
  },
): Move {
  const { plannedAt, now, held } = armed;
  if (plannedAt - now <= MOVES_FROM_MS) return { kind: 'stays' };
  if (nextTurnOf(window, plusMs(plannedAt, -1)) === plannedAt) return { kind: 'stays' };
  const next = nextTurnOf(window, now);
  const open = windowAt(window, now);
  const isAsItShould = open?.opensAt === held?.opensAt && open?.closesAt === held?.closesAt;
  return { kind: 'moved', to: isAsItShould ? next : now };
}
