/** Why a group is as large as it is: what decided that, what holds it, and what comes next, as facts and in words. */
import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { deadlineOf } from '../convergence/reached-by.ts';
import type { Group } from '../group/group.ts';
import type { HistoryEvent, RecordedEvent } from '../history/event.ts';
import { planAt } from '../plan/plan.ts';
import { isCoolingDown } from '../scaling/cooldown.ts';
import { isoOf } from '../schedule/iso.ts';
import type { ForecastStep } from './curve.ts';
import { isPlanDeed, planDeedText, planFacts, planSentences } from './explain-plan.ts';
import type { PlanFact } from './explain-plan.ts';
import type { Forecast } from './forecast.ts';

/** What an explanation is made from. */
export interface ExplainInput {
  readonly group: Pick<Group, 'limits' | 'state' | 'observation' | 'policies'>;
  readonly now: EpochMs;
  /** Whether the group waits for a look at its servers, or is being looked at. */
  readonly isDivergent: boolean;
  /** The last event that changed the desired capacity; undefined where the history does not go back to it. */
  readonly lastChange: RecordedEvent | undefined;
  /** From now on, to the first change. */
  readonly ahead: Pick<Forecast, 'steps' | 'to' | 'completeUntil' | 'counts' | 'unreadable'>;
}

/** A limit that the desired capacity has reached. */
type Bound = 'minEntities' | 'maxEntities' | 'both';

/** The facts, and the same in sentences. */
export interface Explanation {
  readonly now: EpochMs;
  readonly desired: number;
  /** How many servers the last look found; undefined before the first. */
  readonly actual: number | undefined;
  readonly observedAt: EpochMs | undefined;
  readonly bound: Bound | undefined;
  /** What its windows and its override set at present. */
  readonly plan: readonly PlanFact[];
  readonly isPaused: boolean;
  /** When the pause ends by itself; undefined where it does not. */
  readonly pausedUntil: EpochMs | undefined;
  readonly isSuspended: boolean;
  /** Until when the group's cooldown refuses executions; undefined where none runs. */
  readonly cooldownUntil: EpochMs | undefined;
  readonly lastChange: RecordedEvent | undefined;
  /** When its servers are to be there, or were to be; undefined where they are, or nobody said. */
  readonly deadline: EpochMs | undefined;
  readonly status: Group['observation']['status'];
  readonly reasons: readonly string[];
  /** The next change that schedules make. */
  readonly next: ForecastStep | undefined;
  readonly sentences: readonly string[];
}

/** An event that tells of the desired capacity. */
type SizingEvent = Extract<HistoryEvent, { readonly desiredAfter: number }>;

/** Policies out of action that are told one by one. */
const PARKED_TOLD_MAX = 10;

/** Whether an event changed the desired capacity, or first set it. */
export function changesDesired(event: HistoryEvent): boolean {
  if (event.event === 'group.created') return true;
  return 'desiredAfter' in event && event.desiredBefore !== event.desiredAfter;
}

/** Explains the size of a group. */
export function explain(input: ExplainInput): Explanation {
  const { group, now, lastChange, ahead } = input;
  const { state, observation } = group;
  const { desired, isPaused, pausedUntil, isSuspended } = state;
  const { actual, observedAt, status, reasons } = observation;
  const facts = {
    ...{ now, desired, actual, observedAt, isPaused, pausedUntil, isSuspended },
    ...{ lastChange, status, reasons },
    plan: planFacts(group, now),
    bound: boundOf(group, now),
    cooldownUntil: cooldownUntil(group, now),
    deadline: deadlineIn(group),
    next: ahead.steps.find(({ desiredBefore, desiredAfter }) => desiredBefore !== desiredAfter),
  };
  const sentences = [
    sizeSentence(facts),
    changeSentence(input),
    ...planSentences(facts.plan, group, (id) => lowered(policyText(group, id))),
    ...boundSentences(input, facts),
    ...holdSentences(facts),
    ...mismatchSentences(input),
    ...deadlineSentences(facts),
    nextSentence(input, facts.next),
    ...parkedSentences(input),
  ];
  return { ...facts, sentences };
}

function boundOf({ state, limits }: ExplainInput['group'], now: EpochMs): Bound | undefined {
  const { desired } = state;
  const { minEntities, maxEntities } = planAt(state, limits, now);
  const isLowest = desired <= minEntities;
  const isHighest = desired >= maxEntities;
  if (isLowest && isHighest) return 'both';
  if (isLowest) return 'minEntities';
  return isHighest ? 'maxEntities' : undefined;
}

function cooldownUntil(
  { state: { touchedAt }, limits: { cooldownSeconds } }: ExplainInput['group'],
  now: EpochMs,
): EpochMs | undefined {
  if (touchedAt === undefined || !isCoolingDown(touchedAt, cooldownSeconds, now)) return undefined;
  return epochMs(Math.ceil(touchedAt + cooldownSeconds * 1_000));
}

function sizeSentence({
  desired,
  actual,
  observedAt,
}: Pick<Explanation, 'desired' | 'actual' | 'observedAt'>): string {
  const wanted = `The desired capacity is ${String(desired)}`;
  if (actual === undefined) return `${wanted}; nobody has looked for servers yet.`;
  const when = observedAt === undefined ? '' : ` at ${isoOf(observedAt)}`;
  return `${wanted}; the last look${when} found ${serversText(actual)}.`;
}

function serversText(count: number): string {
  return count === 1 ? '1 server' : `${String(count)} servers`;
}

function changeSentence({ group, lastChange }: ExplainInput): string {
  if (lastChange === undefined || !('desiredAfter' in lastChange.event)) {
    return 'Its history does not go back to when that last changed.';
  }
  const { at, event } = lastChange;
  return `${deedText(group, event)}${sizesText(event)} at ${isoOf(at)}.`;
}

function sizesText(event: SizingEvent): string {
  const after = String(event.desiredAfter);
  if (event.event === 'group.created') return ` with a desired capacity of ${after}`;
  return `, which changed it from ${String(event.desiredBefore)} to ${after},`;
}

function deedText(group: ExplainInput['group'], event: SizingEvent): string {
  if (isPlanDeed(event)) return planDeedText(event, (id) => lowered(policyText(group, id)));
  switch (event.event) {
    case 'policy.fired':
      return `${policyText(group, event.policyId)} fired by its schedule`;
    case 'policy.executed':
      return `${event.by} executed ${lowered(policyText(group, event.policyId))}`;
    case 'server.deleted':
      return `${event.by} took server ${event.serverId} out of the group`;
    case 'group.created':
      return `${event.by} created the group`;
    case 'group.changed':
      return `${event.by} changed the configuration of the group`;
  }
}

function policyText({ policies }: ExplainInput['group'], policyId: string): string {
  const policy = [...policies.values()].find(({ id }) => id === policyId);
  if (policy === undefined) return `Policy ${policyId}, which is gone,`;
  const { key, name } = policy.definition;
  return `Policy ${JSON.stringify(key ?? name)}`;
}

/** In words that tell a limit of the group from one that its plan sets: to lower `minEntities` would not help there. */
function boundSentences(
  { group: { state, limits }, now }: ExplainInput,
  { bound, plan }: Pick<Explanation, 'bound' | 'plan'>,
): readonly string[] {
  const { minEntities, maxEntities } = planAt(state, limits, now);
  const [isMinPlanned, isMaxPlanned] = (['min', 'max'] as const).map((limit) =>
    plan.some(({ field }) => field === limit),
  );
  const [min, max] = [String(minEntities), String(maxEntities)];
  switch (bound) {
    case undefined:
      return [];
    case 'both': {
      const lowest = isMinPlanned ? `The minimum is ${min}` : `minEntities is ${min}`;
      const highest = isMaxPlanned ? `the maximum is ${max}` : `maxEntities is ${max}`;
      const which = minEntities > maxEntities ? ', and the minimum wins' : '';
      return [`${lowest} and ${highest}${which}, so no policy can change it.`];
    }
    case 'minEntities':
      return isMinPlanned
        ? [`It is at the minimum that is set: no execution can lower it until that ends.`]
        : [`It is at minEntities, ${min}: no policy can lower it unless that is lowered.`];
    case 'maxEntities':
      return isMaxPlanned
        ? [`It is at the maximum that is set: no execution can raise it until that ends.`]
        : [`It is at maxEntities, ${max}: no policy can raise it unless that is raised.`];
  }
}

function holdSentences(
  facts: Pick<Explanation, 'isPaused' | 'pausedUntil' | 'isSuspended' | 'cooldownUntil'>,
): readonly string[] {
  const { isPaused, pausedUntil, isSuspended, cooldownUntil: until } = facts;
  const pauseEnd =
    pausedUntil === undefined ? 'until it is resumed' : `until ${isoOf(pausedUntil)}`;
  return [
    ...(isPaused
      ? [`The group is paused: no policy acts, and no server starts or ends, ${pauseEnd}.`]
      : []),
    ...(isSuspended ? ['The tenant is suspended: no policy acts until that ends.'] : []),
    ...(until === undefined
      ? []
      : [`The cooldown of the group refuses executions until ${isoOf(until)}.`]),
  ];
}

function mismatchSentences({ group, isDivergent }: ExplainInput): readonly string[] {
  const { state, observation } = group;
  const { actual, status, reasons, failureCount } = observation;
  const isReached = actual === state.desired && status === 'ACTIVE' && reasons.length === 0;
  if (isReached) return [];
  const why = reasons.map((reason) => `"${reason}"`).join(', ');
  if (status === 'ERROR') {
    const often = failureCount > 1 ? `, ${String(failureCount)} times in a row` : '';
    return [`Bringing it there failed${often}: ${why === '' ? 'no reason was told' : why}.`];
  }
  if (why !== '') return [`It waits: ${why}.`];
  if (state.isPaused) return [];
  return isDivergent
    ? ['Servers are being started or ended to get there.']
    : ['Nobody is bringing it there at present: "converge" has it looked at again.'];
}

/** Of a desired capacity that no pass has worked for yet, nobody has begun to count. */
function deadlineIn({ state, limits, observation }: ExplainInput['group']): EpochMs | undefined {
  const { unreached } = observation;
  const { reachedBySeconds } = limits;
  if (reachedBySeconds === undefined || state.isPaused || state.isSuspended) return undefined;
  return unreached?.desired === state.desired ? deadlineOf(unreached, reachedBySeconds) : undefined;
}

function deadlineSentences({
  deadline,
  now,
}: Pick<Explanation, 'deadline' | 'now'>): readonly string[] {
  if (deadline === undefined) return [];
  const isOver = now >= deadline;
  return [`It ${isOver ? 'should have been' : 'is to be'} there by ${isoOf(deadline)}.`];
}

function nextSentence({ group, ahead }: ExplainInput, next: ForecastStep | undefined): string {
  if (next !== undefined) {
    const { at, desiredBefore, desiredAfter } = next;
    const change = `from ${String(desiredBefore)} to ${String(desiredAfter)}`;
    return `${stepText(group, next)} changes it next, ${change}, at ${isoOf(at)}.`;
  }
  const { refused, skipped } = ahead.counts;
  const idleCount =
    refused['no-change'] + refused['group-cooldown'] + refused['policy-cooldown'] + skipped;
  const until = isoOf(ahead.completeUntil);
  if (idleCount === 0) return `No policy fires by its schedule until ${until}.`;
  return `Policies fire by their schedules ${String(idleCount)} times until ${until}, and change nothing.`;
}

function stepText(group: ExplainInput['group'], step: ForecastStep): string {
  switch (step.outcome) {
    case 'opened':
      return `The opening of the window of ${lowered(policyText(group, step.policyId))}`;
    case 'closed':
      return `The closing of the window of ${lowered(policyText(group, step.policyId))}`;
    case 'override-ended':
      return 'The end of the override';
    case 'pause-ended':
      return 'The end of the pause';
    case 'scaled':
    case 'refused':
    case 'skipped':
      return policyText(group, step.policyId);
  }
}

function lowered(policy: string): string {
  return policy.replace(/^P/, 'p');
}

/** Tells of policies that are parked, and of those that will be when they are due. */
function parkedSentences({ group, ahead }: ExplainInput): readonly string[] {
  const parked = [...group.policies.values()].flatMap(({ id, progress }) =>
    progress.parked === undefined ? [] : [{ policyId: id, reason: progress.parked }],
  );
  const all = [...parked, ...ahead.unreadable];
  const told = all
    .slice(0, PARKED_TOLD_MAX)
    .map(
      ({ policyId, reason }) =>
        `${policyText(group, policyId)} does not fire until it is written anew: ${reason}.`,
    );
  const moreCount = all.length - told.length;
  return moreCount === 0
    ? told
    : [...told, `${String(moreCount)} more policies do not fire until they are written anew.`];
}
