/** What the store of a small trace would have: the changes that were written, applied one after the other. */
import type { FinalGroup, TracedEvent, TraceEntry } from '../../simulation/trace.ts';

/** One group as it is kept. */
export interface Kept {
  readonly fields: Record<string, string>;
  readonly due: Record<string, number>;
  readonly events: {
    readonly sequence: number;
    readonly at: number;
    readonly event: TracedEvent;
  }[];
  isDivergent: boolean;
}

type OfKind<Kind extends TraceEntry['kind']> = Extract<TraceEntry, { readonly kind: Kind }>;

export class KeptGroups {
  #groups = new Map<string, Kept>();
  /** After each change. */
  readonly #copies = new Map<number, Map<string, Kept>>();

  /** The group; an empty one where there is none. */
  group(groupId: string): Kept {
    return this.#groups.get(groupId) ?? { fields: {}, due: {}, events: [], isDivergent: false };
  }

  /** All groups as the end of a world tells of them. */
  finals(place: { readonly store: string; readonly partition: string }): readonly FinalGroup[] {
    return [...this.#groups].map(([groupId, { fields, due, events, isDivergent }]) => ({
      ...place,
      ...{ groupId, fields, due, events, isDivergent, generation: 1 },
      isListed: !(fields['state'] ?? '').includes('"isDeleting":true'),
    }));
  }

  /** Does what the entry says, where it changes a store. */
  follow(entry: TraceEntry): void {
    if (entry.kind === 'store.rolled-back') {
      const copy = this.#copies.get(entry.lastChange);
      this.#groups = structuredClone(copy ?? new Map<string, Kept>());
    } else if ('change' in entry) {
      if (entry.kind === 'store.applied') this.#apply(entry);
      if (entry.kind === 'store.settled') this.#settle(entry);
      this.#copies.set(entry.change, structuredClone(this.#groups));
    }
  }

  #apply(entry: OfKind<'store.applied'>): void {
    if (entry.remove === 'group') {
      this.#groups.delete(entry.groupId);
      return;
    }
    const kept = this.group(entry.groupId);
    this.#groups.set(entry.groupId, kept);
    for (const name of entry.remove) Reflect.deleteProperty(kept.fields, name);
    Object.assign(kept.fields, entry.set);
    for (const { policyId, dueAt } of entry.due) {
      if (dueAt === undefined) Reflect.deleteProperty(kept.due, policyId);
      else kept.due[policyId] = dueAt;
    }
    if (entry.isMarked) kept.isDivergent = true;
    append(kept, entry);
  }

  #settle(entry: OfKind<'store.settled'>): void {
    const kept = this.group(entry.groupId);
    Object.assign(kept.fields, entry.set);
    if (entry.isCleared) kept.isDivergent = false;
    append(kept, entry);
  }
}

function append(kept: Kept, { at, events }: Pick<OfKind<'store.applied'>, 'at' | 'events'>): void {
  for (const event of events) {
    kept.events.push({ sequence: kept.events.length + 1, at, event });
  }
}
