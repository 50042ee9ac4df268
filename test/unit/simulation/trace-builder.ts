/**
 * Writes small traces of a world in which all goes well: two nodes, one store, one partition, a group with an
 * hourly policy. Times are minutes since the world began, so that 60 is the first full hour.
 */
import type { FaultKind } from '../../simulation/faults.ts';
import type {
  FinalGroup,
  TracedEvent,
  TracedToken,
  TraceEntry,
  UserWish,
} from '../../simulation/trace.ts';
import { KeptGroups } from './kept-groups.ts';
import type { Kept } from './kept-groups.ts';
import { TIMINGS } from './trace-timings.ts';

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

/** What a user must have wished for, so that a commit is just that. */
function wishFor({ set = {}, events = [] }: Partial<Applied> = {}): Partial<UserWish> {
  const read = (name: string): object => JSON.parse(set[name] ?? '{}') as object;
  const written = events.filter(({ event }) => /^policy\.(?:created|changed)$/.test(event));
  const about = events.flatMap(({ policyId }) => (typeof policyId === 'string' ? [policyId] : []));
  const [policyId = POLICY] = about;
  return {
    ...{ region: 'eu', limits: read('limits'), launch: read('launch'), policyId },
    ...{ policies: written.map((event) => read(`policy:${String(event['policyId'])}`)) },
    isForced: true,
  };
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
  readonly #kept = new KeptGroups();
  #change = 0;
  #request = 0;
  #arrivalCount = 0;

  /** `partitions` and `nodes` are those that there are besides. */
  constructor(
    more: {
      readonly partitions?: readonly string[];
      readonly nodes?: readonly { readonly node: string; readonly region: string }[];
    } = {},
  ) {
    const { partitions = [], nodes = [] } = more;
    const regions = [...new Set(['eu', ...nodes.map(({ region }) => region)])];
    const own = ['n1', 'n2', 'n3', 'n4'].map((node) => ({ node, region: 'eu' }));
    this.add({
      ...{ kind: 'world.began', seed: 1, timings: TIMINGS, regions, storeOf: { eu: STORE } },
      ...{ partitions: [PARTITION, ...partitions], nodes: [...own, ...nodes] },
    });
    this.running.push(...nodes.map(({ node }) => `${node}#1`));
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
    this.#kept.follow(whole);
    return this;
  }

  hold(
    process: string | undefined,
    token: TracedToken | undefined,
    partition: string = PARTITION,
  ): this {
    return this.add({ kind: 'key.held', partition, process, token });
  }

  /** Another node started two seconds ago, so that partitions may change hands. */
  arrive(): this {
    this.#arrivalCount += 1;
    const process = `n${String(2 + this.#arrivalCount)}#1`;
    this.running.push(process);
    this.entries.push({ t: this.t - 2_000, kind: 'process.started', process });
    return this;
  }

  acquire(token: TracedToken, process = this.process): this {
    return this.add({ kind: 'store.acquired', ...this.#next(), process, token });
  }

  apply(change: Partial<Applied> = {}): this {
    return this.add({
      ...{ kind: 'store.applied', ...this.#next(), process: this.process, groupId: GROUP },
      ...{ tenantId: 'tenant', version: `version-${String(this.#change)}`, decidedAt: this.at },
      ...{ token: undefined, set: {}, remove: [], due: [], isMarked: false, events: [] },
      ...{ isListed: this.#isListed(change), ...change },
    });
  }

  /** A user asks for something, and a commit does it; what the wish was follows from the commit but for `asked`. */
  asUser(
    what: UserWish['what'],
    answer: string,
    change: Partial<Applied> | undefined,
    asked: Partial<UserWish> = {},
  ): this {
    this.#request += 1;
    const request = this.#request;
    const { process } = this;
    const groupId = what === 'create-group' ? undefined : GROUP;
    const wish = { what, ...wishFor(change), ...asked };
    this.add({ kind: 'user.asked', request, process, groupId, ...wish }).wait(20);
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

  /** A pass looks at the provider, and sees so many servers. */
  look(actual = this.#wanted()): this {
    return this.#looked(actual);
  }

  /** A pass looks at the provider and gets no answer. */
  lookInVain(): this {
    return this.#looked(undefined);
  }

  /** A pass ends; one that clears the mark looks at the provider before that. */
  settle(holder: string, isCleared = true): this {
    return (isCleared ? this.look() : this).settleBlind(holder, isCleared);
  }

  settleBlind(holder: string, isCleared = true): this {
    const desired = this.#wanted();
    return this.add({
      ...{ kind: 'store.settled', ...this.#next(), process: this.process, groupId: GROUP, holder },
      ...{ token: this.token, set: { observed: `{"actual":${String(desired)}}` }, events: [] },
      isCleared,
    });
  }

  tell(change: Partial<OfKind<'provider.told'>> = {}): this {
    const desired = this.#wanted();
    const key = `for ${String(change.desired ?? desired)}`;
    const told = {
      ...{ process: this.process, groupId: GROUP, desired, key, cause: this.stateOf().changedBy },
      ...{ token: this.token, sentAt: this.t - 5, isDone: true, ...change },
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

  /** Somebody asks for a process to drain, and is answered; it says that it drains where `isHeard`. */
  drain(target: string, isHeard = true): this {
    const { process } = this;
    this.add({ kind: 'drain.asked', process, target }).wait(20);
    this.add({ kind: 'drain.answered', process, target, answer: 'asked' }).wait(20);
    return isHeard ? this.add({ kind: 'member.drains', process: target }).wait(20) : this;
  }

  /** Another node takes the partition over. */
  handOver(process = 'n2#1', token = SECOND): this {
    this.arrive().hold(undefined, undefined).wait(20).hold(process, token).wait(20);
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
    return this.#kept.finals({ store: STORE, partition: PARTITION });
  }

  kept(groupId = GROUP): Kept {
    return this.#kept.group(groupId);
  }

  stateOf(): {
    readonly desired: number;
    readonly isDeleting?: boolean;
    readonly changedBy?: string;
  } {
    return JSON.parse(this.kept().fields['state'] ?? '{"desired":0}') as { desired: number };
  }

  #isListed({ groupId = GROUP, set, remove }: Partial<Applied>): boolean {
    const text = set?.['state'] ?? this.kept(groupId).fields['state'] ?? '{}';
    return remove !== 'group' && !text.includes('"isDeleting":true');
  }

  #looked(actual: number | undefined): this {
    return this.add({ kind: 'provider.looked', process: this.process, groupId: GROUP, actual });
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
}
