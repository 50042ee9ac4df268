import { createMemoryState } from '../../../src/adapters/memory/state.ts';
import type { MemoryState } from '../../../src/adapters/memory/state.ts';

/** A store's data as a replica, or a copy on another disk, has it: what is written afterwards is not in it. */
export function copyOfState(state: MemoryState): MemoryState {
  const copy = createMemoryState(state);
  for (const [partition, fence] of state.fences) copy.fences.set(partition, fence);
  for (const [groupId, group] of state.groups) {
    copy.groups.set(groupId, {
      ...group,
      fields: new Map(group.fields),
      due: new Map(group.due),
      events: [...group.events],
    });
  }
  for (const [groupId, remembered] of state.remembered) copy.remembered.set(groupId, remembered);
  for (const [groupId, tombstone] of state.tombstones) copy.tombstones.set(groupId, tombstone);
  return copy;
}

/** The same as of a server that has lost everything, its fences included. */
export function emptyState(state: MemoryState): MemoryState {
  const empty = createMemoryState(state);
  empty.fences.clear();
  return empty;
}
