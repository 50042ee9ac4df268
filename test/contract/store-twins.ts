import { epochMs } from '../../src/base/clock.ts';
import type { CommitId, FencingToken, GroupId, PartitionId } from '../../src/domain/ids.ts';
import { ABSENT, NOT_AN_OWNER } from '../../src/ports/store.ts';
import type { LockRequest, SettleRequest, Store, Unit } from '../../src/ports/store.ts';
import { aCommitId, aPolicyId, aToken, PARTITION, START } from '../support/builders.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import { askAll } from './store-agreed.ts';
import type { Stores } from './store-agreed.ts';
import type {
  Acquire,
  Change,
  GroupChange,
  Lock,
  Operation,
  Read,
  Settle,
  Writer,
} from './store-operations.ts';
import {
  anEventBy,
  FIRST_GRAVE,
  GROUP_MAX,
  groupIdOf,
  partitionOfGroup,
  PARTITIONS,
  tenantOf,
  TENANTS,
  UNCHANGED,
  unitOf,
} from './store-units.ts';

const REVISION_MAX = Number.MAX_SAFE_INTEGER;
const ALL = { after: undefined, limit: 100 };
/** What a unit needs to be applied, whatever else it does. */
const ACCEPTABLE = { expects: 'current', ageMs: 0 } as const;

type Committing = Exclude<Operation, Acquire | Lock | Settle | Read | { readonly kind: 'step' }>;
type Graves = Extract<Operation, { readonly kind: 'graves' }>;
type SpoiltCommit = Extract<Operation, { readonly kind: 'spoilt commit' }>;

interface NewUnit {
  readonly unit: Unit;
  readonly isPresent: boolean;
}

/** Units that were sent in one call. */
interface Batch {
  readonly partition: PartitionId;
  readonly units: readonly Unit[];
}

/** Two stores or more on one clock: every call goes to all of them, and all must answer the same. */
export class Twins {
  /** How many units were sent, those again that were sent again. */
  sentCount = 0;
  /** How often which answer was given to a unit, or to a whole call. */
  readonly answers = new Map<string, number>();
  readonly #clock: Pick<FakeClock, 'now' | 'stepWall'>;
  readonly #stores: Stores;
  readonly #sent: Batch[] = [];
  readonly #tokens = new Map<PartitionId, FencingToken>();
  /** By group: who locked it last. */
  readonly #holders = new Map<number, string>();
  #unitCount = 0;
  /** When a group was marked last. */
  #markedAt: number = START;

  constructor(clock: Pick<FakeClock, 'now' | 'stepWall'>, stores: Stores) {
    this.#clock = clock;
    this.#stores = stores;
  }

  /** Makes a first owner of each partition, and a group of theirs. */
  async begin(): Promise<void> {
    for (const partition of PARTITIONS) await this.#acquire(partition, aToken());
    for (const group of [1, GROUP_MAX]) {
      await this.#commitNew('owner', [{ group, change: UNCHANGED }]);
    }
  }

  async carryOut(operation: Operation): Promise<void> {
    if (isCommitting(operation)) return this.#commitSome(operation);
    switch (operation.kind) {
      case 'acquire':
        return this.#acquire(partitionOfGroup(operation.group), this.#candidate(operation));
      case 'lock':
      case 'renew':
        return this.#lock(operation);
      case 'settle':
        return this.#settle(operation);
      case 'read':
        return this.#read(operation);
      case 'step':
        return this.#step(operation.ms);
    }
  }

  /** What the loops read, and every group whole. */
  async compareLists(): Promise<void> {
    await Promise.all([
      this.#ask('due', (store) => store.due(PARTITION, 4)),
      this.#ask('divergent', (store) => store.divergent(PARTITION, 2)),
      this.#ask('walk', (store) => store.walk(PARTITION, ALL)),
    ]);
  }

  /** All that can be read. */
  async compareAll(): Promise<void> {
    const lists = PARTITIONS.flatMap((partition) => [
      this.#ask('due', (store) => store.due(partition, 100)),
      this.#ask('divergent', (store) => store.divergent(partition, 100)),
      this.#ask('walk', (store) => store.walk(partition, ALL)),
    ]);
    const tenants = TENANTS.flatMap((tenant) => [
      this.#ask('groups', (store) => store.groups(tenant, ALL)),
      this.#ask('countGroups', (store) => store.countGroups(tenant)),
    ]);
    const request = { from: undefined, order: 'newest-first', limit: 10_000 } as const;
    const histories = [1, 2, 3, GROUP_MAX].map((number) =>
      this.#ask('history', (store) => store.history(groupIdOf(number), request)),
    );
    await Promise.all([...lists, ...tenants, ...histories]);
  }

  /**
   * What cannot be read, but tells from how the stores answer: who holds which lock, and which commits are
   * remembered. Changes the stores.
   */
  async compareHidden(): Promise<void> {
    for (let group = 1; group <= GROUP_MAX; group += 1) {
      const attempt = { writer: 'owner', group, holder: 'pass-1', ttlMs: 0 } as const;
      await this.#lock({ kind: 'renew', ...attempt });
      await this.#lock({ kind: 'lock', ...attempt, holder: 'pass-9' });
    }
    for (const { partition, units } of this.#sent.slice(-60)) {
      await this.#send('somebody', { partition, units });
    }
    await this.compareAll();
  }

  async #commitSome(operation: Committing): Promise<void> {
    switch (operation.kind) {
      case 'commit':
        return this.#commitNew(operation.writer, operation.units);
      case 'spoilt commit':
        return this.#commitSpoilt(operation);
      case 'repeat':
        return this.#repeat(operation.writer, operation.ago);
      case 'storm':
        return this.#storm(operation.group, operation.count);
      case 'graves':
        return this.#graves(operation);
    }
  }

  async #ask<Answer>(
    what: string,
    call: (store: Store) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const outcome = await askAll(this.#stores, what, call);
    if (outcome.kind === 'answered') return outcome.answer;
    this.#count(`${what} rejects with ${outcome.code}`);
    return undefined;
  }

  #count(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
  }

  #tokenOf(partition: PartitionId, writer: Exclude<Writer, 'somebody'>): FencingToken {
    const token = this.#tokens.get(partition) ?? aToken();
    switch (writer) {
      case 'owner':
        return token;
      case 'stranger':
        return { ...token, claimId: 'a stranger' };
      case 'former owner':
        return { ...token, revision: Math.max(token.revision - 1, 0) };
      case 'next owner':
        return { ...token, epoch: token.epoch + 1 };
    }
  }

  /** The token for a pass, in which nobody is without one. */
  #passToken(group: number, writer: Writer): FencingToken {
    return this.#tokenOf(partitionOfGroup(group), writer === 'somebody' ? 'owner' : writer);
  }

  async #commitNew(writer: Writer, changes: readonly GroupChange[]): Promise<void> {
    const made: NewUnit[] = [];
    for (const { group, change } of changes) made.push(await this.#unit(group, change));
    const isRemoving = made.some(({ unit }) => unit.remove === 'group');
    // A removal may clear away the tombstone of a group that is not there, before or after the unit of that
    // group is judged: after its hour that is up to each store. So those two are not sent together.
    const units = made.filter(({ isPresent }) => isPresent || !isRemoving).map(({ unit }) => unit);
    await this.#commit(writer, { partition: partitionOfGroup(changes[0]?.group ?? 1), units });
  }

  async #commitSpoilt({ writer, units: changes, dueAt }: SpoiltCommit): Promise<void> {
    const made: Unit[] = [];
    for (const { group, change } of changes) {
      const { unit, isPresent } = await this.#unit(group, { ...change, ...ACCEPTABLE });
      // Whether a unit is refused for what would not be applied anyway is up to each store.
      if (isPresent) made.push(unit);
    }
    const [last, ...others] = made.toReversed();
    if (last === undefined) return;
    const due = [{ policyId: aPolicyId(), dueAt: epochMs(dueAt) }];
    const units = [...others, { ...last, remove: [], due }];
    await this.#send(writer, { partition: partitionOfGroup(changes[0]?.group ?? 1), units });
  }

  async #commit(writer: Writer, batch: Batch): Promise<void> {
    this.#sent.push(batch);
    await this.#send(writer, batch);
  }

  async #send(writer: Writer, { partition, units }: Batch): Promise<void> {
    this.sentCount += units.length;
    if (units.some(({ divergence }) => divergence === 'mark')) this.#markedAt = this.#clock.now();
    const token = writer === 'somebody' ? NOT_AN_OWNER : this.#tokenOf(partition, writer);
    const commit = await this.#ask('commit', (store) => store.commit(partition, token, units));
    if (commit?.kind === 'fenced') this.#count('fenced');
    if (commit?.kind === 'answered') commit.results.forEach((result) => this.#count(result));
  }

  /** A new unit as things are now, and whether its group is there. */
  async #unit(group: number, change: Change): Promise<NewUnit> {
    const groupId = groupIdOf(group);
    const found = (await this.#ask('group', (store) => store.group(groupId)))?.group;
    const previous = this.#lastUnitOf(groupId)?.expectVersion ?? ABSENT;
    const current: Unit['expectVersion'] = found?.version ?? ABSENT;
    const commitId = this.#newCommitId();
    const versions = { current, previous };
    const unit = unitOf(change, { group, commitId, now: this.#clock.now(), versions });
    return { unit, isPresent: found !== undefined };
  }

  #newCommitId(): CommitId {
    this.#unitCount += 1;
    return aCommitId(this.#unitCount);
  }

  #lastUnitOf(groupId: GroupId): Unit | undefined {
    const isOfGroup = (unit: Unit): boolean => unit.groupId === groupId;
    return this.#sent.findLast(({ units }) => units.some(isOfGroup))?.units.find(isOfGroup);
  }

  /** A clock that is set back to before a mark may bring a lock to life that had ended when the mark was made. */
  #step(ms: number): Promise<void> {
    const back = Math.max(ms, this.#markedAt - this.#clock.now());
    this.#clock.stepWall(ms < 0 ? Math.min(back, 0) : ms);
    return Promise.resolve();
  }

  async #repeat(writer: Writer, ago: number): Promise<void> {
    const batch = this.#sent.at(-1 - ago);
    if (batch !== undefined) await this.#send(writer, batch);
  }

  async #storm(group: number, count: number): Promise<void> {
    const partition = partitionOfGroup(group);
    const before = this.#lastUnitOf(groupIdOf(group));
    let last = (await this.#unit(group, UNCHANGED)).unit;
    await this.#commit('somebody', { partition, units: [last] });
    const first = last;
    for (let done = 1; done < count; done += 1) {
      last = { ...last, commitId: this.#newCommitId(), expectVersion: last.commitId };
      await this.#commit('somebody', { partition, units: [last] });
    }
    for (const unit of [before ?? [], first].flat()) {
      await this.#send('somebody', { partition, units: [unit] });
    }
  }

  async #graves({ writer, count, laterMs }: Graves): Promise<void> {
    const numbers = Array.from({ length: count }, (_, index) => FIRST_GRAVE + index);
    await this.#makeAndRemove(writer, numbers);
    await this.#step(laterMs);
    await this.#makeAndRemove(writer, [FIRST_GRAVE + count]);
  }

  async #makeAndRemove(writer: Writer, numbers: readonly number[]): Promise<void> {
    for (const remove of [[], 'group'] as const) {
      await this.#commitNew(
        writer,
        numbers.map((group) => ({ group, change: { ...UNCHANGED, remove } })),
      );
    }
  }

  #candidate({ group, epochBy, revisionBy, isSameClaim }: Acquire): FencingToken {
    const { epoch, revision, claimId } = this.#tokenOf(partitionOfGroup(group), 'owner');
    const higher = revisionBy === 'highest' ? REVISION_MAX : revision + revisionBy;
    return {
      epoch: Math.max(epoch + epochBy, 0),
      revision: Math.min(Math.max(higher, 0), REVISION_MAX),
      claimId: isSameClaim ? claimId : `claim of ${String(this.#clock.now())} 🦦`,
    };
  }

  async #acquire(partition: PartitionId, token: FencingToken): Promise<void> {
    const result = await this.#ask('acquire', (store) => store.acquire(partition, token));
    this.#count(`acquire: ${result?.kind ?? 'nothing'}`);
    if (result?.kind === 'acquired') this.#tokens.set(partition, token);
  }

  async #lock({ kind, writer, group, holder, ttlMs }: Lock): Promise<void> {
    const partition = partitionOfGroup(group);
    const token = this.#passToken(group, writer);
    const by = holder ?? this.#holders.get(group) ?? 'nobody';
    const request: LockRequest = { groupId: groupIdOf(group), holder: by, ttlMs };
    const result = await this.#ask<{ readonly kind: string }>(kind, (store) =>
      store[kind](partition, token, request),
    );
    this.#count(`${kind}: ${result?.kind ?? 'nothing'}`);
    if (result?.kind === 'locked') this.#holders.set(group, by);
  }

  async #settle({ group, ...settle }: Settle): Promise<void> {
    const groupId = groupIdOf(group);
    const found = (await this.#ask('group', (store) => store.group(groupId)))?.group;
    const { writer, holder, behind, set, retryInMs, events } = settle;
    const request: SettleRequest = {
      ...{ groupId, set, holder: holder ?? this.#holders.get(group) ?? 'nobody' },
      generation: Math.max((found?.generation ?? 0) - behind, 0),
      next: retryInMs === undefined ? 'clear' : { retryInMs },
      events: events.map(anEventBy),
    };
    const token = this.#passToken(group, writer);
    const result = await this.#ask('settle', (store) =>
      store.settle(partitionOfGroup(group), token, request),
    );
    this.#count(`settle: ${result?.kind ?? 'nothing'}`);
  }

  async #read({ group, limit, from, order }: Read): Promise<void> {
    const [partition, groupId] = [partitionOfGroup(group), groupIdOf(group)];
    const page = { after: from === undefined ? undefined : groupIdOf(1 + (from % 3)), limit };
    await this.#ask('due', (store) => store.due(partition, limit));
    await this.#ask('divergent', (store) => store.divergent(partition, limit));
    await this.#ask('walk', (store) => store.walk(partition, page));
    await this.#ask('groups', (store) => store.groups(tenantOf(group), page));
    await this.#ask('countGroups', (store) => store.countGroups(tenantOf(group)));
    await this.#ask('history', (store) => store.history(groupId, { from, order, limit }));
  }
}

function isCommitting(operation: Operation): operation is Committing {
  return ['commit', 'spoilt commit', 'repeat', 'storm', 'graves'].includes(operation.kind);
}
