/** What a claim does about a capacity window that is due to open or close. */
import type { EpochMs } from '../base/clock.ts';
import type { ScalingState } from '../domain/group/group.ts';
import type { PolicyProgress, Schedule } from '../domain/group/policy.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import { missedEvent } from '../domain/history/missed-event.ts';
import type { PolicyId } from '../domain/ids.ts';
import type { DueTurn } from '../domain/plan/order.ts';
import { judgeWindow, overdueTurnOf } from '../domain/plan/window.ts';
import type { ScheduledWindow } from '../domain/plan/window.ts';

/** What becomes of one policy of the group. */
export interface PolicyClaim {
  readonly policyId: PolicyId;
  readonly progress: PolicyProgress;
  /** When what is armed next is due. */
  readonly nextDueAt: EpochMs | undefined;
}

/** A window that was judged. */
export interface WindowClaim extends PolicyClaim {
  readonly kind: 'window';
  readonly missed: readonly HistoryEvent[];
  /** None where the group has it as it should be. */
  readonly turns: readonly DueTurn[];
}

/** Judges a window that is armed; undefined where it turns out not to be due. */
export function claimWindow(input: {
  readonly window: ScheduledWindow;
  readonly schedule: Schedule;
  readonly progress: PolicyProgress;
  readonly armedAt: EpochMs;
  readonly now: EpochMs;
  readonly state: ScalingState;
}): WindowClaim | undefined {
  const { window, schedule, progress, armedAt, now, state } = input;
  const { policyId } = window;
  const { claimedAt: claimedBefore, skipped } = progress;
  const judgement = judgeWindow(window, { armedAt, now, claimedAt: claimedBefore });
  if (judgement.kind === 'not-due') return undefined;
  const { missed, claimedAt, next } = judgement;
  const turn = overdueTurnOf(window, state.windows ?? [], now);
  return {
    kind: 'window',
    policyId,
    progress: {
      ...(claimedAt === undefined ? {} : { claimedAt }),
      ...(next === undefined ? {} : { plannedAt: next }),
      ...(skipped === undefined ? {} : { skipped }),
    },
    nextDueAt: next,
    missed: missed.map((run) =>
      missedEvent({ policyId, ...run, reason: 'superseded', schedule }, () => window.openings),
    ),
    turns: turn === undefined ? [] : [turn],
  };
}
