import type { EpochMs } from '../../base/clock.ts';
import type { OpenWindow } from '../group/group.ts';
import { MOVES_FROM_MS } from '../schedule/moved.ts';
import type { Move } from '../schedule/moved.ts';
import { nextTurnOf, openedAt, windowAt } from './window.ts';
import type { ScheduledWindow } from './window.ts';

/** The next turn of a window as it is armed, and how the window stands. */
interface ArmedTurn {
  readonly plannedAt: EpochMs;
  /** The last opening that is accounted for. */
  readonly claimedAt: EpochMs | undefined;
  readonly now: EpochMs;
  /** As it stands in the state of its group; undefined where it is closed. */
  readonly held: OpenWindow | undefined;
}

/**
 * Decides what to arm in place of the next turn of a window, where another release of the time zone data has it at
 * another instant. A window follows from its schedule alone, so that nothing has to be remembered: where it is not as
 * it should be by the new rules, it is due now, and the claim puts it right. What is armed stays where it is what comes
 * next by the present rules as well: after now, or after it turned last, for a clock that was set back must not turn a
 * window a second time.
 */
export function movedTurnOf(window: ScheduledWindow, armed: ArmedTurn): Move {
  const { plannedAt, now, held } = armed;
  if (plannedAt - now <= MOVES_FROM_MS) return { kind: 'stays' };
  const next = nextTurnOf(window, now);
  if (next === plannedAt || isNextAfterLast(window, armed)) return { kind: 'stays' };
  const open = windowAt(window, now);
  const isAsItShould = open?.opensAt === held?.opensAt && open?.closesAt === held?.closesAt;
  return { kind: 'moved', to: isAsItShould ? next : now };
}

/** Whether it comes next after the last turn, where that is still to come by a clock that was set back. */
function isNextAfterLast(
  window: ScheduledWindow,
  { plannedAt, claimedAt, now, held }: ArmedTurn,
): boolean {
  const closedAt = claimedAt && openedAt(window, claimedAt, claimedAt)?.closesAt;
  const turnedAt = held?.opensAt ?? closedAt;
  return turnedAt !== undefined && turnedAt > now && nextTurnOf(window, turnedAt) === plannedAt;
}
