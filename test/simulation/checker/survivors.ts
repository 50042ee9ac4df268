import type { TraceEntry } from '../trace.ts';
import type { ChangeEntry } from './entries.ts';
import { isChange } from './entries.ts';

/** A store lost its last changes. */
interface RollBack {
  readonly t: number;
  readonly store: string;
  /** The first lost change of each group, in true time. */
  readonly lostSince: ReadonlyMap<string, number>;
}

/** What is left of the changes of the stores. */
export interface Survivors {
  readonly lost: ReadonlySet<TraceEntry>;
  readonly rollBacks: readonly RollBack[];
}

/** Finds what roll-backs removed: of the store's changes before one, those numbered above its last. */
export function survivorsOf(trace: readonly TraceEntry[]): Survivors {
  const kept = new Map<string, ChangeEntry[]>();
  const lost = new Set<TraceEntry>();
  const rollBacks: RollBack[] = [];
  for (const entry of trace) {
    if (isChange(entry)) {
      const changes = kept.get(entry.store);
      if (changes === undefined) kept.set(entry.store, [entry]);
      else changes.push(entry);
    } else if (entry.kind === 'store.rolled-back') {
      const changes = kept.get(entry.store) ?? [];
      const lostSince = new Map<string, number>();
      for (let last = changes.at(-1); last !== undefined; last = changes.at(-1)) {
        if (last.change <= entry.lastChange) break;
        changes.pop();
        lost.add(last);
        if ('groupId' in last) lostSince.set(last.groupId, last.t);
      }
      rollBacks.push({ t: entry.t, store: entry.store, lostSince });
    }
  }
  return { lost, rollBacks };
}
