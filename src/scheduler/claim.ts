/**
 * What one commit does to a group some of whose policies are due. Pure: judge, decide, and lay out the unit.
 *
 * A record that cannot be read or decided parks its policy with the reason; it never throws, so one
 * poisoned policy cannot keep a partition from firing the others.
 */
import { messageOf } from '../base/errors.ts';
import type { EpochMs } from '../base/clock.ts';
import {
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
import type { CommitId, PolicyId } from '../domain/ids.ts';
import { decideDue, inDueOrder } from '../domain/scaling/decide-due.ts';
import { outcomeOf } from '../domain/scaling/decide.ts';
import { dueInstants } from '../domain/schedule/jitter.ts';
import type { DueOf } from '../domain/schedule/jitter.ts';
import { judgeDue, misfireOf } from '../domain/schedule/judge.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { DueGroup, DuePolicy, Unit } from '../ports/store.ts';

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
  const claims = group.policies.map((policy) => park(policy, reason));
  return unitOf(group, input, { claims, events: claims.map(parkedEvent), mark: false });
}

/** What becomes of one policy of the group. */
interface PolicyClaim {
  readonly policyId: PolicyId;
  readonly progress: PolicyProgress;
  /** When what is armed next is due. */
  readonly nextDueAt: EpochMs | undefined;
}

/** A policy that could be read and judged. */
interface Judged {
  readonly policy: DuePolicy;
  readonly definition: PolicyDefinition;
  readonly missed: readonly HistoryEvent[];
  readonly fire: readonly EpochMs[];
  readonly next: EpochMs | undefined;
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
  const parked: ParkedClaim[] = [];
  const judged: Judged[] = [];
  for (const policy of group.policies) {
    try {
      const judgement = judge(policy, input);
      if (judgement !== undefined) judged.push(judgement);
    } catch (error) {
      parked.push(park(policy, messageOf(error)));
    }
  }
  const { state, fired, mark } = decideInOrder(judged, readable, input.now);
  return unitOf(group, input, {
    claims: [...judged.map(claimOf), ...parked],
    // In the order of the decisions, so that desired capacity is the replay of the history.
    events: [...judged.flatMap((claim) => claim.missed), ...fired, ...parked.map(parkedEvent)],
    mark,
    ...(state === readable.state ? {} : { state }),
  });
}

/** Reads and judges one policy; undefined where it turns out not to be due. Throws where it cannot be decided. */
function judge(policy: DuePolicy, input: ClaimInput): Judged | undefined {
  const definition = decodeDefinition(policy.definition);
  const progress = decodeProgress(policy.progress);
  const { schedule } = definition;
  if (schedule === undefined) throw new Error('the policy is armed but has no schedule');
  const { policyId, dueAt } = policy;
  const plannedAt = progress.plannedAt ?? dueAt;
  const occurrences = input.occurrencesOf(schedule);
  const dueOf = dueInstants(policyId, schedule, occurrences);
  const judgement = judgeDue({
    ...{ plannedAt, dueAt, now: input.now },
    misfire: misfireOf(definition.misfire),
    ...{ occurrences, dueOf },
  });
  if (judgement.kind === 'not-due') return undefined;
  const last = Math.max(...judgement.fire, ...judgement.missed.map((run) => run.last)) as EpochMs; // the greatest of instants
  return {
    policy,
    definition,
    missed: judgement.missed.map((run) => ({
      event: 'policy.missed',
      policyId,
      ...run,
      schedule,
    })),
    fire: judgement.fire,
    next: judgement.next,
    dueOf: (planned) => (planned === plannedAt ? dueAt : dueOf(planned)),
    claimedAt: last,
    progress,
  };
}

/** Decides every firing of the group in the order in which they were due, whichever policy it belongs to. */
function decideInOrder(
  judged: readonly Judged[],
  start: { readonly limits: GroupLimits; readonly state: ScalingState },
  now: EpochMs,
): {
  readonly state: ScalingState;
  readonly fired: readonly HistoryEvent[];
  readonly mark: boolean;
} {
  const firings = judged
    .flatMap((claim) => {
      const { policyId } = claim.policy;
      return claim.fire.map((plannedAt) => ({
        ...{ claim, policyId, plannedAt, firesAt: claim.dueOf(plannedAt) },
      }));
    })
    .sort(inDueOrder);
  const { limits } = start;
  let { state } = start;
  let mark = false;
  let lastDecidedAt: EpochMs | undefined;
  const fired: HistoryEvent[] = [];
  for (const { claim, ...occurrence } of firings) {
    const { decision, decidedAt, occurrenceId } = decideDue(occurrence, claim, {
      ...{ limits, state, now, lastDecidedAt },
    });
    lastDecidedAt = decidedAt;
    const desiredBefore = state.desired;
    if (decision.kind === 'scaled') {
      state = decision.state;
      claim.progress = decision.progress;
    }
    // A refused execution converges too: it costs one look and heals a group that drifted.
    mark ||= decision.kind !== 'skipped';
    fired.push({
      event: 'policy.fired',
      policyId: occurrence.policyId,
      occurrenceId,
      plannedAt: occurrence.plannedAt,
      dueAt: claim.policy.dueAt,
      desiredBefore,
      desiredAfter: state.desired,
      ...outcomeOf(decision),
    });
  }
  return { state, fired, mark };
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
    due: change.claims.map(({ policyId, nextDueAt }) => ({ policyId, dueAt: nextDueAt })),
    divergence: change.mark ? 'mark' : 'keep',
    listing: 'keep',
    events: change.events,
  };
}
