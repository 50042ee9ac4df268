/** What all rules go by. Made once for a trace. */
import type { Timings, TraceEntry } from '../trace.ts';
import { punctualMs } from './allowances.ts';
import { clocksOf } from './clocks.ts';
import type { StoreClock } from './clocks.ts';
import { disturbancesOf, faultsOf, keysOf } from './disturbances.ts';
import type { Disturbances } from './disturbances.ts';
import { EntriesByKind } from './entries.ts';
import type { EntryOf } from './entries.ts';
import { ledgerOf } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { telltalesOf } from './locks.ts';
import type { Telltales } from './locks.ts';
import { freezesOf } from './processes.ts';
import type { Freeze } from './processes.ts';
import { survivorsOf } from './survivors.ts';
import type { Survivors } from './survivors.ts';

export interface Facts {
  /** How many groups there ever were. */
  readonly groupCount: number;
  readonly trace: readonly TraceEntry[];
  readonly byKind: EntriesByKind;
  readonly began: EntryOf<'world.began'>;
  readonly timings: Timings;
  /** Undefined where the world did not get so far. */
  readonly ended: EntryOf<'world.ended'> | undefined;
  /** The true time of the last entry. */
  readonly endedAt: number;
  readonly survivors: Survivors;
  readonly ledger: Ledger;
  readonly clocks: ReadonlyMap<string, StoreClock>;
  readonly disturbances: Disturbances;
  readonly faults: ReturnType<typeof faultsOf>;
  readonly freezes: ReadonlyMap<string, readonly Freeze[]>;
  /** What the stores had when they were asked, roll-backs that came later or not. */
  readonly telltales: Telltales;
}

/** Reads a trace. Undefined where it does not begin with the world's beginning. */
export function factsOf(trace: readonly TraceEntry[]): Facts | undefined {
  const began = trace[0];
  if (began?.kind !== 'world.began') return undefined;
  const byKind = new EntriesByKind(trace);
  const survivors = survivorsOf(trace);
  const clocks = clocksOf(trace);
  const ledger = ledgerOf(trace, survivors.lost);
  return {
    ...{ trace, byKind, began, survivors, clocks, ledger, groupCount: ledger.books.size },
    timings: began.timings,
    ended: byKind.of('world.ended').at(-1),
    endedAt: trace.at(-1)?.t ?? began.t,
    disturbances: disturbancesOf(byKind, clocks, began),
    faults: faultsOf(byKind),
    freezes: freezesOf(byKind),
    telltales: telltalesOf(trace),
  };
}

/** Something that is armed, and the place where it is due. */
interface Due {
  readonly store: string;
  readonly partition: string;
  readonly groupId: string;
  readonly policyId: string;
  /** When it is due, by the store's clock. */
  readonly dueAt: number;
  /** The true time of the write that armed it. */
  readonly armedAt: number;
}

/**
 * The true time by which an occurrence must have been claimed, of which somebody looks at `seenAt` whether it has
 * been. A claim that a roll-back removed is to be made anew: the occurrence counts as due when the store rolled back.
 */
export function claimDeadline(facts: Facts, due: Due, seenAt: number): number {
  const { clocks, disturbances, timings, survivors } = facts;
  const keys = [...keysOf(due), `policy ${due.policyId}`];
  const boundMs = punctualMs(timings);
  const reached = clocks.get(due.store)?.reached(due.dueAt, seenAt) ?? due.dueAt;
  let dueAt = Math.max(reached, due.armedAt);
  let deadline = disturbances.claims.deadline(dueAt, boundMs, keys);
  for (const { t, store, lostSince } of survivors.rollBacks) {
    if (store !== due.store || t > seenAt || t < dueAt) continue;
    const lostAt = lostSince.get(due.groupId);
    if (lostAt === undefined || lostAt > deadline) continue;
    dueAt = t;
    deadline = Math.max(deadline, disturbances.claims.deadline(dueAt, boundMs, keys));
  }
  return deadline;
}
