/** Whether what was decided is what follows from the state before it, the limits, the cooldowns and the time. */
import type { TracedEvent } from '../trace.ts';
import type { Violation } from './entries.ts';
import type { Facts } from './facts.ts';
import type { Commit } from './ledger.ts';
import type { StateRecord } from './records.ts';
import { bounded, decisionTime, expectedDecision } from './sizes.ts';

type Found = Omit<Violation, 'rule'>;

const REASONS: Readonly<Record<string, readonly string[]>> = {
  refused: ['policy-cooldown', 'group-cooldown', 'no-change'],
  skipped: ['paused', 'suspended', 'deleting'],
  // Policies fire the latest of what is due, however late it is: nothing else keeps one from firing.
  missed: ['superseded'],
};

/** A decision came to another size, outcome, order or state than it should have. */
export function wrongSize(facts: Facts): readonly Found[] {
  return facts.ledger.commits.flatMap((commit) =>
    commit.isHand || commit.entry.events.length === 0 ? [] : new Recomputation(commit).run(),
  );
}

/** What was not done has none of the reasons that there are, or a policy was parked that could be decided. */
export function noReason(facts: Facts): readonly Found[] {
  return facts.ledger.commits.flatMap((commit) =>
    commit.entry.events.flatMap((event) => {
      const why = reasonlessness(commit, event);
      if (why === undefined) return [];
      const { t, groupId, partition } = commit.entry;
      return [{ t, what: why, groupId, partition, policyId: String(event['policyId']) }];
    }),
  );
}

function reasonlessness(commit: Commit, event: TracedEvent): string | undefined {
  switch (event.event) {
    case 'policy.fired':
    case 'policy.executed':
      return event['outcome'] === 'scaled' ? undefined : unknownReason(event, event['outcome']);
    case 'policy.missed':
      return unknownReason(event, 'missed');
    case 'policy.parked':
      return needlessParking(commit, event);
    default:
      return undefined;
  }
}

function unknownReason(event: TracedEvent, outcome: unknown): string | undefined {
  const reason = String(event['reason']);
  const isKnown = REASONS[String(outcome)]?.includes(reason) === true;
  return isKnown ? undefined : `${event.event} ${String(outcome)} for the reason ${reason}`;
}

/** Only what a hand made unreadable cannot be decided. */
function needlessParking({ policiesBefore }: Commit, event: TracedEvent): string | undefined {
  const { reason, policyId } = event;
  if (typeof reason !== 'string' || reason === '') return 'it was parked without a reason';
  const isPoisoned = policiesBefore.get(String(policyId))?.isPoisoned ?? true;
  return isPoisoned ? undefined : `it was parked though it can be decided: ${reason}`;
}

/** Decides all of one commit again. */
class Recomputation {
  readonly #commit: Commit;
  readonly #found: Found[] = [];
  readonly #touchedAt = new Map<string, number | undefined>();
  #state: StateRecord | undefined;
  #decidedAt = Number.NEGATIVE_INFINITY;
  #lastFiring: readonly [number, string] = [Number.NEGATIVE_INFINITY, ''];

  constructor(commit: Commit) {
    this.#commit = commit;
    this.#state = commit.before.state;
  }

  run(): readonly Found[] {
    for (const event of this.#commit.entry.events) this.#follow(event);
    this.#compareStates();
    for (const [policyId, touchedAt] of this.#touchedAt) {
      const kept = this.#commit.policiesAfter.get(policyId)?.progress?.touchedAt;
      if (kept !== touchedAt) {
        this.#tell(`its cooldown begins at ${String(kept)}, not ${String(touchedAt)}`, policyId);
      }
    }
    return this.#found;
  }

  #follow(event: TracedEvent): void {
    switch (event.event) {
      case 'policy.fired':
        this.#followFiring(event);
        break;
      case 'policy.executed':
        this.#decide(
          event,
          this.#commit.entry.decidedAt,
          `execution:${String(event['executionId'])}`,
        );
        break;
      case 'group.created':
        this.#followCreation(event);
        break;
      case 'group.changed':
        this.#followChange(event);
        break;
      case 'group.deleted':
        if (this.#state !== undefined) this.#state = { ...this.#state, isDeleting: true };
        break;
      default:
    }
  }

  #followFiring(event: TracedEvent): void {
    const plannedAt = Number(event['plannedAt']);
    const policyId = String(event['policyId']);
    const [lastAt, lastId] = this.#lastFiring;
    if (plannedAt < lastAt || (plannedAt === lastAt && policyId <= lastId)) {
      this.#tell('firings of one commit are not in planned order', policyId);
    }
    this.#lastFiring = [plannedAt, policyId];
    const { decidedAt } = this.#commit.entry;
    this.#decidedAt = decisionTime(plannedAt, decidedAt, this.#decidedAt);
    this.#decide(event, this.#decidedAt, `${policyId}@${plannedAt}`);
  }

  #decide(event: TracedEvent, at: number, cause: string): void {
    const policyId = String(event['policyId']);
    const page = this.#commit.policiesBefore.get(policyId);
    const { limits } = this.#commit.before;
    const state = this.#state;
    const definition = page?.definition;
    if (state === undefined || limits === undefined || definition === undefined) return;
    const touchedBefore = page?.progress?.touchedAt;
    const policyTouchedAt = this.#touchedAt.has(policyId)
      ? this.#touchedAt.get(policyId)
      : touchedBefore;
    const wanted = expectedDecision({ state, limits, definition, policyTouchedAt, at });
    const expected = {
      ...{ outcome: wanted.outcome, reason: wanted.reason },
      ...{ desiredBefore: state.desired, desiredAfter: wanted.desired },
    };
    for (const [name, value] of Object.entries(expected)) {
      if (event[name] === value) continue;
      this.#tell(`${name} is ${String(event[name])} and should be ${String(value)}`, policyId);
    }
    if (wanted.outcome === 'scaled') {
      this.#state = { ...state, desired: wanted.desired, touchedAt: at, changedBy: cause };
      this.#touchedAt.set(policyId, at);
    } else this.#touchedAt.set(policyId, policyTouchedAt);
  }

  #followCreation(event: TracedEvent): void {
    const { limits } = this.#commit.after;
    if (limits === undefined) return;
    const desired = bounded(limits, limits.minEntities);
    this.#state = { desired, isPaused: false, isSuspended: false, isDeleting: false };
    this.#compareSizes(event, { desiredAfter: desired });
  }

  #followChange(event: TracedEvent): void {
    const state = this.#state;
    const { limits } = this.#commit.after;
    if (state === undefined || limits === undefined) return;
    const { what } = event;
    const desired = what === 'config' ? bounded(limits, state.desired) : state.desired;
    this.#compareSizes(event, { desiredBefore: state.desired, desiredAfter: desired });
    const { changedBy, ...unexplained } = state;
    const isExplained = desired === state.desired && changedBy !== undefined;
    this.#state = {
      ...unexplained,
      ...{ desired, isPaused: what === 'paused' || (what !== 'resumed' && state.isPaused) },
      ...(isExplained ? { changedBy } : {}),
    };
  }

  #compareSizes(event: TracedEvent, expected: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(expected)) {
      if (event[name] === value) continue;
      this.#tell(`${name} of ${event.event} is ${String(event[name])} and should be ${value}`);
    }
  }

  /** All but the desired capacity, which another rule compares. */
  #compareStates(): void {
    const expected = this.#state;
    const kept = this.#commit.after.state;
    if (expected === undefined || kept === undefined || this.#found.length > 0) return;
    for (const name of STATE_NAMES) {
      if (expected[name] === kept[name]) continue;
      this.#tell(`the state's ${name} is ${String(kept[name])}, not ${String(expected[name])}`);
    }
  }

  #tell(what: string, policyId?: string): void {
    const { t, groupId, partition } = this.#commit.entry;
    this.#found.push({
      t,
      what,
      groupId,
      partition,
      ...(policyId === undefined ? {} : { policyId }),
    });
  }
}

const STATE_NAMES = ['touchedAt', 'changedBy', 'isPaused', 'isSuspended', 'isDeleting'] as const;
