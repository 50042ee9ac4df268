import type { EpochMs } from '../base/clock.ts';
import { hasCode, messageOf } from '../base/errors.ts';
import { decodePolicy, encodeField, progressField } from '../domain/group/fields.ts';
import type { Schedule } from '../domain/group/policy.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import { missedEvent } from '../domain/history/missed-event.ts';
import type { PolicyId } from '../domain/ids.ts';
import { skipFiring, skipOpening } from '../domain/plan/skip.ts';
import type { SkipDecision, Skipped, SkippedOpening } from '../domain/plan/skip.ts';
import type { PlanTurn } from '../domain/plan/turns.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import { hasPolicy } from './change-policies.ts';
import type { NoSuchPolicy, PolicyTarget } from './change-policies.ts';
import { NO_CHANGE } from './group-unit.ts';
import { changeGroupOnce } from './once.ts';
import type { NotAgain, Once } from './once.ts';
import { replan } from './replan.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { refusing } from './write-group.ts';
import type { GroupDecision, NoSuchGroup, VisibleGroup } from './write-group.ts';

export type SkipOccurrenceResult =
  | {
      readonly kind: 'skipped';
      readonly occurrence: EpochMs;
      /** What comes next in its place; undefined where nothing does. */
      readonly next: EpochMs | undefined;
    }
  /** The policy is disarmed until it is written anew. */
  | { readonly kind: 'parked'; readonly reason: string }
  | Extract<SkipDecision, { kind: 'not-next' | 'skips-ahead' | 'nothing-to-skip' }>
  | NoSuchPolicy
  | NoSuchGroup;

interface SkipRequest {
  /** The one that is meant: refused where it is not the next. Undefined for whichever is next. */
  readonly occurrence?: EpochMs | undefined;
  readonly by: string;
  readonly once?: Once<SkipOccurrenceResult> | undefined;
}

/**
 * Leaves out the next occurrence of a policy, or the next opening of its window: the first that was not claimed yet.
 * One that was named and is left out already stays so, and nothing is done. Paused groups are no different: their
 * occurrences come and go, too.
 */
export async function skipOccurrence(
  deps: ScalingDeps,
  target: PolicyTarget,
  request: SkipRequest,
): Promise<SkipOccurrenceResult | NotAgain> {
  const { policyId } = target;
  return changeGroupOnce<SkipOccurrenceResult>(deps, target, request.once, (group) => {
    if (!hasPolicy(group.stored, policyId)) {
      return { kind: 'leave', answer: { kind: 'no-such-policy' } };
    }
    return decideSkip(deps, group, { ...request, policyId });
  });
}

type Asked = SkipRequest & { readonly policyId: PolicyId };

function decideSkip(
  deps: ScalingDeps,
  group: VisibleGroup,
  asked: Asked,
): GroupDecision<SkipOccurrenceResult> {
  const { policyId, by, occurrence } = asked;
  const wanted = { wanted: 'policy.skipped', policyId, by } as const;
  const decided = decisionOf(deps, group, asked);
  switch (decided.kind) {
    case 'skipped':
      return skipping(group, asked, decided);
    case 'skipped-before': {
      if (occurrence === undefined) return refusing({ kind: 'nothing-to-skip' }, wanted);
      const { next } = decided;
      return { kind: 'leave', answer: { kind: 'skipped', occurrence, next } };
    }
    case 'parked':
    case 'nothing-to-skip':
    case 'not-next':
    case 'skips-ahead':
      return refusing(decided, wanted);
  }
}

type Decided =
  | (Skipped & Partial<SkippedOpening> & { readonly timing: Timing })
  | Exclude<SkipDecision, Skipped>
  | Extract<SkipOccurrenceResult, { kind: 'parked' }>;

interface Timing {
  readonly schedule: Schedule;
  readonly occurrences: Occurrences;
  readonly isWindow: boolean;
}

/** What cannot be read any more is parked by the claim when it is due, and so it is here. */
function decisionOf(deps: ScalingDeps, group: VisibleGroup, asked: Asked): Decided {
  try {
    return readAndDecide(deps, group, asked);
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return { kind: 'parked', reason: messageOf(error) };
    throw error;
  }
}

function readAndDecide(
  { occurrencesOf }: ScalingDeps,
  { now, stored }: VisibleGroup,
  { policyId, occurrence }: Asked,
): Decided {
  const { definition, progress } = decodePolicy(stored.fields, policyId);
  if (progress.parked !== undefined) return { kind: 'parked', reason: progress.parked };
  const { schedule, adjustment } = definition;
  if (schedule === undefined) return { kind: 'nothing-to-skip' };
  const occurrences = occurrencesOf(schedule);
  const asked = { progress, now, occurrence };
  const isWindow = adjustment.kind === 'window';
  const { skipped } = progress;
  const decision = isWindow
    ? skipOpening(
        {
          ...{ policyId, capacity: adjustment, openings: occurrences },
          ...(skipped === undefined ? {} : { skipped }),
        },
        asked,
      )
    : skipFiring({ policyId, schedule, occurrences, dueAt: stored.due.get(policyId) }, asked);
  if (decision.kind !== 'skipped') return decision;
  return { ...decision, timing: { schedule, occurrences, isWindow } };
}

function skipping(
  group: VisibleGroup,
  { policyId, by }: Asked,
  decided: Extract<Decided, { kind: 'skipped' }>,
): GroupDecision<SkipOccurrenceResult> {
  const { occurrence, next, progress, dueAt, open, missed = [], timing } = decided;
  const turns: readonly PlanTurn[] = timing.isWindow ? [{ kind: 'window', policyId, open }] : [];
  // As it should be now: what was to open or close by now is not armed any more.
  const replanned = replan(group, turns);
  const { schedule, occurrences } = timing;
  const told: readonly HistoryEvent[] = missed.map((run) =>
    missedEvent({ policyId, ...run, reason: 'superseded', schedule }, () => occurrences),
  );
  return {
    kind: 'change',
    change: {
      ...NO_CHANGE,
      ...replanned,
      set: { [progressField(policyId)]: encodeField(progress), ...replanned.set },
      due: [{ policyId, dueAt }],
      events: [
        ...told,
        { event: 'policy.skipped', policyId, plannedAt: occurrence, by },
        ...replanned.events,
      ],
    },
    answer: { kind: 'skipped', occurrence, next },
  };
}
