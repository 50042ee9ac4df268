/** A small world for the loops: one partition in memory, a clock that a test moves, and all that happened. */
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import { createMemoryState } from '../../src/adapters/memory/state.ts';
import { assert } from '../../src/base/assert.ts';
import { epochMs, plusMs } from '../../src/base/clock.ts';
import type { EpochMs } from '../../src/base/clock.ts';
import { dispatch } from '../../src/convergence/dispatch.ts';
import type { DispatchResult } from '../../src/convergence/dispatch.ts';
import type { ConvergerDeps, ConvergerSettings } from '../../src/convergence/run.ts';
import { Slots } from '../../src/convergence/slots.ts';
import {
  decodeObservation,
  decodeProgress,
  decodeState,
  definitionField,
  encodeField,
  progressField,
} from '../../src/domain/group/fields.ts';
import type { GroupLimits, Observation, ScalingState } from '../../src/domain/group/group.ts';
import type { PolicyDefinition, PolicyProgress, Schedule } from '../../src/domain/group/policy.ts';
import type { HistoryEvent } from '../../src/domain/history/event.ts';
import type { CommitId, GroupId, PolicyId, TenantId } from '../../src/domain/ids.ts';
import { partitionId } from '../../src/domain/partition/partition-of.ts';
import { compileSchedule } from '../../src/domain/schedule/occurrences.ts';
import type { LutraEvent, Observe } from '../../src/ports/observe.ts';
import type { OwnerTerm } from '../../src/ports/owner-term.ts';
import type { CapacityProvider } from '../../src/ports/provider.ts';
import { ABSENT, NOT_AN_OWNER } from '../../src/ports/store.ts';
import type { DivergentGroup, Store, StoredGroup, Unit } from '../../src/ports/store.ts';
import type { SchedulerDeps, SchedulerSettings } from '../../src/scheduler/run.ts';
import { Gate } from '../../src/base/gate.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeProvider } from './fake-provider.ts';
import { FaultyStore } from './faulty-store.ts';
import { seededRandom } from './random.ts';

/** Midnight, so that cron expressions are easy to follow. */
export const START = epochMs(Date.UTC(2030, 0, 1));
export const PARTITION = partitionId('home', 0);
export const TENANT = 'tenant' as TenantId;

export const SCHEDULER: SchedulerSettings = { batchMax: 200, pollMs: 1_000 };
export const CONVERGER: ConvergerSettings = {
  batchMax: 256,
  pollMs: 1_000,
  lockTtlMs: 60_000,
  callTimeoutMs: 30_000,
  backoff: { firstMs: 1_000, maxMs: 300_000 },
};

/** A policy to be; without `dueAt` it is armed for its next occurrence. */
export interface PolicySpec {
  readonly cron?: string;
  readonly at?: EpochMs;
  readonly adjustment?: PolicyDefinition['adjustment'];
  readonly cooldownSeconds?: number;
  readonly progress?: PolicyProgress;
  /** `never` leaves it disarmed. */
  readonly dueAt?: EpochMs | 'never';
  /** What is stored, where it is not to be what the other fields say. */
  readonly stored?: { readonly definition?: string; readonly progress?: string };
}

/** A group to be. */
export interface GroupSpec {
  readonly tenantId?: TenantId;
  readonly limits?: Partial<GroupLimits>;
  readonly state?: Partial<ScalingState>;
  readonly launchType?: string;
  readonly observed?: Observation;
  readonly policies?: Readonly<Record<string, PolicySpec>>;
  readonly isDivergent?: boolean;
  /** Fields as stored, in place of what the others say; undefined drops one. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
}

/** An instant `ms` after START. */
export function after(ms: number): EpochMs {
  return plusMs(START, ms);
}

/** The id of the policy that a spec calls `name`. */
export function policyId(name: string): PolicyId {
  return name as PolicyId;
}

/** A loop that runs in a term. */
export interface RunningLoop<End> {
  readonly term: OwnerTerm;
  readonly ended: Promise<End>;
  /** Ends the term and waits for nothing. */
  end(): void;
  /** Ends the term and waits for the loop. */
  stop(): Promise<End>;
}

export class World {
  readonly clock = new FakeClock(START);
  readonly random = seededRandom(1);
  readonly state = createMemoryState({
    identity: 'memory',
    layout: { regions: ['home'], count: 1 },
  });
  /** The store as it is, for looking and for what people do. */
  readonly truth: Store = new MemoryStore(this.state, this.clock);
  /** The store as the loops see it. */
  readonly store = new FaultyStore(this.truth);
  readonly provider = new FakeProvider();
  readonly events: LutraEvent[] = [];
  readonly observe: Observe = (event) => {
    this.events.push(event);
  };
  #groupCount = 0;
  #revision = 0;

  schedulerDeps(): SchedulerDeps {
    const { store, random, observe, clock } = this;
    return {
      ...{ store, random, observe, clock, occurrencesOf: compileSchedule },
      ...{ holdMs: () => 0, backlog: new Gate(1) },
    };
  }

  convergerDeps(): ConvergerDeps {
    const { store, random, observe, clock, provider } = this;
    const providers = new Map([[provider.type, provider]]);
    const slots = new Slots({ perProvider: 16, perTenant: 8 });
    return { store, random, observe, clock, providers, slots };
  }

  /** A newer owner takes the partition. */
  async newTerm(signal: AbortSignal): Promise<OwnerTerm> {
    this.#revision += 1;
    const token = { epoch: 0, revision: this.#revision, claimId: `claim-${this.#revision}` };
    await this.truth.acquire(PARTITION, token);
    return { partition: PARTITION, token, signal };
  }

  /** Starts a loop in a new term and lets it come to rest. */
  async start<End>(run: (term: OwnerTerm) => Promise<End>): Promise<RunningLoop<End>> {
    const controller = new AbortController();
    const term = await this.newTerm(controller.signal);
    const ended = run(term);
    // Tests await `ended` when they are ready for it.
    ended.catch(() => undefined);
    await this.clock.advance(0);
    const end = (): void => {
      controller.abort();
    };
    const stop = async (): Promise<End> => {
      end();
      await this.clock.advance(0);
      return ended;
    };
    return { term, ended, end, stop };
  }

  /** Stores a new group; answers with its id. */
  async addGroup(spec: GroupSpec): Promise<GroupId> {
    this.#groupCount += 1;
    const number = this.#groupCount.toString(16).padStart(8, '0');
    const groupId = `${number}-0000-4000-8000-000000000000` as GroupId;
    const policies = Object.entries(spec.policies ?? {});
    const fields = {
      labels: encodeField({ name: 'a group', metadata: {} }),
      limits: encodeField({ minEntities: 0, maxEntities: 100, cooldownSeconds: 0, ...spec.limits }),
      state: encodeField(stateOf(spec.state)),
      launch: encodeField({ type: spec.launchType ?? this.provider.type, args: {} }),
      ...(spec.observed === undefined ? {} : { observed: encodeField(spec.observed) }),
      ...Object.assign({}, ...policies.map(([name, policy]) => this.#policyFields(name, policy))),
      ...spec.fields,
    } as Record<string, string | undefined>;
    const set = Object.entries(fields).filter((field): field is [string, string] => {
      return field[1] !== undefined;
    });
    await this.#commit(groupId, ABSENT, {
      tenantId: spec.tenantId ?? TENANT,
      set: Object.fromEntries(set),
      due: policies.map(([name, policy]) => ({
        policyId: policyId(name),
        dueAt: this.#armedFor(policy),
      })),
      divergence: spec.isDivergent === true ? 'mark' : 'keep',
    });
    return groupId;
  }

  /** A write that a person makes, whatever the group is like now. */
  async write(groupId: GroupId, change: Partial<Unit>): Promise<void> {
    const stored = await this.stored(groupId);
    await this.#commit(groupId, stored.version, { tenantId: stored.tenantId, ...change });
  }

  /** Writes part of a group's scaling state, and marks it. */
  async writeState(groupId: GroupId, change: Partial<ScalingState>): Promise<void> {
    const state = { ...(await this.stateOf(groupId)), ...change };
    await this.write(groupId, { set: { state: encodeField(state) }, divergence: 'mark' });
  }

  /** The group, or undefined where there is none. */
  async find(groupId: GroupId): Promise<StoredGroup | undefined> {
    return (await this.truth.group(groupId)).group;
  }

  async stored(groupId: GroupId): Promise<StoredGroup> {
    const group = await this.find(groupId);
    assert(group !== undefined, `group ${groupId} exists`);
    return group;
  }

  async stateOf(groupId: GroupId): Promise<ScalingState> {
    return decodeState((await this.stored(groupId)).fields['state']);
  }

  async observationOf(groupId: GroupId): Promise<Observation> {
    return decodeObservation((await this.stored(groupId)).fields['observed']);
  }

  async progressOf(groupId: GroupId, name: string): Promise<PolicyProgress> {
    return decodeProgress((await this.stored(groupId)).fields[progressField(policyId(name))]);
  }

  /** One pass over a group, divergent or not. */
  async pass(
    term: OwnerTerm,
    groupId: GroupId,
    providers: readonly CapacityProvider[] = [this.provider],
  ): Promise<DispatchResult> {
    const deps = {
      ...this.convergerDeps(),
      providers: new Map(providers.map((provider) => [provider.type, provider])),
    };
    const group = await this.find(groupId);
    const entry: DivergentGroup = {
      ...{ groupId, tenantId: group?.tenantId ?? TENANT, generation: group?.generation ?? 0 },
      ...{ launch: group?.fields['launch'], checkAt: START },
    };
    return dispatch(term, deps, { entry, settings: CONVERGER });
  }

  /** Another pass of the term takes the group's lock, as soon as it may. */
  async overtake(term: OwnerTerm, groupId: GroupId): Promise<void> {
    this.clock.stepWall(CONVERGER.lockTtlMs);
    const request = { groupId, holder: 'another pass', ttlMs: CONVERGER.lockTtlMs };
    const locked = await this.truth.lock(PARTITION, term.token, request);
    assert(locked.kind === 'locked', 'a lock that has ended can be taken');
  }

  /** When the group is to be looked at, in ms after START; undefined where it is not divergent. */
  checkAt(groupId: GroupId): number | undefined {
    const divergentAt = this.state.groups.get(groupId)?.divergentAt;
    return divergentAt && divergentAt - START;
  }

  /** Whether a pass holds the group's lock, or held it last and did not give it back. */
  isLocked(groupId: GroupId): boolean {
    return this.state.groups.get(groupId)?.lock !== undefined;
  }

  /** When the group's policy is due. */
  async dueAt(groupId: GroupId, name: string): Promise<EpochMs | undefined> {
    return (await this.stored(groupId)).due.get(policyId(name));
  }

  /** What the group remembers, oldest first. */
  async history(groupId: GroupId): Promise<readonly HistoryEvent[]> {
    const request = { from: undefined, order: 'oldest-first', limit: 10_000 } as const;
    return (await this.truth.history(groupId, request)).map(({ event }) => event);
  }

  /** The facts of one kind that were told so far. */
  told<Name extends LutraEvent['event']>(name: Name): Extract<LutraEvent, { event: Name }>[] {
    return this.events.filter((event): event is Extract<LutraEvent, { event: Name }> => {
      return event.event === name;
    });
  }

  async #commit(
    groupId: GroupId,
    expectVersion: CommitId | typeof ABSENT,
    change: Partial<Unit> & Pick<Unit, 'tenantId'>,
  ): Promise<void> {
    const { now } = await this.truth.group(groupId);
    const unit: Unit = {
      ...{ groupId, expectVersion, decidedAt: now, commitId: this.random.uuid() as CommitId },
      ...{ set: {}, remove: [], due: [], divergence: 'keep', listing: 'keep', events: [] },
      ...change,
    };
    const commit = await this.truth.commit(PARTITION, NOT_AN_OWNER, [unit]);
    assert(commit.kind === 'answered' && commit.results[0] === 'committed', 'tests write alone');
  }

  #policyFields(name: string, spec: PolicySpec): Record<string, string> {
    const schedule = scheduleOf(spec);
    const definition: PolicyDefinition = {
      name,
      cooldownSeconds: spec.cooldownSeconds ?? 0,
      adjustment: spec.adjustment ?? { kind: 'change', amount: 1 },
      ...(schedule === undefined ? {} : { schedule }),
    };
    const plannedAt = this.#armedFor(spec);
    const progress = spec.progress ?? (plannedAt === undefined ? {} : { plannedAt });
    return {
      [definitionField(policyId(name))]: spec.stored?.definition ?? encodeField(definition),
      [progressField(policyId(name))]: spec.stored?.progress ?? encodeField(progress),
    };
  }

  #armedFor(spec: PolicySpec): EpochMs | undefined {
    if (spec.dueAt !== undefined) return spec.dueAt === 'never' ? undefined : spec.dueAt;
    const schedule = scheduleOf(spec);
    return schedule && compileSchedule(schedule).next(this.clock.now());
  }
}

function scheduleOf({ cron, at }: PolicySpec): Schedule | undefined {
  if (cron !== undefined) return { kind: 'cron', cron };
  return at === undefined ? undefined : { kind: 'at', at: new Date(at).toISOString() };
}

function stateOf(state: Partial<ScalingState> | undefined): ScalingState {
  return { desired: 0, isPaused: false, isSuspended: false, isDeleting: false, ...state };
}
