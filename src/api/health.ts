/** Whether a node can do its work, checked when asked. */
import type { Clock, EpochMs } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { partitionId } from '../domain/partition/partition-of.ts';
import type { PartitionId } from '../domain/ids.ts';
import type { Store } from '../ports/store.ts';
import { answerWithin } from './answer-within.ts';

/** How long a check may take. Shorter than the time for a reply, since being slow is an answer here. */
const CHECK_MS = 5_000;
/** How long an occurrence may be overdue before somebody should look. */
const OVERDUE_MAX_MS = 60_000;

interface HealthDeps {
  readonly store: Store;
  readonly clock: Clock;
}

/** What the node answers for. */
interface Own {
  readonly region: string;
  readonly partitions: readonly PartitionId[];
  /** The release of the time zone data in use. */
  readonly zonesVersion: string;
}

interface Check {
  readonly details: object;
  readonly healthy: boolean;
}

/** The health of a node: overall, and by check. Keys are in alphabetical order, as monitors of Otter saw them. */
export interface Health {
  readonly healthy: boolean;
  readonly scheduler: Check;
  readonly store: Check;
  /** Not a check: which release decides on what clocks show. Monitors find the form of the others here as well. */
  readonly timeZones: Check;
}

/**
 * Reads each of the node's partitions once: a store that answers is healthy, a scheduler that lags over a minute
 * is not. A node that owns none asks the store of its region all the same, and has nothing to lag behind.
 */
export async function checkHealth(deps: HealthDeps, own: Own): Promise<Health> {
  const { store, scheduler } = judge(await readOverdue(deps, own));
  const timeZones = { details: { version: own.zonesVersion }, healthy: true };
  return { healthy: store.healthy && scheduler.healthy, scheduler, store, timeZones };
}

type Overdue =
  | { readonly kind: 'read'; readonly events: readonly OverdueEvent[] }
  | { readonly kind: 'unreadable'; readonly reason: string };

interface OverdueEvent {
  readonly overdueMs: number;
  readonly partition: PartitionId;
}

async function readOverdue({ store, clock }: HealthDeps, own: Own): Promise<Overdue> {
  const late = (): Error => new Error(`the store did not answer within ${String(CHECK_MS)} ms`);
  try {
    const events = await answerWithin({ clock, ms: CHECK_MS, late }, async () => {
      if (own.partitions.length === 0) await store.due(partitionId(own.region, 0), 1);
      return Promise.all(own.partitions.map((partition) => overdueOf(store, partition)));
    });
    return { kind: 'read', events: events.filter(({ overdueMs }) => overdueMs > OVERDUE_MAX_MS) };
  } catch (error) {
    return { kind: 'unreadable', reason: messageOf(error) };
  }
}

async function overdueOf(store: Store, partition: PartitionId): Promise<OverdueEvent> {
  const { now, groups } = await store.due(partition, 1);
  const dueAt: EpochMs = groups[0]?.policies[0]?.dueAt ?? now;
  return { overdueMs: now - dueAt, partition };
}

function judge(overdue: Overdue): { readonly store: Check; readonly scheduler: Check } {
  if (overdue.kind === 'unreadable') {
    const unreadable = { details: { reason: overdue.reason }, healthy: false };
    return { store: unreadable, scheduler: unreadable };
  }
  const { events } = overdue;
  return {
    store: { details: {}, healthy: true },
    scheduler: {
      details: events.length === 0 ? {} : { old_events: events },
      healthy: events.length === 0,
    },
  };
}
