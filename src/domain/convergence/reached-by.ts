/** Whether a group has its servers in the time that its configuration gives it, and when to look for that. */
import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { Observation, Unreached } from '../group/group.ts';
import type { HistoryEvent } from '../history/event.ts';

/** How a group stands against its `reachedBy` after a pass. */
export interface Reach {
  /** What the next pass goes on from. */
  readonly unreached: Unreached | undefined;
  readonly events: readonly HistoryEvent[];
  /** When to look again at the latest; undefined where nothing waits for that. */
  readonly lookInMs: number | undefined;
}

const SECOND_MS = 1_000;

/**
 * Judges a group after a pass. Only numbers count: a group that fails, waits or has servers that are to leave is
 * reached where as many are there as should be. Before anybody has looked there are none.
 *
 * The time begins when the pass was asked for: when the desired capacity changed, or somebody had a look at a
 * group that had drifted. It begins anew with each change of the desired capacity, whoever makes it, since nobody
 * can have the servers of a wish that is gone; so a group whose wishes change faster than that is never overdue.
 * It begins anew, too, where the store's clock was set back behind it.
 *
 * It is told once that a group is overdue, whatever is desired after that, until it is told that all are there:
 * who waits for the second after the first never waits for ever.
 */
export function judgeReach(input: {
  readonly before: Unreached | undefined;
  /** Undefined where nobody said, or nobody is to be alarmed: nothing is kept then. */
  readonly reachedBySeconds: number | undefined;
  readonly desired: number;
  readonly actual: number | undefined;
  /** When the pass was asked for. */
  readonly askedAt: EpochMs;
  readonly now: EpochMs;
}): Reach {
  const { before, reachedBySeconds, desired, actual = 0, now } = input;
  if (reachedBySeconds === undefined) return NOTHING;
  const { since, overdueAt } = running(before, input);
  if (actual === desired) {
    if (overdueAt === undefined) return NOTHING;
    return { ...NOTHING, events: [{ event: 'group.reached', desired, afterMs: now - since }] };
  }
  const deadline = deadlineOf({ since }, reachedBySeconds);
  if (overdueAt !== undefined) return { ...NOTHING, unreached: { desired, since, overdueAt } };
  if (now < deadline) {
    return { unreached: { desired, since }, events: [], lookInMs: deadline - now };
  }
  return {
    unreached: { desired, since, overdueAt: now },
    events: [{ event: 'group.overdue', desired, actual, since }],
    lookInMs: undefined,
  };
}

/** When the servers of a group are to be there at the latest. */
export function deadlineOf({ since }: Pick<Unreached, 'since'>, reachedBySeconds: number): EpochMs {
  return plusMs(since, reachedBySeconds * SECOND_MS);
}

/** The observation without the time that runs; the very same where none does. */
export function unwatched(observation: Observation): Observation {
  const { unreached, ...others } = observation;
  return unreached === undefined ? observation : others;
}

const NOTHING: Reach = { unreached: undefined, events: [], lookInMs: undefined };

/** The time that runs: that of before, or one that begins with this pass. */
function running(
  before: Unreached | undefined,
  pass: { readonly desired: number; readonly askedAt: EpochMs; readonly now: EpochMs },
): Pick<Unreached, 'since' | 'overdueAt'> {
  const since = epochMs(Math.min(pass.askedAt, pass.now));
  if (before === undefined) return { since };
  if (before.desired === pass.desired && before.since <= pass.now) return before;
  return before.overdueAt === undefined ? { since } : { since, overdueAt: before.overdueAt };
}
