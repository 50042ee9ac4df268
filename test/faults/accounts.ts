/**
 * The histories of all groups, read piece by piece while nodes write them, since the store keeps a thousand
 * events of each. Every piece is judged as a history that begins with what the one before led to.
 */
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedEvent } from '../../src/domain/history/event.ts';
import type { Store, StoredGroup } from '../../src/ports/store.ts';
import { checkHistory } from '../support/history-checker.ts';
import type { CheckedPolicy } from '../support/history-checker.ts';
import type { SeededGroup } from '../support/seeded-store.ts';

/** What happens in the histories. */
export type OnEvent = (group: SeededGroup, recorded: RecordedEvent) => void;

/** What of a store is read. */
type Histories = Pick<Store, 'group' | 'history'>;

/** How far the history of a group was read. */
interface Page {
  readonly seeded: SeededGroup;
  last: RecordedEvent | undefined;
  desired: number;
  /** The scheduled policies, each as if it had been armed at its last occurrence. */
  policies: readonly CheckedPolicy[];
}

/** More than a group gets between two readings. */
const EVENTS_MAX = 10_000;
const TRIES_MAX = 50;
const READS_AT_ONCE = 4;

export class Accounts {
  /** What is wrong, each said once. */
  readonly faults = new Set<string>();
  readonly #pages: readonly Page[];
  readonly #onEvent: OnEvent;
  #firedCount = 0;
  #missedCount = 0;

  constructor(groups: readonly SeededGroup[], onEvent: OnEvent) {
    this.#onEvent = onEvent;
    this.#pages = groups.map((seeded) => ({
      ...{ seeded, last: undefined, desired: 0, policies: seeded.scheduled },
    }));
  }

  /** Occurrences that fired, with whatever outcome. */
  get firedCount(): number {
    return this.#firedCount;
  }

  /** Occurrences inside recorded runs of missed ones. */
  get missedCount(): number {
    return this.#missedCount;
  }

  /**
   * Reads what is new and judges it. `until`: what was planned up to then must be there; 0 where a fault may
   * be in force. Rejects where the store cannot answer: what was read by then counts.
   */
  async read(store: Histories, until = 0): Promise<void> {
    const left = [...this.#pages];
    const readers = Array.from({ length: READS_AT_ONCE }, async () => {
      for (let page = left.pop(); page !== undefined; page = left.pop()) {
        await this.#readGroup(store, page, until);
      }
    });
    await Promise.all(readers);
  }

  /** Judges one group by what is new in it. */
  async #readGroup(store: Histories, page: Page, until: number): Promise<void> {
    const { seeded } = page;
    const { events, stored } = await this.#consistent(store, page);
    const offset = page.last?.sequence ?? 0;
    const found = checkHistory(
      {
        groupId: seeded.groupId,
        policies: page.policies,
        events: offset === 0 ? events : [beginningWith(page), ...renumbered(events, offset)],
        desired: desiredOf(stored),
        due: stored.due,
      },
      until,
    );
    for (const { kind, what } of found.faults) this.faults.add(`${kind}: ${seeded.name}: ${what}`);
    this.#firedCount += found.firedCount;
    this.#missedCount += found.missedCount;
    for (const recorded of events) this.#onEvent(seeded, recorded);
    page.last = events.at(-1) ?? page.last;
    page.desired = desiredOf(stored);
    page.policies = page.policies.map((policy) => armedAgain(policy, events));
  }

  /** What is new in a history, and the group, as both were at one moment. */
  async #consistent(
    store: Histories,
    { seeded, last }: Page,
  ): Promise<{ readonly events: readonly RecordedEvent[]; readonly stored: StoredGroup }> {
    const from = last === undefined ? undefined : last.sequence - 1;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const before = await storedOf(store, seeded);
      const read = await store.history(seeded.groupId, {
        ...{ from, order: 'oldest-first', limit: EVENTS_MAX },
      });
      const stored = await storedOf(store, seeded);
      // Events of convergence do not move the version, so what they number is looked at as well.
      if (stored.version !== before.version) continue;
      if (last === undefined) return { events: read, stored };
      if (!isDeepStrictEqual(read[0], last)) {
        const there = JSON.stringify(read[0]);
        const what = `event ${last.sequence} of ${seeded.name} is not what it was, but ${there}`;
        this.faults.add(`gone: ${what}`);
      }
      return { events: read.filter(({ sequence }) => sequence > last.sequence), stored };
    }
    await sleep(0);
    throw new Error(`${seeded.name} never stood still between two reads`);
  }
}

/** Reads a group that must be there. */
export async function storedOf(
  store: Pick<Store, 'group'>,
  seeded: SeededGroup,
): Promise<StoredGroup> {
  const { group } = await store.group(seeded.groupId);
  if (group === undefined) throw new Error(`${seeded.name} is not in its store`);
  return group;
}

/** The capacity that is desired of a group. */
export function desiredOf({ fields }: StoredGroup): number {
  return (JSON.parse(fields['state'] ?? '{}') as { readonly desired: number }).desired;
}

/** Stands for everything that was read before. */
function beginningWith({ desired, last }: Page): RecordedEvent {
  const at = last?.at;
  if (at === undefined) throw new Error('there is nothing before');
  return {
    sequence: 1,
    at,
    event: { event: 'group.created', by: 'before', desiredAfter: desired },
  };
}

function renumbered(events: readonly RecordedEvent[], offset: number): readonly RecordedEvent[] {
  return events.map((recorded) => ({ ...recorded, sequence: recorded.sequence - offset + 1 }));
}

function armedAgain(policy: CheckedPolicy, events: readonly RecordedEvent[]): CheckedPolicy {
  let { armedAt } = policy;
  for (const { event } of events) {
    if (event.event === 'policy.fired' && event.policyId === policy.policyId) {
      armedAt = Math.max(armedAt, event.plannedAt);
    }
    if (event.event === 'policy.missed' && event.policyId === policy.policyId) {
      armedAt = Math.max(armedAt, event.last);
    }
  }
  return { ...policy, armedAt };
}
