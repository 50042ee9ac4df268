/**
 * What one commit does to a group some of whose policies are due. Pure: judge, decide, and lay out the unit.
 *
 * A record that cannot be read or decided parks its policy with the reason; it never throws, so one
 * poisoned policy cannot keep a partition from firing the others.
 */
import { messageOf } from '../base/errors.ts';
import { epochMs } from '../base/clock.ts';
import type { EpochMs } from '../base/clock.ts';
import type { CalendarCopies } from '../domain/calendar/calendar.ts';
import {
  copiesIn,
  decodeDefinition,
  decodeLimits,
  decodeProgress,
  decodeState,
  encodeField,
  progressField,
} from '../domain/group/fields.ts';
import type { GroupLimits, ScalingState } from '../domain/group/group.ts';
import type { PolicyDefinition, PolicyProgress, Schedule } from '../domain/group/policy.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import { missedEvent } from '../domain/history/missed-event.ts';
import { occurrenceId } from '../domain/ids.ts';
import type { CommitId, PolicyId } from '../domain/ids.ts';
import { inOrderOfDue } from '../domain/plan/order.ts';
import type { DueTurn } from '../domain/plan/order.ts';
import { endedBy, TIMER_ID, timerOf } from '../domain/plan/timer.ts';
import { takeTurns } from '../domain/plan/turns.ts';
import type { PlanTurn } from '../domain/plan/turns.ts';
import { decidedAtOf, decideDue } from '../domain/scaling/decide-due.ts';
import type { DueOccurrence } from '../domain/scaling/decide-due.ts';
import { outcomeOf } from '../domain/scaling/decide.ts';
import { dueInstants } from '../domain/schedule/jitter.ts';
import type { DueOf } from '../domain/schedule/jitter.ts';
import { judgeDue, misfireOf } from '../domain/schedule/judge.ts';
import { nextAfterClaimed } from '../domain/schedule/moved.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { DueGroup, DuePolicy, Unit } from '../ports/store.ts';
import { claimWindow } from './claim-window.ts';
import type { PolicyClaim, WindowClaim } from './claim-window.ts';

/** What a claim needs besides the group. */
export interface ClaimInput {
  /** The store's clock, read with the due list: one clock for every owner of the partition. */
  readonly now: EpochMs;
  readonly commitId: CommitId;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
}

/** Folds all that is due in one group, in the order in which it was due, into one unit. */
export function claimDue(group: DueGroup, input: ClaimInput): Unit {
  try {
    return claimReadable(group, input, {
      limits: decodeLimits(group.fields['limits']),
      state: decodeState(group.fields['state']),
    });
  } catch (error) {
    return parkAll(group, input, messageOf(error));
  }
}

/** Disarms every due policy of the group and records why. */
export function parkAll(group: DueGroup, input: ClaimInput, reason: string): Unit {
  const claims = group.policies
    .filter(({ policyId }) => policyId !== TIMER_ID)
    .map((policy) => park(policy, reason));
  return unitOf(group, input, {
    ...{ claims, events: claims.map(parkedEvent), mark: false },
    // What it is armed for is in the state: the repair arms it again once that can be read.
    ...(isTimerDue(group) ? { timer: { dueAt: undefined } } : {}),
  });
}

/** A policy that could be read and judged. */
interface Judged {
  readonly kind: 'firings';
  readonly policy: DuePolicy;
  readonly definition: PolicyDefinition;
  readonly missed: readonly HistoryEvent[];
  readonly fire: readonly EpochMs[];
  readonly next: EpochMs | undefined;
  readonly occurrences: Occurrences;
  readonly dueOf: DueOf;
  readonly claimedAt: EpochMs;
  /** Moves on with every firing of the policy in this claim. */
  progress: PolicyProgress;
}

function claimReadable(
  group: DueGroup,
  input: ClaimInput,
  readable: { readonly limits: GroupLimits; readonly state: ScalingState },
): Unit {
  const { firings, windows, parked } = judgeAll(group, input, readable.state);
  const ended = endedBy(readable.state, input.now);
  const turns = [
    ...ended,
    ...windows.flatMap((window) => window.turns),
    ...parked.flatMap(({ policyId }) => closingOf(policyId, readable.state, input.now)),
  ];
  const { state, events, mark } = decideInOrder({ firings, turns }, readable, input.now);
  const missed = [...firings, ...windows].flatMap((claim) => claim.missed);
  return unitOf(group, input, {
    claims: [...firings.map(claimOf), ...windows, ...parked],
    // In the order of the decisions, so that desired capacity is the replay of the history.
    events: [...missed, ...events, ...parked.map(parkedEvent)],
    mark,
    ...(state === readable.state ? {} : { state }),
    ...(isTimerDue(group) || ended.length > 0 ? { timer: { dueAt: timerOf(state) } } : {}),
  });
}

/** What is due of the group, by what a claim does about it. */
interface JudgedAll {
  readonly firings: readonly Judged[];
  readonly windows: readonly WindowClaim[];
  readonly parked: readonly ParkedClaim[];
}

function judgeAll(group: DueGroup, input: ClaimInput, state: ScalingState): JudgedAll {
  const firings: Judged[] = [];
  const windows: WindowClaim[] = [];
  const parked: ParkedClaim[] = [];
  const copies = copiesIn(group.fields);
  for (const policy of group.policies) {
    if (policy.policyId === TIMER_ID) continue;
    try {
      const judged = judge(policy, input, { state, copies });
      if (judged?.kind === 'firings') firings.push(judged);
      if (judged?.kind === 'window') windows.push(judged);
    } catch (error) {
      parked.push(park(policy, messageOf(error)));
    }
  }
  return { firings, windows, parked };
}

/** A window whose policy is parked is closed: it is armed for nothing that would close it. */
function closingOf(
  policyId: PolicyId,
  { windows = [] }: ScalingState,
  now: EpochMs,
): readonly DueTurn[] {
  return windows
    .filter((window) => window.policyId === policyId)
    .map(({ closesAt }) => ({
      at: epochMs(Math.min(closesAt, now)),
      turn: { kind: 'window', policyId, open: undefined },
    }));
}

function isTimerDue({ policies }: DueGroup): boolean {
  return policies.some(({ policyId }) => policyId === TIMER_ID);
}

/** Reads and judges one policy; undefined where it turns out not to be due. Throws where it cannot be decided. */
function judge(
  policy: DuePolicy,
  input: ClaimInput,
  { state, copies }: { readonly state: ScalingState; readonly copies: () => CalendarCopies },
): Judged | WindowClaim | undefined {
  const definition = decodeDefinition(policy.definition, copies);
  const progress = decodeProgress(policy.progress);
  const { schedule } = definition;
  if (schedule === undefined) throw new Error('the policy is armed but has no schedule');
  const { policyId, dueAt } = policy;
  const plannedAt = progress.plannedAt ?? dueAt;
  const occurrences = input.occurrencesOf(schedule);
  const { adjustment } = definition;
  if (adjustment.kind === 'window') {
    const { skipped } = progress;
    const window = {
      policyId,
      capacity: adjustment,
      openings: occurrences,
      ...(skipped && { skipped }),
    };
    return claimWindow({ window, schedule, progress, armedAt: plannedAt, now: input.now, state });
  }
  const dueOf = dueInstants(policyId, schedule, occurrences);
  const judgement = judgeDue({
    ...{ plannedAt, dueAt, now: input.now },
    misfire: misfireOf(definition.misfire),
    ...{ occurrences, dueOf },
  });
  if (judgement.kind === 'not-due') return undefined;
  const last = Math.max(...judgement.fire, ...judgement.missed.map((run) => run.last)) as EpochMs; // the greatest of instants
  return {
    kind: 'firings',
    policy,
    definition,
    missed: judgement.missed.map((run) =>
      missedEvent({ policyId, ...run, schedule }, () => occurrences),
    ),
    fire: judgement.fire,
    next: nextAfterClaimed({ claimedAt: last, next: judgement.next }, schedule, occurrences),
    occurrences,
    dueOf: (planned) => (planned === plannedAt ? dueAt : dueOf(planned)),
    claimedAt: last,
    progress,
  };
}

/** Decides everything of the group in the order in which it was due, whichever policy it belongs to. */
function decideInOrder(
  judged: { readonly firings: readonly Judged[]; readonly turns: readonly DueTurn[] },
  start: { readonly limits: GroupLimits; readonly state: ScalingState },
  now: EpochMs,
): Decided {
  const run: Run = { ...start, now, lastDecidedAt: undefined, events: [], mark: false };
  const firings = judged.firings.flatMap((claim) =>
    claim.fire.map((plannedAt): Firing => {
      const { policyId } = claim.policy;
      return { claim, policyId, plannedAt, firesAt: claim.dueOf(plannedAt) };
    }),
  );
  for (const due of inOrderOfDue(judged.turns, firings)) {
    if (due.kind === 'turns') turn(run, due.turns, due.at);
    else fire(run, due.firing);
  }
  return run;
}

/** An occurrence that fires, and the claim that it belongs to. */
interface Firing extends DueOccurrence {
  readonly claim: Judged;
}

interface Decided {
  readonly state: ScalingState;
  /** In the order of the decisions. */
  readonly events: readonly HistoryEvent[];
  readonly mark: boolean;
}

/** Where a run of decisions about one group stands. */
interface Run {
  readonly limits: GroupLimits;
  readonly now: EpochMs;
  state: ScalingState;
  lastDecidedAt: EpochMs | undefined;
  readonly events: HistoryEvent[];
  mark: boolean;
}

function fire(run: Run, { claim, ...occurrence }: Firing): void {
  const { policyId, plannedAt } = occurrence;
  const { dueAt } = claim.policy;
  const { decision, decidedAt } = decideDue(occurrence, claim, run);
  run.lastDecidedAt = decidedAt;
  const desiredBefore = run.state.desired;
  if (decision.kind === 'scaled') {
    run.state = decision.state;
    claim.progress = decision.progress;
  }
  // A refused execution converges too: it costs one look and heals a group that drifted.
  run.mark ||= decision.kind !== 'skipped';
  const { desired: desiredAfter, base } = run.state;
  run.events.push({
    event: 'policy.fired',
    policyId,
    occurrenceId: occurrenceId(policyId, plannedAt),
    plannedAt,
    dueAt,
    desiredBefore,
    desiredAfter,
    ...(base === undefined ? {} : { base }),
    ...outcomeOf(decision),
  });
}

function turn(run: Run, turns: readonly PlanTurn[], at: EpochMs): void {
  const instant = decidedAtOf(at, run);
  const turned = takeTurns(run.state, turns, { limits: run.limits, instant });
  // One that is as it was has turned long ago: what is due now must not be decided as if it came after that, late.
  if (turned.events.length === 0) return;
  run.lastDecidedAt = instant;
  run.state = turned.state;
  run.events.push(...turned.events);
  // A paused group keeps to its plan as well; what that asks for is brought about when it is resumed.
  run.mark ||= !turned.state.isPaused;
}

function claimOf(claim: Judged): PolicyClaim {
  const { policy, next, claimedAt } = claim;
  const { touchedAt } = claim.progress;
  const cursor = next === undefined ? { claimedAt } : { claimedAt, plannedAt: next };
  return {
    policyId: policy.policyId,
    progress: touchedAt === undefined ? cursor : { ...cursor, touchedAt },
    nextDueAt: next === undefined ? undefined : claim.dueOf(next),
  };
}

type ParkedClaim = PolicyClaim & { readonly reason: string };

function park(policy: DuePolicy, reason: string): ParkedClaim {
  return {
    policyId: policy.policyId,
    progress: { claimedAt: policy.dueAt, parked: reason },
    nextDueAt: undefined,
    reason,
  };
}

function parkedEvent({ policyId, reason }: ParkedClaim): HistoryEvent {
  return { event: 'policy.parked', policyId, reason };
}

function unitOf(
  group: DueGroup,
  input: ClaimInput,
  change: {
    readonly claims: readonly PolicyClaim[];
    readonly events: readonly HistoryEvent[];
    readonly mark: boolean;
    readonly state?: ScalingState;
    /** Armed anew where it is told. */
    readonly timer?: { readonly dueAt: EpochMs | undefined };
  },
): Unit {
  const set: Record<string, string> = {};
  if (change.state !== undefined) set['state'] = encodeField(change.state);
  for (const { policyId, progress } of change.claims) {
    set[progressField(policyId)] = encodeField(progress);
  }
  return {
    groupId: group.groupId,
    tenantId: group.tenantId,
    commitId: input.commitId,
    decidedAt: input.now,
    expectVersion: group.version,
    set,
    remove: [],
    due: [
      ...change.claims.map(({ policyId, nextDueAt }) => ({ policyId, dueAt: nextDueAt })),
      ...(change.timer === undefined ? [] : [{ policyId: TIMER_ID, ...change.timer }]),
    ],
    divergence: change.mark ? 'mark' : 'keep',
    listing: 'keep',
    events: change.events,
  };
}
