import { expect } from 'chai';
import fc from 'fast-check';
import { plusMs } from '../../src/base/clock.ts';
import type { FencingToken } from '../../src/domain/ids.ts';
import { ABSENT, NOT_AN_OWNER } from '../../src/ports/store.ts';
import type { LockRequest, Store, Unit } from '../../src/ports/store.ts';
import {
  aCommitId,
  aGroupId,
  anEvent,
  aPolicyId,
  aToken,
  aUnit,
  PARTITION,
  TENANT,
} from '../support/builders.ts';
import type { FakeClock } from '../support/fake-clock.ts';

type Writer = 'owner' | 'somebody' | 'stranger';

/** What a unit does, apart from what is the case when it is made. */
interface Change {
  readonly expects: 'current' | 'absent' | 'older';
  readonly ageMs: number;
  readonly set: Unit['set'];
  readonly remove: Unit['remove'];
  /** Policy number → due in so many ms; undefined disarms. */
  readonly due: Readonly<Record<string, number | undefined>>;
  readonly divergence: Unit['divergence'];
  readonly listing: Unit['listing'];
  readonly eventCount: number;
}

interface Commit {
  readonly kind: 'commit';
  readonly writer: Writer;
  readonly group: number;
  readonly change: Change;
}

interface Settle {
  readonly kind: 'settle';
  readonly group: number;
  readonly holder: string;
  /** How many marks have come since the pass began. */
  readonly behind: number;
  readonly retryInMs: number | undefined;
  readonly eventCount: number;
}

interface Lock {
  readonly kind: 'lock' | 'renew';
  readonly group: number;
  readonly holder: string;
  readonly ttlMs: number;
}

/** Something that can happen to a store. */
export type Operation =
  | Commit
  | Settle
  /** Sends a unit again: the one sent so many units ago. */
  | { readonly kind: 'repeat'; readonly writer: Writer; readonly ago: number }
  /** More commits than a group remembers. */
  | { readonly kind: 'storm'; readonly group: number }
  /** With a revision that is higher than the fence's by this much. */
  | { readonly kind: 'acquire'; readonly by: number }
  | Lock
  | { readonly kind: 'advance' | 'step back'; readonly ms: number };

const group = fc.integer({ min: 1, max: 3 });
const holder = fc.constantFrom('pass-1', 'pass-2');
const writer = fc.constantFrom<Writer>('owner', 'owner', 'somebody', 'somebody', 'stranger');
const eventCount = fc.constantFrom(0, 1, 2, 70);

const change: fc.Arbitrary<Change> = fc.record({
  expects: fc.constantFrom<Change['expects']>('current', 'current', 'current', 'absent', 'older'),
  ageMs: fc.constantFrom(0, 0, 0, 5_000, 5_001, -1),
  set: fc.dictionary(fc.constantFrom('state', 'limits', 'launch', 'policy:x'), fc.string()),
  remove: fc.oneof(
    { weight: 9, arbitrary: fc.subarray(['state', 'limits', 'launch']) },
    { weight: 1, arbitrary: fc.constant('group' as const) },
  ),
  due: fc.dictionary(
    fc.constantFrom('1', '2', '3'),
    fc.option(fc.integer({ min: -50, max: 200 }), { nil: undefined }),
  ),
  divergence: fc.constantFrom<Unit['divergence']>('mark', 'keep'),
  listing: fc.constantFrom<Unit['listing']>('keep', 'keep', 'keep', 'drop'),
  eventCount,
});

/** Any operation, those that change groups more often than others. */
export const OPERATION: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ kind: fc.constant('commit'), writer, group, change }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('repeat'), writer, ago: fc.nat({ max: 40 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('storm'), group }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('acquire'), by: fc.constantFrom(-1, 0, 1) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('lock', 'renew'),
      group,
      holder,
      ttlMs: fc.constantFrom(20, 60),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('settle'),
      group,
      holder,
      behind: fc.constantFrom(0, 0, 1),
      retryInMs: fc.option(fc.constantFrom(10, 100), { nil: undefined }),
      eventCount,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('advance'),
      ms: fc.constantFrom(1, 10, 30, 6_000, 3_600_001, 40 * 24 * 3_600_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('step back'), ms: fc.constant(15) }) },
);

function requestOf({ group: number, holder: by, ttlMs }: Lock): LockRequest {
  return { groupId: aGroupId(number), holder: by, ttlMs };
}

const FIRST = { after: undefined, limit: 100 };

/** Two stores on one clock: every call goes to both, and both must answer the same. */
export class Twins {
  committedCount = 0;
  readonly #clock: FakeClock;
  readonly #stores: readonly [Store, Store];
  readonly #sent: Unit[] = [];
  #token: FencingToken = aToken();

  constructor(clock: FakeClock, stores: readonly [Store, Store]) {
    this.#clock = clock;
    this.#stores = stores;
  }

  async carryOut(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case 'commit':
        return this.#commit(operation.writer, await this.#unit(operation.group, operation.change));
      case 'repeat':
        return this.#repeat(operation.writer, operation.ago);
      case 'storm':
        return this.#storm(operation.group);
      case 'acquire':
        return this.#acquire(operation.by);
      case 'lock':
        await this.#ask((store) => store.lock(PARTITION, this.#token, requestOf(operation)));
        return;
      case 'renew':
        await this.#ask((store) => store.renew(PARTITION, this.#token, requestOf(operation)));
        return;
      case 'settle':
        return this.#settle(operation);
      case 'advance':
        return this.#clock.advance(operation.ms);
      case 'step back':
        this.#clock.stepWall(-operation.ms);
    }
  }

  /** What the loops read. */
  async compareLists(): Promise<void> {
    await this.#ask((store) => store.due(PARTITION, 4));
    await this.#ask((store) => store.divergent(PARTITION, 2));
  }

  /** All that can be read. */
  async compareAll(): Promise<void> {
    await this.compareLists();
    await this.#ask((store) => store.walk(PARTITION, FIRST));
    await this.#ask((store) => store.groups(TENANT, FIRST));
    await this.#ask((store) => store.countGroups(TENANT));
    for (const number of [1, 2, 3]) {
      const request = { from: undefined, order: 'newest-first', limit: 10_000 } as const;
      await this.#ask((store) => store.history(aGroupId(number), request));
    }
  }

  async #ask<Answer>(call: (store: Store) => Promise<Answer>): Promise<Answer> {
    const expected = await call(this.#stores[0]);
    expect(await call(this.#stores[1])).to.deep.equal(expected);
    return expected;
  }

  async #commit(by: Writer, unit: Unit): Promise<void> {
    this.#sent.push(unit);
    const owner = by === 'owner' ? this.#token : { ...this.#token, claimId: 'a stranger' };
    const token = by === 'somebody' ? NOT_AN_OWNER : owner;
    const commit = await this.#ask((store) => store.commit(PARTITION, token, [unit]));
    if (commit.kind === 'answered' && commit.results[0] === 'committed') this.committedCount += 1;
  }

  /** A new unit as things are now. */
  async #unit(number: number, change: Partial<Change>): Promise<Unit> {
    const { group: found } = await this.#ask((store) => store.group(aGroupId(number)));
    const { ageMs = 0, expects = 'current', due = {}, eventCount: count = 0, ...rest } = change;
    const versions: Readonly<Record<Change['expects'], Unit['expectVersion']>> = {
      current: found?.version ?? ABSENT,
      absent: ABSENT,
      older: aCommitId(0),
    };
    const expectVersion = versions[expects];
    return aUnit({
      ...rest,
      groupId: aGroupId(number),
      commitId: aCommitId(this.#sent.length + 1),
      decidedAt: plusMs(this.#clock.now(), -ageMs),
      expectVersion,
      ...(rest.remove === 'group' && expectVersion === ABSENT ? { remove: [] } : {}),
      due: Object.entries(due).map(([policy, ms]) => ({
        policyId: aPolicyId(Number(policy)),
        dueAt: ms === undefined ? undefined : plusMs(this.#clock.now(), ms),
      })),
      events: Array.from({ length: count }, (_, index) => anEvent(index)),
    });
  }

  async #repeat(by: Writer, ago: number): Promise<void> {
    const unit = this.#sent.at(-1 - ago);
    if (unit !== undefined) await this.#commit(by, unit);
  }

  async #storm(number: number): Promise<void> {
    for (let count = 0; count < 33; count += 1) {
      await this.#commit('somebody', await this.#unit(number, {}));
    }
  }

  async #acquire(by: number): Promise<void> {
    const token = { ...this.#token, revision: this.#token.revision + by };
    const result = await this.#ask((store) => store.acquire(PARTITION, token));
    if (result.kind === 'acquired') this.#token = token;
  }

  async #settle({ group: number, ...settle }: Settle): Promise<void> {
    const { group: found } = await this.#ask((store) => store.group(aGroupId(number)));
    const request = {
      groupId: aGroupId(number),
      holder: settle.holder,
      generation: Math.max((found?.generation ?? 0) - settle.behind, 0),
      set: { observed: `seen at ${String(this.#clock.now())}` },
      next: settle.retryInMs === undefined ? 'clear' : { retryInMs: settle.retryInMs },
      events: Array.from({ length: settle.eventCount }, (_, index) => anEvent(index)),
    } as const;
    await this.#ask((store) => store.settle(PARTITION, this.#token, request));
  }
}
