/**
 * Finds what is wrong with a run of the simulation, from its trace and the history in it alone. Nothing here is
 * shared with what it checks.
 */
import type { TraceEntry } from '../trace.ts';
import type { Violation } from './entries.ts';
import { factsOf } from './facts.ts';
import type { Facts } from './facts.ts';
import {
  doubled,
  early,
  late,
  missed,
  notTheLatest,
  overdue,
  supersededInCalm,
  unplanned,
} from './rules-claims.ts';
import {
  clearedBlind,
  keyReused,
  releasedEarly,
  tooManyCalls,
  toldWrongCause,
} from './rules-calls.ts';
import { calendarFate, staleCalendar } from './rules-calendars.ts';
import { noReason, wrongSize } from './rules-decisions.ts';
import { unhealed } from './rules-drift.ts';
import { clearedUnseen, staleDecision, staleToken, twoPasses } from './rules-fences.ts';
import { historyDiffers, misarmed, mislisted, notAReplay } from './rules-history.ts';
import { misfired } from './rules-misfires.ts';
import { broke, endless, ownerless, unsettled } from './rules-owners.ts';
import { misplaced, restless, undrained } from './rules-placement.ts';
import {
  convergedLate,
  diverged,
  toldAfterLock,
  toldUnrenewed,
  toldWrongSize,
  tokenBack,
} from './rules-providers.ts';
import { createdTwice, deletedUnasked, executedTwice, lostAcknowledgement } from './rules-users.ts';
import { offPlan, openingFate, openUnplanned, turnedLate } from './rules-windows.ts';

/** Finds where a trace breaks one rule. */
export type Rule = (facts: Facts) => readonly Omit<Violation, 'rule'>[];

/** All rules by name. */
export const RULES: Readonly<Record<string, Rule>> = {
  missed,
  doubled,
  early,
  unplanned,
  late,
  'superseded-in-calm': supersededInCalm,
  'not-the-latest': notTheLatest,
  misfired,
  overdue,
  'opening-fate': openingFate,
  'open-unplanned': openUnplanned,
  'turned-late': turnedLate,
  'off-plan': offPlan,
  'wrong-size': wrongSize,
  'no-reason': noReason,
  'not-a-replay': notAReplay,
  'history-differs': historyDiffers,
  misarmed,
  mislisted,
  'stale-token': staleToken,
  'stale-decision': staleDecision,
  'two-passes': twoPasses,
  'cleared-unseen': clearedUnseen,
  'told-after-lock': toldAfterLock,
  'told-unrenewed': toldUnrenewed,
  'told-wrong-size': toldWrongSize,
  'token-back': tokenBack,
  'released-early': releasedEarly,
  'key-reused': keyReused,
  'told-wrong-cause': toldWrongCause,
  'cleared-blind': clearedBlind,
  'too-many-calls': tooManyCalls,
  'stale-calendar': staleCalendar,
  'calendar-fate': calendarFate,
  diverged,
  'converged-late': convergedLate,
  unhealed,
  ownerless,
  misplaced,
  restless,
  undrained,
  'lost-acknowledgement': lostAcknowledgement,
  'executed-twice': executedTwice,
  'created-twice': createdTwice,
  'deleted-unasked': deletedUnasked,
  broke,
  endless,
  unsettled,
};

/** What is wrong with a trace, the first violation first; by all rules unless some are named. */
export function checkTrace(
  trace: readonly TraceEntry[],
  rules: Readonly<Record<string, Rule>> = RULES,
): readonly Violation[] {
  const facts = factsOf(trace);
  if (facts === undefined) {
    return [
      { rule: 'unsettled', t: trace[0]?.t ?? 0, what: 'the trace does not tell of its world' },
    ];
  }
  // Of a world that got stuck, nothing that comes later can be asked.
  const isStuck = facts.byKind.of('world.stuck').length > 0;
  return Object.entries(rules)
    .filter(([rule]) => !isStuck || rule === 'endless')
    .flatMap(([rule, find]) => find(facts).map((found) => ({ rule, ...found })))
    .sort((a, b) => a.t - b.t);
}
