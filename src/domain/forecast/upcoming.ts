import type { EpochMs } from '../../base/clock.ts';
import type { Policy, PolicyDefinition, PolicyProgress, Schedule } from '../group/policy.ts';
import type { PolicyId } from '../ids.ts';
import { inDueOrder } from '../scaling/decide-due.ts';
import type { DueOccurrence } from '../scaling/decide-due.ts';
import { dueInstants } from '../schedule/jitter.ts';
import type { DueOf } from '../schedule/jitter.ts';
import type { Occurrences } from '../schedule/occurrences.ts';

/** A policy with a schedule, and when its armed occurrence is due. */
export interface ArmedPolicy extends Policy {
  readonly dueAt: EpochMs;
}

/** A walk through the occurrences of one policy. */
export class Cursor implements DueOccurrence {
  readonly policyId: PolicyId;
  readonly definition: PolicyDefinition;
  readonly occurrences: Occurrences;
  /** When occurrences are due: the one that this stands at as it was armed, whatever its schedule says now. */
  readonly dueOf: DueOf;
  progress: PolicyProgress;
  #plannedAt: EpochMs;
  #firesAt: EpochMs;
  readonly #dueInstantOf: DueOf;

  /** Stands at the armed occurrence. Throws `record-malformed` where the schedule cannot be compiled. */
  constructor(
    { id, definition, progress, dueAt }: ArmedPolicy,
    schedule: Schedule,
    occurrencesOf: (schedule: Schedule) => Occurrences,
  ) {
    this.policyId = id;
    this.definition = definition;
    this.progress = progress;
    this.occurrences = occurrencesOf(schedule);
    this.#dueInstantOf = dueInstants(id, schedule, this.occurrences);
    this.#plannedAt = progress.plannedAt ?? dueAt;
    this.#firesAt = dueAt;
    this.dueOf = (planned) =>
      planned === this.#plannedAt ? this.#firesAt : this.#dueInstantOf(planned);
  }

  /** The occurrence that it stands at. */
  get plannedAt(): EpochMs {
    return this.#plannedAt;
  }

  /** When that is due. */
  get firesAt(): EpochMs {
    return this.#firesAt;
  }

  /** Goes on to another occurrence. */
  moveTo(plannedAt: EpochMs): void {
    this.#plannedAt = plannedAt;
    this.#firesAt = this.#dueInstantOf(plannedAt);
  }
}

/**
 * Policies in the order in which they are due next. A sorted list: groups have a hundred policies or so, and
 * moving that many references costs less than finding one next occurrence.
 */
export class Upcoming {
  /** The earliest last, so that it is taken without moving the others. */
  readonly #latestFirst: Cursor[];

  constructor(cursors: readonly Cursor[]) {
    this.#latestFirst = cursors.toSorted((a, b) => inDueOrder(b, a));
  }

  /** How many policies have something to come. */
  get size(): number {
    return this.#latestFirst.length;
  }

  /** The policy that is due first. */
  get first(): Cursor | undefined {
    return this.#latestFirst.at(-1);
  }

  /** Moves the policy that was due first to its next occurrence; it is dropped where it has none. */
  advanceFirst(): void {
    const cursor = this.#latestFirst.pop();
    if (cursor === undefined) return;
    const next = cursor.occurrences.next(cursor.plannedAt);
    if (next === undefined) return;
    cursor.moveTo(next);
    this.#latestFirst.splice(this.#placeOf(cursor), 0, cursor);
  }

  #placeOf(cursor: Cursor): number {
    let [low, high] = [0, this.#latestFirst.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#latestFirst[middle];
      if (other !== undefined && inDueOrder(other, cursor) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
