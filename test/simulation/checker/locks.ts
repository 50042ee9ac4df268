/**
 * The stores' fences, locks and desired capacities as they were when each entry was written: a roll-back takes
 * them back to what they had been, and what was lost by it had been true until then.
 */
import type { TraceEntry, TracedToken } from '../trace.ts';
import { isChange } from './entries.ts';
import type { ChangeEntry, EntryOf } from './entries.ts';
import { readState } from './records.ts';
import type { StateRecord } from './records.ts';

/** A group's lock. */
interface Lock {
  readonly holder: string;
  readonly token: TracedToken;
  /** By the store's clock. */
  readonly until: number;
}

/** A change, with what it met. */
export interface Met {
  readonly entry: ChangeEntry;
  /** The partition's fence before it; undefined where there was none yet. */
  readonly fence: TracedToken | undefined;
  /** The group's lock before it. */
  readonly lock: Lock | undefined;
  /** Whether the group was marked since it was locked last. */
  readonly isMarked: boolean;
}

/** What a pass was granted, or gave back. */
export interface Grant {
  readonly entry: EntryOf<'store.locked'> | EntryOf<'store.settled'>;
  /** The group's state at that moment; undefined where it cannot be read. */
  readonly state: StateRecord | undefined;
}

export interface Telltales {
  readonly met: readonly Met[];
  /** By group, in their order. */
  readonly grants: ReadonlyMap<string, readonly Grant[]>;
  /** By group, when its state became which; a roll-back counts too. */
  readonly states: ReadonlyMap<string, readonly StateSince[]>;
}

/** A group's state from a true time on. */
export interface StateSince {
  readonly t: number;
  readonly state: StateRecord | undefined;
}

/** A value per name that is taken back when the store rolls back. */
class Undoable<Value> {
  readonly #values = new Map<string, { readonly change: number; readonly value: Value }[]>();

  get(name: string): Value | undefined {
    return this.#values.get(name)?.at(-1)?.value;
  }

  set(name: string, change: number, value: Value): void {
    const known = this.#values.get(name);
    if (known === undefined) this.#values.set(name, [{ change, value }]);
    else known.push({ change, value });
  }

  /** Answers the names whose value was taken back. */
  rollBack(lastChange: number): readonly string[] {
    const names: string[] = [];
    for (const [name, values] of this.#values) {
      const { length } = values;
      while ((values.at(-1)?.change ?? 0) > lastChange) values.pop();
      if (values.length < length) names.push(name);
    }
    return names;
  }
}

/** What one store has. */
interface Shelf {
  readonly fences: Undoable<TracedToken>;
  readonly locks: Undoable<Lock | undefined>;
  readonly marks: Undoable<boolean>;
  readonly states: Undoable<StateRecord | undefined>;
}

/** Follows the stores through a trace. */
export function telltalesOf(trace: readonly TraceEntry[]): Telltales {
  const shelves = new Map<string, Shelf>();
  const shelfOf = (store: string): Shelf => {
    const shelf = shelves.get(store) ?? {
      ...{ fences: new Undoable<TracedToken>(), locks: new Undoable<Lock | undefined>() },
      ...{ marks: new Undoable<boolean>(), states: new Undoable<StateRecord | undefined>() },
    };
    shelves.set(store, shelf);
    return shelf;
  };
  const met: Met[] = [];
  const grants = new Map<string, Grant[]>();
  const states = new Map<string, StateSince[]>();
  for (const entry of trace) {
    if (entry.kind === 'store.rolled-back') {
      const shelf = shelfOf(entry.store);
      shelf.fences.rollBack(entry.lastChange);
      shelf.locks.rollBack(entry.lastChange);
      shelf.marks.rollBack(entry.lastChange);
      for (const groupId of shelf.states.rollBack(entry.lastChange)) {
        append(states, groupId, { t: entry.t, state: shelf.states.get(groupId) });
      }
    }
    if (!isChange(entry)) continue;
    const shelf = shelfOf(entry.store);
    const groupId = 'groupId' in entry ? entry.groupId : '';
    met.push({
      ...{ entry, fence: shelf.fences.get(entry.partition), lock: shelf.locks.get(groupId) },
      isMarked: shelf.marks.get(groupId) === true,
    });
    put(shelf, entry);
    if (entry.kind === 'store.applied') {
      if (entry.set['state'] === undefined && entry.remove !== 'group') continue;
      append(states, entry.groupId, { t: entry.t, state: shelf.states.get(entry.groupId) });
    } else if (entry.kind !== 'store.acquired') {
      append(grants, entry.groupId, { entry, state: shelf.states.get(entry.groupId) });
    }
  }
  return { met, grants, states };
}

function put(shelf: Shelf, entry: ChangeEntry): void {
  const { change } = entry;
  switch (entry.kind) {
    case 'store.acquired':
      shelf.fences.set(entry.partition, change, entry.token);
      break;
    case 'store.locked':
    case 'store.renewed': {
      const { holder, token, until } = entry;
      shelf.locks.set(entry.groupId, change, { holder, token, until });
      if (entry.kind === 'store.locked') shelf.marks.set(entry.groupId, change, false);
      break;
    }
    case 'store.settled':
      shelf.locks.set(entry.groupId, change, undefined);
      break;
    case 'store.applied':
      if (entry.isMarked) shelf.marks.set(entry.groupId, change, true);
      if (entry.remove === 'group') {
        shelf.locks.set(entry.groupId, change, undefined);
        shelf.states.set(entry.groupId, change, undefined);
      }
      if (entry.set['state'] !== undefined) {
        shelf.states.set(entry.groupId, change, readState(entry.set['state']));
      }
  }
}

function append<Value>(lists: Map<string, Value[]>, name: string, value: Value): void {
  const known = lists.get(name);
  if (known === undefined) lists.set(name, [value]);
  else known.push(value);
}

/** Whether both are the same claim. */
export function isSame(a: TracedToken, b: TracedToken): boolean {
  return a.epoch === b.epoch && a.revision === b.revision && a.claimId === b.claimId;
}

/** Whether `a` was won after `b`: by numbers, the epoch before the revision. */
export function isNewer(a: TracedToken, b: TracedToken): boolean {
  return a.epoch === b.epoch ? a.revision > b.revision : a.epoch > b.epoch;
}

/** A token for people. */
export function shown(token: TracedToken | undefined): string {
  if (token === undefined) return 'none';
  return `${token.epoch}.${token.revision} ${token.claimId}`;
}
