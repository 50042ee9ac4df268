/**
 * How occurrences that are due are decided: in which order, and as at which instant. The scheduler, which acts,
 * and the forecast, which looks ahead, decide by this one rule, so that they cannot differ.
 */
import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { GroupLimits, ScalingState } from '../group/group.ts';
import type { PolicyDefinition, PolicyProgress } from '../group/policy.ts';
import { occurrenceId, plannedAtOf } from '../ids.ts';
import type { PolicyId } from '../ids.ts';
import type { DueOf } from '../schedule/jitter.ts';
import type { Occurrences } from '../schedule/occurrences.ts';
import { decideScaling } from './decide.ts';
import type { Decision } from './decide.ts';

/**
 * An occurrence that is claimed within this long of when it is due is decided as at that time, so that
 * the few milliseconds of a claim never make a cooldown of exactly one period refuse every other firing.
 */
const ON_TIME_MS = 1_000;

/** An occurrence by its policy, and when it is due. */
export interface DueOccurrence {
  readonly policyId: PolicyId;
  readonly plannedAt: EpochMs;
  readonly firesAt: EpochMs;
}

/** The policy of an occurrence, as far as it has come. */
interface DecidedPolicy {
  readonly definition: PolicyDefinition;
  readonly progress: PolicyProgress;
  readonly occurrences: Pick<Occurrences, 'latest'>;
  /** When occurrences of the policy are due, and were. */
  readonly dueOf: DueOf;
}

/** Where a run of decisions about one group stands. */
interface DecisionPoint {
  readonly limits: GroupLimits;
  readonly state: ScalingState;
  /** The clock at the claim. */
  readonly now: EpochMs;
  /** As at when the last of the same claim was decided; undefined for the first. */
  readonly lastDecidedAt: EpochMs | undefined;
}

/** A decision, and the instant as at which it was made. */
export interface DueDecision {
  readonly decision: Decision;
  readonly decidedAt: EpochMs;
}

/** The order of decisions within a group: as occurrences are due, whichever policy they belong to. */
export function inDueOrder(
  a: Pick<DueOccurrence, 'firesAt' | 'policyId'>,
  b: Pick<DueOccurrence, 'firesAt' | 'policyId'>,
): number {
  return a.firesAt - b.firesAt || compareText(a.policyId, b.policyId);
}

/** Decides the next occurrence of a group in due order. */
export function decideDue(
  occurrence: DueOccurrence,
  policy: DecidedPolicy,
  point: DecisionPoint,
): DueDecision {
  const { policyId, plannedAt, firesAt } = occurrence;
  const { limits, state } = point;
  const decidedAt = decidedAtOf(firesAt, point);
  const hasCooldown = policy.definition.cooldownSeconds > 0 || limits.cooldownSeconds > 0;
  const decision = decideScaling({
    state,
    limits,
    policy,
    cause: () => occurrenceId(policyId, plannedAt),
    now: decidedAt,
    restedAt: hasCooldown ? restedAt(occurrence, policy, { state, decidedAt }) : decidedAt,
  });
  return { decision, decidedAt };
}

/** As at which instant something is decided that is due at another. */
export function decidedAtOf(
  dueAt: EpochMs,
  { now, lastDecidedAt }: Pick<DecisionPoint, 'now' | 'lastDecidedAt'>,
): EpochMs {
  const instant = now - dueAt <= ON_TIME_MS ? dueAt : now;
  // Never back: after one that is decided late, an on-time one would seem to come before it.
  return epochMs(Math.max(lastDecidedAt ?? Number.NEGATIVE_INFINITY, instant));
}

/**
 * The instant at which cooldowns are looked at. Two occurrences of a policy with jitter may be due less apart
 * than they are planned. Where the last change by an execution was by another occurrence of the same policy, on
 * time, their planned distance counts if it is the greater one: jitter must not make a cooldown of exactly
 * one period refuse every other firing. To all others cooldowns begin with the change itself.
 */
function restedAt(
  { policyId, plannedAt }: DueOccurrence,
  policy: DecidedPolicy,
  { state, decidedAt }: { readonly state: ScalingState; readonly decidedAt: EpochMs },
): EpochMs {
  const { touchedAt } = state;
  const changedFor = lastChangeOf(policyId, policy, state);
  if (touchedAt === undefined || changedFor === undefined) return decidedAt;
  if (touchedAt !== policy.dueOf(changedFor)) return decidedAt;
  return epochMs(Math.max(decidedAt, plusMs(touchedAt, plannedAt - changedFor)));
}

/**
 * The occurrence of the policy that may have begun the cooldown of the group; undefined where none has. What has
 * changed the size since then, as a window or somebody's configuration does, is its cause now, and begins none: the
 * occurrence is found by when it was due, for it was due before the next one was planned.
 */
function lastChangeOf(
  policyId: PolicyId,
  { progress, occurrences }: DecidedPolicy,
  { touchedAt, changedBy }: ScalingState,
): EpochMs | undefined {
  const named = changedBy === undefined ? undefined : plannedAtOf(policyId, changedBy);
  if (named !== undefined) return named;
  const isOwn = touchedAt !== undefined && progress.touchedAt === touchedAt;
  return isOwn ? occurrences.latest(touchedAt) : undefined;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
