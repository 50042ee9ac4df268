/** The calendars of all tenants, as etcd keeps them beside its other data. */
import { MemoryCalendarRegistry } from '../../../src/adapters/memory/calendar-registry.ts';
import type { MemoryCalendarState } from '../../../src/adapters/memory/calendar-registry.ts';
import type { CalendarRegistry } from '../../../src/ports/calendar-registry.ts';
import type { TraceLog } from './trace-log.ts';

/** A calendar as it was told last. */
interface Told {
  readonly tenantId: string;
  readonly name: string;
  readonly text: string | undefined;
}

export class CalendarServer {
  readonly #log: TraceLog;
  readonly #state: MemoryCalendarState = new Map();
  readonly #registry = new MemoryCalendarRegistry(this.#state);
  readonly #told = new Map<string, Told>();

  constructor(log: TraceLog) {
    this.#log = log;
  }

  /** Carries one request out. */
  async ask<Answer>(carryOut: (registry: CalendarRegistry) => Promise<Answer>): Promise<Answer> {
    const answer = await carryOut(this.#registry);
    this.#tell();
    return answer;
  }

  copy(): MemoryCalendarState {
    return new Map(
      [...this.#state].map(([tenantId, { revision, records }]) => [
        tenantId,
        { revision, records: new Map(records) },
      ]),
    );
  }

  /** Puts a copy in place of what there is; without one all is gone. */
  restore(copy: MemoryCalendarState = new Map()): void {
    this.#state.clear();
    for (const [tenantId, { revision, records }] of copy) {
      this.#state.set(tenantId, { revision, records: new Map(records) });
    }
    this.#tell();
  }

  /** Puts into the trace what has changed. */
  #tell(): void {
    const now = [...this.#state].flatMap(([tenantId, { records }]) =>
      [...records].map(([name, text]): Told => ({ tenantId, name, text })),
    );
    const kept = new Set(now.map(keyOf));
    const gone = [...this.#told.values()].filter((told) => !kept.has(keyOf(told)));
    for (const told of [...gone.map((each) => ({ ...each, text: undefined })), ...now]) {
      const { tenantId, name, text } = told;
      if (this.#told.get(keyOf(told))?.text === text) continue;
      this.#told.set(keyOf(told), told);
      const entries = text === undefined ? undefined : entriesIn(text);
      this.#log.add({ kind: 'calendar.kept', tenantId, name, entries });
    }
  }
}

function keyOf({ tenantId, name }: Told): string {
  return `${tenantId}/${name}`;
}

function entriesIn(text: string): readonly object[] {
  return (JSON.parse(text) as { readonly entries: readonly object[] }).entries; // written by the registry
}
