import type { TraceEntry } from '../trace.ts';

/** The entry of one kind. */
export type EntryOf<Kind extends TraceEntry['kind']> = Narrowed<TraceEntry, Kind>;

type Narrowed<Entry, Kind> = Entry extends { readonly kind: infer Own }
  ? Kind extends Own
    ? Entry
    : never
  : never;

/** A change of a store. */
export type ChangeEntry = Extract<TraceEntry, { readonly change: number }>;

/** What is wrong with a run, by the rule that it breaks. */
export interface Violation {
  readonly rule: string;
  /** The true time at which it shows. */
  readonly t: number;
  /** One sentence with the received values in it. */
  readonly what: string;
  readonly groupId?: string;
  readonly policyId?: string;
  readonly partition?: string;
}

/** Whether the entry changed a store. */
export function isChange(entry: TraceEntry): entry is ChangeEntry {
  return 'change' in entry;
}

/** The entries of each kind, in their order. */
export class EntriesByKind {
  readonly #byKind = new Map<string, TraceEntry[]>();

  constructor(entries: readonly TraceEntry[]) {
    for (const entry of entries) {
      const known = this.#byKind.get(entry.kind);
      if (known === undefined) this.#byKind.set(entry.kind, [entry]);
      else known.push(entry);
    }
  }

  /** Those of one kind, the oldest first. */
  of<Kind extends TraceEntry['kind']>(kind: Kind): readonly EntryOf<Kind>[] {
    // Put there by its kind, in the constructor.
    return (this.#byKind.get(kind) ?? []) as unknown as readonly EntryOf<Kind>[];
  }
}
