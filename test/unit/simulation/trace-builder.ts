/**
 * Writes small traces of a world in which all goes well: two nodes, one store, one partition, a group with an
 * hourly policy. Times are minutes since the world began, so that 60 is the first full hour.
 */
import type { FaultKind } from '../../simulation/faults.ts';
import type {
  FinalGroup,
  Timings,
  TracedEvent,
  TracedToken,
  TraceEntry,
} from '../../simulation/trace.ts';

type Without<Entry, Names extends PropertyKey> = Entry extends unknown ? Omit<Entry, Names> : never;
/** An entry but for what the builder fills in. */
export type Loose = Without<TraceEntry, 't'>;
type OfKind<Kind extends TraceEntry['kind']> = Extract<TraceEntry, { readonly kind: Kind }>;
type Applied = OfKind<'store.applied'>;

/** Monday, at midnight. */
const STARTED_AT = Date.UTC(2026, 0, 5);
export const GROUP = 'group-a';
export const POLICY = 'policy-a';
const PARTITION = 'eu/0';
const STORE = 'redis-eu';
export const FIRST: TracedToken = { epoch: 1, revision: 9, claimId: 'first' };
export const SECOND: TracedToken = { epoch: 1, revision: 10, claimId: 'second' };
export const HOURLY = { kind: 'cron', cron: '0 * * * *' } as const;
const MINUTE_MS = 60_000;

const TIMINGS: Timings = {
  networkMaxMs: 10,
  storeTimeoutMs: 1_000,
  etcdTimeoutMs: 1_500,
  sessionTtlMs: 3_000,
  regionGraceMs: 10_000,
  readIntervalMs: 2_000,
  clockDifferenceMaxMs: 2_000,
  schedulerPollMs: 1_000,
  repairIntervalMs: 60_000,
  convergerPollMs: 1_000,
  lockTtlMs: 20_000,
  providerTimeoutMs: 5_000,
  providerMaxMs: 200,
  backoffMaxMs: 10_000,
  selfHealIntervalMs: 60_000,
  sweepDelayMs: 5_000,
  sleepMaxMs: 30_000,
};

interface Kept {
  readonly fields: Record<string, string>;
  readonly due: Record<string, number>;
  readonly events: {
    readonly sequence: number;
    readonly at: number;
    readonly event: TracedEvent;
  }[];
  isDivergent: boolean;
}

/** The true time, in ms, so many minutes after the beginning. */
export function minute(minutes: number): number {
  return STARTED_AT + minutes * MINUTE_MS;
}

/** A policy's definition as its field has it. */
export function definition(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    ...{ name: 'grow', cooldownSeconds: 0, adjustment: { kind: 'change', amount: 1 } },
    ...{ schedule: HOURLY, ...changes },
  });
}

/** A group's state as its field has it. */
export function state(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    ...{ desired: 1, isPaused: false, isSuspended: false, isDeleting: false, ...changes },
  });
}

/** Writes a trace entry by entry, and keeps what its store would have. */
export class TraceBuilder {
  readonly entries: TraceEntry[] = [];
  /** The present, in true time. */
  t = STARTED_AT;
  /** By how much the store's clock is ahead. */
  aheadMs = 0;
  token = FIRST;
  process = 'n1#1';
  /** How many servers the group has. */
  actual: Record<string, number> = {};
  running = ['n1#1', 'n2#1'];
  owners: Record<string, string> = { [PARTITION]: 'n1#1' };
  #groups = new Map<string, Kept>();
  readonly #copies = new Map<number, Map<string, Kept>>();
  #change = 0;
  #request = 0;

  constructor() {
    this.add({
      ...{ kind: 'world.began', seed: 1, timings: TIMINGS, regions: ['eu'] },
      ...{ storeOf: { eu: STORE }, partitions: [PARTITION] },
      nodes: ['n1', 'n2'].map((node) => ({ node, region: 'eu' })),
    });
    for (const process of this.running) this.add({ kind: 'process.started', process });
    this.hold(this.process, FIRST).acquire(FIRST);
  }

  get at(): number {
    return this.t + this.aheadMs;
  }

  /** Moves on to a minute, and so many ms after it. */
  go(minutes: number, ms = 0): this {
    this.t = minute(minutes) + ms;
    return this;
  }

  /** Moves on by so many ms. */
  wait(ms: number): this {
    this.t += ms;
    return this;
  }

  add(entry: Loose): this {
    const whole = { t: this.t, ...entry } as TraceEntry; // the rest of the entry is the caller's
    this.entries.push(whole);
    if (whole.kind === 'store.rolled-back') this.#restore(whole.lastChange);
    else if ('change' in whole) {
      if (whole.kind === 'store.applied') this.#apply(whole);
      if (whole.kind === 'store.settled') this.#settle(whole);
      this.#copies.set(whole.change, structuredClone(this.#groups));
    }
    return this;
  }

  hold(process: string | undefined, token: TracedToken | undefined): this {
    return this.add({ kind: 'key.held', partition: PARTITION, process, token });
  }

  acquire(token: TracedToken, process = this.process): this {
    return this.add({ kind: 'store.acquired', ...this.#next(), process, token });
  }

  apply(change: Partial<Applied> = {}): this {
    return this.add({
      ...{ kind: 'store.applied', ...this.#next(), process: this.process, groupId: GROUP },
      ...{ tenantId: 'tenant', version: `version-${String(this.#change)}`, decidedAt: this.at },
      ...{ token: undefined, set: {}, remove: [], due: [], isMarked: false, events: [], ...change },
    });
  }

  /** A user asks for something, and a commit does it. */
  asUser(
    what: OfKind<'user.asked'>['what'],
    answer: string,
    change: Partial<Applied> | undefined,
  ): this {
    this.#request += 1;
    const request = this.#request;
    const { process } = this;
    const groupId = what === 'create-group' ? undefined : GROUP;
    this.add({ kind: 'user.asked', request, what, process, groupId }).wait(20);
    if (change !== undefined) this.apply(change).wait(20);
    return this.add({ kind: 'user.answered', request, answer, groupId: GROUP });
  }

  /** A group with its policy, armed for the next full hour, with one server to come. */
  create(fields: Readonly<Record<string, string>> = {}): this {
    const plannedAt = (Math.floor(this.at / 3_600_000) + 1) * 3_600_000;
    const by = 'user';
    return this.asUser('create-group', 'created', {
      set: {
        labels: '{"name":"web","metadata":{}}',
        limits: '{"minEntities":1,"maxEntities":9,"cooldownSeconds":0}',
        state: state(),
        launch: '{"type":"webhook","args":{}}',
        [`policy:${POLICY}`]: definition(),
        [`progress:${POLICY}`]: JSON.stringify({ plannedAt }),
        ...fields,
      },
      due: [{ policyId: POLICY, dueAt: plannedAt }],
      isMarked: true,
      events: [
        { event: 'group.created', by, desiredAfter: 1 },
        { event: 'policy.created', policyId: POLICY, by },
      ],
    });
  }

  /** The policy fires for an hour and one server more, `lateMs` after the hour by the store's clock. */
  fire(
    minutes: number,
    options: {
      readonly lateMs?: number;
      readonly event?: Readonly<Record<string, unknown>>;
      readonly change?: Partial<Applied>;
      readonly first?: readonly TracedEvent[];
      readonly progress?: Readonly<Record<string, unknown>>;
    } = {},
  ): this {
    const plannedAt = minute(minutes);
    this.t = plannedAt + (options.lateMs ?? 50) - this.aheadMs;
    const kept = this.kept();
    const before = this.stateOf();
    const armed = kept.due[POLICY] ?? plannedAt;
    const next = plannedAt + 3_600_000;
    const occurrenceId = `${POLICY}@${String(plannedAt)}`;
    const desired = Number(options.event?.['desiredAfter'] ?? before.desired + 1);
    const touchedAt = (options.lateMs ?? 50) <= 1_000 ? plannedAt : this.at;
    const event: TracedEvent = {
      ...{ event: 'policy.fired', policyId: POLICY, occurrenceId, plannedAt, dueAt: armed },
      ...{ desiredBefore: before.desired, desiredAfter: desired, outcome: 'scaled' },
      ...options.event,
    };
    return this.apply({
      token: this.token,
      set: {
        state: JSON.stringify({ ...before, desired, touchedAt, changedBy: occurrenceId }),
        [`progress:${POLICY}`]: JSON.stringify({
          ...{ plannedAt: next, claimedAt: plannedAt, touchedAt, ...options.progress },
        }),
      },
      due: [{ policyId: POLICY, dueAt: next }],
      isMarked: true,
      events: [...(options.first ?? []), event],
      ...options.change,
    });
  }

  /** The run of occurrences that a claim found superseded. */
  run(first: number, last: number, changes: Readonly<Record<string, unknown>> = {}): TracedEvent {
    const span = { first: minute(first), last: minute(last), reason: 'superseded' };
    return { event: 'policy.missed', policyId: POLICY, ...span, schedule: HOURLY, ...changes };
  }

  lock(holder: string): this {
    return this.#lock('store.locked', holder);
  }

  renew(holder: string): this {
    return this.#lock('store.renewed', holder);
  }

  settle(holder: string, isCleared = true): this {
    const desired = this.#wanted();
    return this.add({
      ...{ kind: 'store.settled', ...this.#next(), process: this.process, groupId: GROUP, holder },
      ...{ token: this.token, set: { observed: `{"actual":${String(desired)}}` }, events: [] },
      isCleared,
    });
  }

  tell(change: Partial<OfKind<'provider.told'>> = {}): this {
    const desired = this.#wanted();
    const told = {
      ...{ process: this.process, groupId: GROUP, desired, key: 'key', token: this.token },
      ...{ sentAt: this.t - 5, isDone: true, ...change },
    };
    if (told.isDone) this.actual[GROUP] = told.desired;
    return this.add({ kind: 'provider.told', ...told });
  }

  /** A whole pass over the group. */
  converge(holder = `pass-${String(this.#change)}`): this {
    this.wait(20).lock(holder).wait(20).renew(holder).wait(20).tell().wait(20).renew(holder);
    return this.wait(20).settle(holder);
  }

  fault(
    what: FaultKind,
    minutes: readonly [number, number],
    about: { readonly node?: string; readonly policyId?: string; readonly groupId?: string } = {},
  ): this {
    const fault = this.entries.filter(({ kind }) => kind === 'fault.began').length;
    const store = what.startsWith('store') ? { store: STORE } : {};
    this.entries.push(
      { t: minute(minutes[0]), kind: 'fault.began', fault, what, ...about, ...store },
      { t: minute(minutes[1]), kind: 'fault.ended', fault, what, ...about, ...store },
    );
    return this;
  }

  /** Another node takes the partition over. */
  handOver(process = 'n2#1', token = SECOND): this {
    this.hold(undefined, undefined).wait(20).hold(process, token).wait(20);
    Object.assign(this, { process, token });
    this.owners[PARTITION] = process;
    return this.acquire(token, process);
  }

  /** The trace, with a calm end 25 minutes after the present; entries in the order of their times. */
  end(change: Partial<OfKind<'world.ended'>> = {}): readonly TraceEntry[] {
    const isCalm = this.entries.some(({ kind }) => kind === 'world.calmed');
    if (!isCalm) this.add({ kind: 'world.calmed' });
    this.wait(25 * MINUTE_MS);
    this.add({
      ...{ kind: 'world.ended', groups: this.finals(), actual: this.actual },
      ...{ running: this.running, owners: this.owners, clocks: { [STORE]: this.at }, ...change },
    });
    return this.entries.toSorted((a, b) => a.t - b.t);
  }

  /** The groups as they are kept now. */
  finals(): readonly FinalGroup[] {
    return [...this.#groups].map(([groupId, { fields, due, events, isDivergent }]) => ({
      ...{ store: STORE, partition: PARTITION, groupId, fields, due, events, isDivergent },
      generation: 1,
    }));
  }

  kept(groupId = GROUP): Kept {
    return this.#groups.get(groupId) ?? { fields: {}, due: {}, events: [], isDivergent: false };
  }

  stateOf(): { readonly desired: number; readonly isDeleting?: boolean } {
    return JSON.parse(this.kept().fields['state'] ?? '{"desired":0}') as { desired: number };
  }

  #wanted(): number {
    const { desired, isDeleting } = this.stateOf();
    return isDeleting === true ? 0 : desired;
  }

  get change(): number {
    return this.#change;
  }

  rollBack(lastChange: number): this {
    this.#change = lastChange;
    return this.add({ kind: 'store.rolled-back', store: STORE, lastChange });
  }

  #next(): { store: string; change: number; at: number; partition: string } {
    this.#change += 1;
    return { store: STORE, change: this.#change, at: this.at, partition: PARTITION };
  }

  #lock(kind: 'store.locked' | 'store.renewed', holder: string): this {
    const { process, token } = this;
    const until = this.at + TIMINGS.lockTtlMs;
    const lock = { groupId: GROUP, holder, until, token };
    return this.add({ kind, ...this.#next(), process, ...lock });
  }

  #apply(entry: Applied): void {
    if (entry.remove === 'group') {
      this.#groups.delete(entry.groupId);
      return;
    }
    const kept = this.kept(entry.groupId);
    this.#groups.set(entry.groupId, kept);
    for (const name of entry.remove) Reflect.deleteProperty(kept.fields, name);
    Object.assign(kept.fields, entry.set);
    for (const { policyId, dueAt } of entry.due) {
      if (dueAt === undefined) Reflect.deleteProperty(kept.due, policyId);
      else kept.due[policyId] = dueAt;
    }
    if (entry.isMarked) kept.isDivergent = true;
    this.#keep(kept, entry);
  }

  #settle(entry: OfKind<'store.settled'>): void {
    const kept = this.kept(entry.groupId);
    Object.assign(kept.fields, entry.set);
    if (entry.isCleared) kept.isDivergent = false;
    this.#keep(kept, entry);
  }

  #keep(kept: Kept, { at, events }: Pick<Applied, 'at' | 'events'>): void {
    for (const event of events) {
      kept.events.push({ sequence: kept.events.length + 1, at, event });
    }
  }

  #restore(lastChange: number): void {
    this.#groups = structuredClone(this.#copies.get(lastChange) ?? new Map<string, Kept>());
  }
}
