/**
 * Judges a group's history by what its policies planned. It shares no code with what schedules, judges and
 * decides: it has a calendar of its own, and counts.
 */
import type { Schedule } from '../../src/domain/group/policy.ts';
import type { HistoryEvent, RecordedEvent } from '../../src/domain/history/event.ts';
import { isPlanned, nextPlanned, plannedBetween } from './calendar.ts';

/** A policy whose occurrences are to be in the history. */
export interface CheckedPolicy {
  readonly policyId: string;
  readonly schedule: Schedule;
  /** Its occurrences are those after this instant. */
  readonly armedAt: number;
}

/** A group as it was found at the end of a run. */
export interface CheckedGroup {
  readonly groupId: string;
  /** All of its policies that have a schedule. */
  readonly policies: readonly CheckedPolicy[];
  /** The whole history, oldest first. */
  readonly events: readonly RecordedEvent[];
  readonly desired: number;
  /** What each policy is armed for. */
  readonly due: ReadonlyMap<string, number>;
}

type FaultKind =
  /** A planned occurrence of which the history says nothing. */
  | 'lost'
  /** An occurrence that the history has twice, fired or missed. */
  | 'doubled'
  /** One that was recorded before its time. */
  | 'early'
  /** Of what was due, another occurrence than the last fired, or the last did not. */
  | 'not-the-latest'
  /** One that no schedule planned, or of a policy that nobody made. */
  | 'unplanned'
  /** An event with another name than that of its occurrence. */
  | 'misnamed'
  /** A policy that stopped being decided. */
  | 'parked'
  /** A policy that is armed for something else than what follows. */
  | 'misarmed'
  /** An event that is missing from the numbers. */
  | 'incomplete'
  /** A desired capacity that does not follow from the events. */
  | 'not-a-replay';

interface Fault {
  readonly kind: FaultKind;
  readonly what: string;
}

export interface HistoryReport {
  readonly faults: readonly Fault[];
  /** Occurrences that were fired, with whatever outcome. */
  readonly firedCount: number;
  /** Occurrences inside runs of missed ones. */
  readonly missedCount: number;
}

/** A commit comes at most so long after its decision: an older one is refused. */
const DECIDED_WITHIN_MS = 5_000;
/** What two firings at one instant have between them; they are one commit's unless their occurrences are as close. */
const SAME_INSTANT_MS = 100;

/**
 * Checks one group, whose policies all fire the latest of what is due, however late that is. `until`: whatever was
 * planned up to then must be in the history by now.
 */
export function checkHistory(group: CheckedGroup, until: number): HistoryReport {
  const faults: Fault[] = [];
  const found = (kind: FaultKind, what: string): void => {
    faults.push({ kind, what: `group ${group.groupId}: ${what}` });
  };
  const tally = new Tally(group.policies, found);
  for (const { at, event } of group.events) tally.add(event, at);
  for (const policy of group.policies) {
    checkCoverage(policy, { until, found, counts: tally.countsOf(policy.policyId) });
    checkArming(policy, { found, counts: tally.countsOf(policy.policyId), due: group.due });
  }
  checkLatest(group, found);
  checkNumbers(group.events, found);
  checkReplay(group, found);
  return { faults, firedCount: tally.firedCount, missedCount: tally.missedCount };
}

type Found = (kind: FaultKind, what: string) => void;
/** How often the history has each occurrence of a policy, by its planned instant. */
type Counts = ReadonlyMap<number, number>;

/** Counts occurrences, and finds those that should not be there. */
class Tally {
  firedCount = 0;
  missedCount = 0;
  readonly #found: Found;
  readonly #policies: ReadonlyMap<string, CheckedPolicy>;
  readonly #counts = new Map<string, Map<number, number>>();

  constructor(policies: readonly CheckedPolicy[], found: Found) {
    this.#found = found;
    this.#policies = new Map(policies.map((policy) => [policy.policyId, policy]));
  }

  add(event: HistoryEvent, at: number): void {
    if (event.event === 'policy.parked') this.#found('parked', event.policyId);
    if (event.event === 'policy.missed') this.#addRun(event, at);
    if (event.event !== 'policy.fired') return;
    const { policyId, plannedAt } = event;
    if (event.occurrenceId !== `${policyId}@${String(plannedAt)}`) {
      this.#found('misnamed', `${event.occurrenceId} is ${nameOf(policyId, plannedAt)}`);
    }
    this.firedCount += 1;
    this.#count(policyId, plannedAt, at);
  }

  countsOf(policyId: string): Counts {
    return this.#counts.get(policyId) ?? new Map<number, number>();
  }

  #addRun(run: Extract<HistoryEvent, { event: 'policy.missed' }>, at: number): void {
    const { policyId, first, last } = run;
    const schedule = this.#policies.get(policyId)?.schedule;
    const between =
      schedule === undefined ? [] : plannedBetween(schedule, first, Math.min(last, at) - 1);
    for (const plannedAt of new Set([first, ...between, last])) {
      this.missedCount += 1;
      this.#count(policyId, plannedAt, at);
    }
  }

  /** What should not be there does not stand for what should. */
  #count(policyId: string, plannedAt: number, at: number): void {
    const name = nameOf(policyId, plannedAt);
    const policy = this.#policies.get(policyId);
    const isKnown = policy !== undefined && plannedAt > policy.armedAt;
    if (!isKnown || !isPlanned(policy.schedule, plannedAt)) {
      this.#found('unplanned', name);
    } else if (at < plannedAt) {
      this.#found('early', `${name} was recorded ${String(plannedAt - at)} ms early`);
    } else {
      const counts = this.#counts.get(policyId) ?? new Map<number, number>();
      this.#counts.set(policyId, counts.set(plannedAt, (counts.get(plannedAt) ?? 0) + 1));
    }
  }
}

function checkCoverage(
  policy: CheckedPolicy,
  at: { readonly until: number; readonly found: Found; readonly counts: Counts },
): void {
  const { policyId, schedule, armedAt } = policy;
  for (const [plannedAt, count] of at.counts) {
    if (count > 1) {
      at.found('doubled', `${nameOf(policyId, plannedAt)} is there ${String(count)} times`);
    }
  }
  // Occurrences leave no gap, also after `until`: what is there may be more than what must be.
  const last = Math.max(at.until, ...at.counts.keys());
  for (const plannedAt of plannedBetween(schedule, armedAt, last)) {
    if (!at.counts.has(plannedAt)) {
      at.found('lost', `${nameOf(policyId, plannedAt)} is not in the history`);
    }
  }
}

function checkArming(
  { policyId, schedule, armedAt }: CheckedPolicy,
  at: {
    readonly found: Found;
    readonly counts: Counts;
    readonly due: ReadonlyMap<string, number>;
  },
): void {
  const expected = nextPlanned(schedule, Math.max(armedAt, ...at.counts.keys()));
  const armed = at.due.get(policyId);
  if (armed === expected) return;
  at.found('misarmed', `${policyId} is armed for ${timeOf(armed)}, not ${timeOf(expected)}`);
}

/** What came due to a policy together is decided together: the last fires, and all before it are superseded. */
function checkLatest({ events, policies }: CheckedGroup, found: Found): void {
  const policyById = new Map(policies.map((policy) => [policy.policyId, policy]));
  const commits = new Map<string, Commit>();
  for (const { at, event } of events) {
    const policy = 'policyId' in event ? policyById.get(event.policyId) : undefined;
    if (policy === undefined) continue;
    const name = `${policy.policyId} ${String(at)}`;
    const commit = commits.get(name) ?? { policy, at, events: [] };
    commits.set(name, commit);
    commit.events.push(event);
  }
  for (const commit of commits.values()) {
    checkFirings(commit, found);
    checkRuns(commit, found);
  }
}

/** What was recorded of one policy at one instant. */
interface Commit {
  readonly policy: CheckedPolicy;
  readonly at: number;
  readonly events: HistoryEvent[];
}

function firedIn({ events }: Commit): readonly number[] {
  return events.flatMap((event) => (event.event === 'policy.fired' ? [event.plannedAt] : []));
}

function checkFirings(commit: Commit, found: Found): void {
  const { policyId, schedule, armedAt } = commit.policy;
  const fired = firedIn(commit);
  const dueUntil = commit.at - (fired.length > 1 ? SAME_INSTANT_MS : DECIDED_WITHIN_MS);
  for (const plannedAt of fired) {
    if (plannedAt <= armedAt || !isPlanned(schedule, plannedAt)) continue;
    const [later] = plannedBetween(schedule, plannedAt, dueUntil);
    if (later === undefined) continue;
    found(
      'not-the-latest',
      `${nameOf(policyId, plannedAt)} fired when ${timeOf(later)} was due too`,
    );
  }
}

function checkRuns(commit: Commit, found: Found): void {
  const { policyId, schedule } = commit.policy;
  // What is due to a policy when it is written anew is recorded, and nobody acts on it.
  if (commit.events.some(({ event }) => event === 'policy.changed')) return;
  const fired = firedIn(commit);
  for (const event of commit.events) {
    if (event.event !== 'policy.missed') continue;
    const name = nameOf(policyId, event.last);
    if (event.reason !== 'superseded') {
      found('not-the-latest', `${name} was missed for the reason ${event.reason}`);
    }
    const next = nextPlanned(schedule, event.last);
    if (next !== undefined && fired.includes(next)) continue;
    found('not-the-latest', `${name} was missed and ${timeOf(next)} did not fire with it`);
  }
}

function checkNumbers(events: readonly RecordedEvent[], found: Found): void {
  for (const [index, { sequence }] of events.entries()) {
    if (sequence === index + 1) continue;
    found('incomplete', `event ${String(sequence)} stands in place ${String(index + 1)}`);
    return;
  }
  if (events.length === 0) found('incomplete', 'it has no history');
}

function checkReplay({ events, desired }: CheckedGroup, found: Found): void {
  let replayed: number | undefined;
  for (const { sequence, event } of events) {
    if (!('desiredAfter' in event)) continue;
    // What creates a group has nothing before it.
    const before = 'desiredBefore' in event ? event.desiredBefore : undefined;
    if (before !== replayed) {
      const stands = `stood at ${String(replayed)}, event ${String(sequence)} says ${String(before)}`;
      found('not-a-replay', `the desired capacity ${stands}`);
    }
    replayed = event.desiredAfter;
  }
  if (replayed !== desired) {
    found('not-a-replay', `events lead to ${String(replayed)}, desired is ${String(desired)}`);
  }
}

function nameOf(policyId: string, plannedAt: number): string {
  return `${policyId}@${timeOf(plannedAt)}`;
}

function timeOf(instant: number | undefined): string {
  return instant === undefined ? 'nothing' : new Date(instant).toISOString();
}
