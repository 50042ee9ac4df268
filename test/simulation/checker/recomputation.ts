/** Decides all of one commit again, and compares what came of it. */
import type { TracedEvent } from '../trace.ts';
import { isAlike } from './alike.ts';
import type { PolicyPage } from './book.ts';
import type { Violation } from './entries.ts';
import { isOfDue } from './commit.ts';
import type { Commit } from './commit.ts';
import { bounded, planOf, sized } from './plans.ts';
import type { OpenRecord, StateRecord } from './records.ts';
import { decisionTime, expectedDecision } from './sizes.ts';
import { without } from './without.ts';

type Found = Omit<Violation, 'rule'>;

export class Recomputation {
  readonly #commit: Commit;
  readonly #found: Found[] = [];
  readonly #touchedAt = new Map<string, number | undefined>();
  #state: StateRecord | undefined;
  #decidedAt = Number.NEGATIVE_INFINITY;
  #lastFiring: readonly [number, string] = [Number.NEGATIVE_INFINITY, ''];

  constructor(commit: Commit) {
    this.#commit = commit;
    this.#state = commit.before.state;
  }

  run(): readonly Found[] {
    const { events } = this.#commit.entry;
    for (let index = 0; index < events.length; index += 1) {
      const event = events[index];
      if (event === undefined) continue;
      if (turnsAt(event) === undefined) this.#follow(event);
      else {
        const turns = turnsFrom(events.slice(index), this.#isByOwner());
        this.#turn(turns);
        index += turns.length - 1;
      }
    }
    this.#compareStates();
    for (const [policyId, touchedAt] of this.#touchedAt) {
      const kept = this.#commit.policiesAfter.get(policyId)?.progress?.touchedAt;
      if (kept !== touchedAt) {
        this.#tell(`its cooldown begins at ${String(kept)}, not ${String(touchedAt)}`, policyId);
      }
    }
    return this.#found;
  }

  #follow(event: TracedEvent): void {
    switch (event.event) {
      case 'policy.fired':
        this.#followFiring(event);
        break;
      case 'policy.executed': {
        const cause = `execution:${String(event['executionId'])}`;
        this.#decide(event, { at: this.#commit.entry.decidedAt, cause });
        break;
      }
      case 'group.created':
        this.#followCreation(event);
        break;
      case 'group.changed':
        this.#followChange(event);
        break;
      case 'override.set':
      case 'override.removed':
        this.#followOverride(event);
        break;
      case 'group.deleted':
        if (this.#state !== undefined) this.#state = { ...this.#state, isDeleting: true };
        break;
      default:
    }
  }

  #isByOwner(): boolean {
    return isOfDue(this.#commit.entry);
  }

  #followFiring(event: TracedEvent): void {
    const plannedAt = Number(event['plannedAt']);
    const policyId = String(event['policyId']);
    const page = this.#commit.policiesBefore.get(policyId);
    const firesAt = page === undefined ? plannedAt : dueInstantOf(page, plannedAt);
    const [lastAt, lastId] = this.#lastFiring;
    if (firesAt < lastAt || (firesAt === lastAt && policyId <= lastId)) {
      this.#tell('firings of one commit are not in the order in which they were due', policyId);
    }
    this.#lastFiring = [firesAt, policyId];
    const { decidedAt } = this.#commit.entry;
    this.#decidedAt = decisionTime(firesAt, decidedAt, this.#decidedAt);
    const at = this.#decidedAt;
    const restedAt = this.#restedAt(page, { plannedAt, at });
    this.#decide(event, { at, restedAt, cause: `${policyId}@${plannedAt}` });
  }

  /**
   * Between two on-time firings of one policy lies as much as was planned, if jitter made it less; also where a window,
   * or somebody, changed the size in between, since no cooldown begins with that.
   */
  #restedAt(
    page: PolicyPage | undefined,
    { plannedAt, at }: { readonly plannedAt: number; readonly at: number },
  ): number {
    const { touchedAt, changedBy } = this.#state ?? {};
    if (page === undefined || touchedAt === undefined) return at;
    const [policyId, planned] = changedBy?.split('@') ?? [];
    const isNamed = policyId === page.policyId;
    const isOwn = isNamed || this.#policyTouchedAt(page) === touchedAt;
    const before = isNamed ? Number(planned) : page.calendar?.latest(touchedAt);
    if (!isOwn || before === undefined || touchedAt !== dueInstantOf(page, before)) return at;
    return Math.max(at, touchedAt + plannedAt - before);
  }

  /** When the policy changed the size last: by this commit, or before it. */
  #policyTouchedAt({ policyId, progress }: PolicyPage): number | undefined {
    return this.#touchedAt.has(policyId) ? this.#touchedAt.get(policyId) : progress?.touchedAt;
  }

  #decide(
    event: TracedEvent,
    { at, restedAt = at, cause }: { at: number; restedAt?: number; cause: string },
  ): void {
    const policyId = String(event['policyId']);
    const page = this.#commit.policiesBefore.get(policyId);
    const { limits } = this.#commit.before;
    const state = this.#state;
    const definition = page?.definition;
    if (state === undefined || limits === undefined || definition === undefined) return;
    const policyTouchedAt = page && this.#policyTouchedAt(page);
    const wanted = expectedDecision({ state, limits, definition, policyTouchedAt, at, restedAt });
    const { outcome, reason, desired, base } = wanted;
    const expected = { outcome, reason, desiredBefore: state.desired, desiredAfter: desired, base };
    for (const [name, value] of Object.entries(expected)) {
      if (event[name] === value) continue;
      this.#tell(`${name} is ${String(event[name])} and should be ${String(value)}`, policyId);
    }
    if (outcome === 'scaled') {
      const rest = without(state, 'base');
      const sizes = base === undefined ? { desired } : { desired, base };
      this.#state = { ...rest, ...sizes, touchedAt: at, changedBy: cause };
      this.#touchedAt.set(policyId, at);
    } else this.#touchedAt.set(policyId, policyTouchedAt);
  }

  #followCreation(event: TracedEvent): void {
    const { limits } = this.#commit.after;
    if (limits === undefined) return;
    const desired = bounded(limits, limits.minEntities);
    this.#state = { desired, isPaused: false, isSuspended: false, isDeleting: false };
    this.#compareSizes(event, { desiredAfter: desired });
  }

  #followChange(event: TracedEvent): void {
    const state = this.#state;
    const { state: kept, limits } = this.#commit.after;
    if (state === undefined || limits === undefined) return;
    const { what } = event;
    if (what === 'paused' || what === 'resumed') {
      this.#compareSizes(event, { desiredBefore: state.desired, desiredAfter: state.desired });
      const rest = without(state, 'pausedUntil');
      const until = what === 'paused' ? kept?.pausedUntil : undefined;
      const ending = until === undefined ? {} : { pausedUntil: until };
      this.#state = { ...rest, isPaused: what === 'paused', ...ending };
      return;
    }
    const base = bounded(limits, state.base ?? state.desired);
    const plan = planOf(state, limits, this.#commit.entry.decidedAt);
    this.#resize(event, what === 'config' ? sized(state, base, plan) : state);
  }

  /** What the override says is compared with what was wished for. */
  #followOverride(event: TracedEvent): void {
    const state = this.#state;
    const { state: kept, limits } = this.#commit.after;
    if (state === undefined || limits === undefined) return;
    const rest = without(state, 'override');
    const override = event.event === 'override.set' ? kept?.override : undefined;
    const planned = override === undefined ? rest : { ...rest, override };
    const plan = planOf(planned, limits, this.#commit.entry.decidedAt);
    this.#resize(event, sized(planned, state.base ?? state.desired, plan));
  }

  /** Where the size becomes another one, no execution is the cause of that. */
  #resize(event: TracedEvent, after: StateRecord): void {
    const before = this.#state?.desired;
    if (before === undefined) return;
    this.#compareSizes(event, { desiredBefore: before, desiredAfter: after.desired });
    this.#state = after.desired === before ? after : without(after, 'changedBy');
  }

  /** Things that begin or end at one instant: the size is derived once, when all of them have. */
  #turn(turns: readonly TracedEvent[]): void {
    const [first] = turns;
    const { entry, before, after } = this.#commit;
    const limits = this.#isByOwner() ? before.limits : after.limits;
    const state = this.#state;
    if (first === undefined || state === undefined || limits === undefined) return;
    // A window that cannot be read any more closes before its time.
    const turnedAt = Math.min(turnsAt(first) ?? entry.decidedAt, entry.decidedAt);
    if (this.#isByOwner()) {
      if (turnedAt <= this.#lastFiring[0])
        this.#tell(`${first.event} is told after what it precedes`);
      this.#lastFiring = [turnedAt, ''];
      this.#decidedAt = decisionTime(turnedAt, entry.decidedAt, this.#decidedAt);
    }
    const at = this.#isByOwner() ? this.#decidedAt : entry.decidedAt;
    const turned = turns.reduce((current, event) => this.#turned(current, event), state);
    const derived = sized(turned, state.base ?? state.desired, planOf(turned, limits, at));
    const isChanged = derived.desired !== state.desired;
    this.#state = isChanged ? { ...derived, changedBy: causeOf(first) } : derived;
    for (const [index, event] of turns.entries()) {
      const desiredBefore = index === 0 ? state.desired : derived.desired;
      this.#compareSizes(event, { desiredBefore, desiredAfter: derived.desired });
    }
  }

  #turned(state: StateRecord, event: TracedEvent): StateRecord {
    if (event.event === 'override.ended') return without(state, 'override');
    if (event.event === 'pause.ended') {
      return { ...without(state, 'pausedUntil'), isPaused: false };
    }
    const policyId = String(event['policyId']);
    const { windows = [], ...rest } = state;
    const others = windows.filter((window) => window.policyId !== policyId);
    const all = event.event === 'window.closed' ? others : [...others, this.#opened(event)];
    return all.length === 0 ? rest : { ...rest, windows: all };
  }

  /** With the capacity that its policy has now. */
  #opened(event: TracedEvent): OpenRecord {
    const policyId = String(event['policyId']);
    const adjustment = this.#commit.policiesAfter.get(policyId)?.definition?.adjustment;
    const capacity = adjustment?.kind === 'window' ? adjustment : undefined;
    const { min, max, desired, priority = 0 } = capacity ?? {};
    return {
      ...{ policyId, opensAt: Number(event['opensAt']), closesAt: Number(event['closesAt']) },
      priority,
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...(desired === undefined ? {} : { desired }),
    };
  }

  #compareSizes(event: TracedEvent, expected: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(expected)) {
      if (event[name] === value) continue;
      this.#tell(`${name} of ${event.event} is ${String(event[name])} and should be ${value}`);
    }
  }

  /** All but the desired capacity, which another rule compares. */
  #compareStates(): void {
    const expected = this.#state;
    const kept = this.#commit.after.state;
    if (expected === undefined || kept === undefined || this.#found.length > 0) return;
    for (const name of STATE_NAMES) {
      if (isAlike(expected[name], kept[name])) continue;
      const [is, should] = [kept[name], expected[name]].map((value) => JSON.stringify(value));
      this.#tell(`the state's ${name} is ${String(is)}, not ${String(should)}`);
    }
    const [are, should] = [kept.windows, expected.windows].map(sorted);
    if (isAlike(are, should)) return;
    this.#tell(`the open windows are ${JSON.stringify(are)}, not ${JSON.stringify(should)}`);
  }

  #tell(what: string, policyId?: string): void {
    const { t, groupId, partition } = this.#commit.entry;
    this.#found.push({
      t,
      what,
      groupId,
      partition,
      ...(policyId === undefined ? {} : { policyId }),
    });
  }
}

const STATE_NAMES = [
  ...(['touchedAt', 'changedBy', 'isPaused', 'isSuspended', 'isDeleting'] as const),
  ...(['base', 'override', 'pausedUntil'] as const),
] as const;

/** When an occurrence was due, of which the policy may have been armed. */
function dueInstantOf(page: PolicyPage, plannedAt: number): number {
  const isArmed = page.dueAt !== undefined && plannedAt === page.expected;
  return isArmed ? page.dueAt : page.dueOf(plannedAt);
}

/** When it was due to begin or to end; undefined of an event that is none of that. */
function turnsAt(event: TracedEvent): number | undefined {
  switch (event.event) {
    case 'window.opened':
      return Number(event['opensAt']);
    case 'window.closed':
      return Number(event['closesAt']);
    case 'override.ended':
    case 'pause.ended':
      return Number(event['until']);
    default:
      return undefined;
  }
}

/** The first events, that turn together: an owner's at one instant, a user's all. */
function turnsFrom(events: readonly TracedEvent[], isByOwner: boolean): readonly TracedEvent[] {
  const [first] = events;
  const at = first && turnsAt(first);
  const end = events.findIndex((event) => {
    const other = turnsAt(event);
    return other === undefined || (isByOwner && other !== at);
  });
  return end < 0 ? events : events.slice(0, end);
}

/** What the state names as the cause of its size. */
function causeOf(event: TracedEvent): string {
  const at = String(turnsAt(event));
  if (event.event === 'override.ended') return `override@${at}`;
  return event.event === 'pause.ended' ? `pause@${at}` : `${String(event['policyId'])}@${at}`;
}

function sorted(windows: readonly OpenRecord[] = []): readonly OpenRecord[] {
  return windows.toSorted((a, b) => (a.policyId < b.policyId ? -1 : 1));
}
