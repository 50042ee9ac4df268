/** What the checker knows of one group at one point of the surviving history. */
import type { TracedEvent } from '../trace.ts';
import { namesOf } from './calendar.ts';
import type { Calendars } from './calendar.ts';
import type { EntryOf } from './entries.ts';
import { dueAtOf } from './jitter.ts';
import type { Calendar } from './occurrences.ts';
import { bounded } from './plans.ts';
import type { WindowRule } from './plans.ts';
import type {
  CopiesRecord,
  DefinitionRecord,
  LimitsRecord,
  ProgressRecord,
  StateRecord,
} from './records.ts';
import { readCopies, readDefinition, readLimits, readProgress, readState } from './records.ts';

/** One policy; never changed, but replaced by the next. */
export interface PolicyPage {
  readonly policyId: string;
  /** Undefined where the field cannot be read. */
  readonly definition: DefinitionRecord | undefined;
  /** Of its schedule; undefined where it has none, or none that can be read. */
  readonly calendar: Calendar | undefined;
  readonly progress: ProgressRecord | undefined;
  /** What the store has it armed for. */
  readonly dueAt: number | undefined;
  /**
   * The occurrence that must be claimed next, by the checker's own account; of a window, when it opens or closes next.
   * Undefined where nothing is armed.
   */
  readonly expected: number | undefined;
  /** When that is due. */
  readonly expectedDueAt: number | undefined;
  /** When any of its occurrences is due. */
  readonly dueOf: (plannedAt: number) => number;
  /** Of its occurrences, those that somebody had left out. */
  readonly skipped: ReadonlySet<number>;
  /** The last occurrence that is accounted for; of a window, the instant up to which its openings are. */
  readonly claimedAt: number | undefined;
  /** The true time of the write that armed it. */
  readonly armedAt: number;
  readonly isParked: boolean;
  /** A hand wrote into its fields: nothing is asked of it until it is written anew. */
  readonly isPoisoned: boolean;
}

/** The decisive fields of a group; never changed, but replaced. */
export interface GroupPage {
  readonly state: StateRecord | undefined;
  readonly limits: LimitsRecord | undefined;
}

/** An event as the store must have kept it. */
export interface KeptEvent {
  readonly sequence: number;
  readonly at: number;
  readonly event: TracedEvent;
}

/** Which copies of calendars a group had from when on; undefined where nobody has to bring it any. */
export interface CopiesSince {
  readonly t: number;
  readonly copies: CopiesRecord | undefined;
}

const COPIES = 'calendars';
const POLICY_FIELD = /^(?:policy|progress):(.+)$/;

/** The policy that a field belongs to. */
export function policyOfField(name: string): string | undefined {
  return POLICY_FIELD.exec(name)?.[1];
}

/** A group, written to commit by commit. */
export class GroupBook {
  readonly groupId: string;
  readonly store: string;
  readonly partition: string;
  readonly tenantId: string;
  readonly fields = new Map<string, string>();
  readonly policies = new Map<string, PolicyPage>();
  readonly events: KeptEvent[] = [];
  page: GroupPage = { state: undefined, limits: undefined };
  isRemoved = false;
  /** When the timer of the group is due, as the store has it. */
  timerDueAt: number | undefined;
  /** The true time of the write that armed it. */
  timerArmedAt = Number.NEGATIVE_INFINITY;
  /** Whether a commit asked for a pass that has not been made yet. */
  isMarked = false;
  /** The true time of the last change of what is to be done at the provider. */
  wantedSince = Number.NEGATIVE_INFINITY;
  /** What the group wants apart from its plan, by its history alone; undefined before it was created. */
  baseReplayed: number | undefined;
  /** Fields of the group itself that a hand wrote, until they are written anew. */
  readonly poisoned = new Set<string>();
  /** The calendars of its policies. */
  copies: CopiesRecord = {};
  readonly copiesSince: CopiesSince[] = [];

  constructor(place: {
    readonly groupId: string;
    readonly store: string;
    readonly partition: string;
    readonly tenantId: string;
  }) {
    this.groupId = place.groupId;
    this.tenantId = place.tenantId;
    this.store = place.store;
    this.partition = place.partition;
  }

  /** The policy's page; an empty one where the group has no such policy. */
  policy(policyId: string): PolicyPage {
    return this.policies.get(policyId) ?? emptyPage(policyId);
  }

  /** Replaces parts of a policy's page. */
  turn(policyId: string, change: Partial<PolicyPage>): void {
    this.policies.set(policyId, { ...this.policy(policyId), ...change });
  }

  /** Notes when what is wanted of the provider became another thing. */
  compareWanted(before: GroupPage, t: number): void {
    const [was, is] = [before.state, this.page.state];
    const isSame =
      was?.desired === is?.desired &&
      was?.isDeleting === is?.isDeleting &&
      was?.isPaused === is?.isPaused;
    if (!isSame) this.wantedSince = t;
  }

  /** Notes when the copies became others, or nobody's concern. */
  compareCopies(t: number): void {
    const isLetBe =
      this.isRemoved || this.page.state?.isDeleting === true || this.poisoned.size > 0;
    const copies = isLetBe ? undefined : this.copies;
    const last = this.copiesSince.at(-1);
    if (last === undefined || last.copies !== copies) this.copiesSince.push({ t, copies });
  }

  /** Executions and configuration move what is wanted apart from the plan, and nothing else does. */
  replayBase({ events }: EntryOf<'store.applied'>): void {
    for (const event of events) {
      if (event.event === 'group.created') this.baseReplayed = Number(event['desiredAfter']);
      if (event['outcome'] === 'scaled') {
        this.baseReplayed = Number(event['base'] ?? event['desiredAfter']);
      }
      const isConfig = event.event === 'group.changed' && event['what'] === 'config';
      const { limits } = this.page;
      if (!isConfig || limits === undefined || this.baseReplayed === undefined) continue;
      this.baseReplayed = bounded(limits, this.baseReplayed);
    }
  }

  /** Appends an event. */
  keep(at: number, event: TracedEvent): void {
    this.events.push({ sequence: this.events.length + 1, at, event });
  }

  /** Writes fields, and reads those that decisions rest on. */
  write(set: Readonly<Record<string, string>>, calendars: Calendars): void {
    const copies = set[COPIES];
    if (copies !== undefined) this.copies = readCopies(copies);
    for (const [name, text] of Object.entries(set)) {
      this.fields.set(name, text);
      if (name === 'state') this.page = { ...this.page, state: readState(text) };
      else if (name === 'limits') this.page = { ...this.page, limits: readLimits(text) };
      else if (name.startsWith('policy:')) this.#define(name.slice('policy:'.length), calendars);
      else if (name.startsWith('progress:')) {
        this.turn(name.slice('progress:'.length), { progress: readProgress(text) });
      }
    }
    if (copies === undefined) return;
    for (const { policyId, definition } of this.policies.values()) {
      if (namesOf(definition?.schedule).length > 0) this.#define(policyId, calendars);
    }
  }

  /** Drops fields, and the policies that they defined. */
  drop(names: readonly string[]): void {
    for (const name of names) {
      this.fields.delete(name);
      if (name === COPIES) this.copies = {};
      if (name.startsWith('policy:')) this.policies.delete(name.slice('policy:'.length));
    }
  }

  #define(policyId: string, calendars: Calendars): void {
    const definition = readDefinition(this.fields.get(`policy:${policyId}`));
    const schedule = definition?.schedule;
    const calendar = schedule === undefined ? undefined : calendars.of(schedule, this.copies);
    const dueOf = dueAtOf(policyId, schedule, calendar);
    this.turn(policyId, { definition, calendar, dueOf });
  }
}

/** Whether the policy is a plan, and not one that fires. */
export function isWindow({ definition }: PolicyPage): boolean {
  return definition?.adjustment.kind === 'window';
}

/** The window of a policy; undefined where it is none, or cannot be read. */
export function windowRuleOf(page: PolicyPage): WindowRule | undefined {
  const { policyId, definition, calendar, skipped, progress } = page;
  const capacity = definition?.adjustment;
  if (capacity?.kind !== 'window' || calendar === undefined) return undefined;
  const run = progress?.skipped;
  // What lies between the two ends of a run that somebody had left out is left out, too, if a new schedule has it.
  const isRun = run !== undefined && skipped.has(run.first) && skipped.has(run.last);
  const isSkipped = (opening: number): boolean =>
    skipped.has(opening) || (isRun && run.first <= opening && opening <= run.last);
  return { policyId, capacity, calendar, isSkipped };
}

function emptyPage(policyId: string): PolicyPage {
  return {
    ...{ policyId, definition: undefined, calendar: undefined, progress: {} },
    ...{ dueAt: undefined, expected: undefined, expectedDueAt: undefined, claimedAt: undefined },
    ...{ dueOf: (plannedAt: number) => plannedAt, skipped: new Set(), armedAt: -Infinity },
    ...{ isParked: false, isPoisoned: false },
  };
}
