/** The histories of all groups, read again and again while nodes write them, and judged each time as a whole. */
import { isDeepStrictEqual } from 'node:util';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { RecordedEvent } from '../../../src/domain/history/event.ts';
import { partitionOf } from '../../../src/domain/partition/partition-of.ts';
import type { Store, StoredGroup } from '../../../src/ports/store.ts';
import { eventually } from '../../support/eventually.ts';
import { checkHistory } from '../../support/history-checker.ts';
import type { CheckedGroup } from '../../support/history-checker.ts';
import type { SeededGroup } from '../../support/seeded-store.ts';

/** A group, and the store that it is in. */
export interface LedgerGroup {
  readonly seeded: SeededGroup;
  readonly region: string;
  readonly store: Store;
}

/** What the histories amount to. */
export interface LedgerFacts {
  /** What is wrong with them and was not told before. */
  readonly faults: readonly string[];
  /** Occurrences that were fired since the groups were made, with whatever outcome. */
  readonly firedCount: number;
  /** Occurrences that were missed, each of them recorded with its reason. */
  readonly missedCount: number;
}

/** More events than a group gets between two readings. */
const EVENTS_MAX = 10_000;
const TRIES_MAX = 50;
const EVERY_MS = 100;
/** How long an outage may keep what was due in it. */
const CLAIM_TIMEOUT_MS = 30_000;

export class Ledger {
  readonly #groups: readonly LedgerGroup[];
  readonly #events = new Map<string, RecordedEvent[]>();
  readonly #told = new Set<string>();
  readonly #dropped = new Set<string>();

  constructor(groups: readonly LedgerGroup[]) {
    this.#groups = groups;
  }

  /** The groups that are still looked at. */
  get groups(): readonly LedgerGroup[] {
    return this.#groups.filter(({ region }) => !this.#dropped.has(region));
  }

  /** Looks no more at the groups of a region, whose store is no more. */
  drop(region: string): void {
    this.#dropped.add(region);
  }

  /** Waits until every store answers. */
  async readable(): Promise<void> {
    await eventually('every store answers', async () => {
      const answers = await Promise.allSettled(this.groups.map(storedOf));
      return answers.every(({ status }) => status === 'fulfilled');
    });
  }

  /**
   * Waits until whatever was planned up to this moment has been decided, reads what is new in every history
   * and judges all of them from their beginning.
   */
  async check(): Promise<LedgerFacts> {
    const until = Date.now();
    await this.#claimed(until);
    const found: string[] = [];
    let [firedCount, missedCount] = [0, 0];
    for (const group of this.groups) {
      const report = checkHistory(await this.#read(group, found), until);
      found.push(...report.faults.map(({ kind, what }) => `${kind}: ${what}`));
      firedCount += report.firedCount;
      missedCount += report.missedCount;
      await turn(); // what stands between nodes and servers runs in this process as well
    }
    const faults = found.filter((fault) => !this.#told.has(fault));
    for (const fault of faults) this.#told.add(fault);
    return { faults, firedCount, missedCount };
  }

  /** How late claims after an instant were, in ms and in ascending order, by the stores' clocks. As of the last check. */
  latenessesMs(after: number): readonly number[] {
    return [...this.#events.values()]
      .flatMap((events) =>
        events.flatMap(({ at, event }) =>
          at > after && event.event === 'policy.fired' ? [at - event.dueAt] : [],
        ),
      )
      .sort((a, b) => a - b);
  }

  /** How many claims of these partitions there were between two instants. As of the last check. */
  firedBetween(partitions: Iterable<string>, from: number, until: number): number {
    const wanted = new Set<string | undefined>(partitions);
    return this.groups
      .filter(({ seeded, store }) => wanted.has(partitionOf(seeded.groupId, store.layout)))
      .flatMap(({ seeded }) => this.#events.get(seeded.groupId) ?? [])
      .filter(({ at, event }) => event.event === 'policy.fired' && at >= from && at <= until)
      .length;
  }

  async #claimed(until: number): Promise<void> {
    const endsAt = Date.now() + CLAIM_TIMEOUT_MS;
    let behind = this.groups;
    for (;;) {
      const still: LedgerGroup[] = [];
      for (const group of behind) {
        const stored = await storedOf(group);
        if ([...stored.due.values()].some((dueAt) => dueAt <= until)) still.push(group);
      }
      if (still.length === 0) return;
      if (Date.now() > endsAt) {
        const names = still.map(({ seeded }) => seeded.name).join(', ');
        throw new Error(
          `what is due is not claimed after ${String(CLAIM_TIMEOUT_MS)} ms: ${names}`,
        );
      }
      behind = still;
      await sleep(EVERY_MS);
    }
  }

  /** A group and its history as they were at one moment. */
  async #read(group: LedgerGroup, found: string[]): Promise<CheckedGroup> {
    const { groupId, scheduled, name } = group.seeded;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const before = await storedOf(group);
      const events = await this.#extend(group, found);
      const { version, due, fields } = await storedOf(group);
      if (version !== before.version) continue;
      const { desired } = JSON.parse(fields['state'] ?? '{}') as { readonly desired: number };
      return { groupId, policies: scheduled, events, desired, due };
    }
    throw new Error(`${name} never stood still between two reads`);
  }

  /** Reads what is new, and the last event that was known: what was read once must stay. */
  async #extend(
    { seeded, store }: LedgerGroup,
    found: string[],
  ): Promise<readonly RecordedEvent[]> {
    const known = this.#events.get(seeded.groupId) ?? [];
    const last = known.at(-1);
    const from = last === undefined ? undefined : last.sequence - 1;
    const read = await store.history(seeded.groupId, {
      ...{ from, order: 'oldest-first', limit: EVENTS_MAX },
    });
    const fresh = last === undefined ? read : read.slice(1);
    if (last !== undefined && !isDeepStrictEqual(read[0], last)) {
      found.push(
        `gone: event ${String(last.sequence)} of ${seeded.name} was there, and is not now`,
      );
    }
    known.push(...fresh);
    this.#events.set(seeded.groupId, known);
    return known;
  }
}

/** Reads a group that must be there. */
export async function storedOf({ seeded, store }: LedgerGroup): Promise<StoredGroup> {
  const { group } = await store.group(seeded.groupId);
  if (group === undefined) throw new Error(`${seeded.name} is not in its store`);
  return group;
}
