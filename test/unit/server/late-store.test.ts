import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { createMemoryState } from '../../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../../src/adapters/memory/store.ts';
import { hasCode, LutraError } from '../../../src/base/errors.ts';
import type { ErrorCode } from '../../../src/base/errors.ts';
import { NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type { Store } from '../../../src/ports/store.ts';
import { LateStore } from '../../../src/server/late-store.ts';
import {
  aGroupId,
  aToken,
  aUnit,
  LAYOUT,
  PARTITION,
  START,
  TENANT,
} from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { seededRandom } from '../../support/random.ts';
import { rejectionOf } from '../../support/scaling.ts';

/** Longer than any wait between two tries. */
const WAIT_MAX_MS = 5_000;
const PAGE = { after: undefined, limit: 1 };
const LOCK = { groupId: aGroupId(), holder: 'a', ttlMs: 1 };

describe('LateStore', () => {
  let clock: FakeClock;
  let inner: MemoryStore;
  /** What each next try comes to; without one it succeeds. */
  let outcomes: (() => Promise<Store>)[];
  let tryCount: number;
  let failures: { readonly error: unknown; readonly retryInMs: number }[];
  beforeEach(() => {
    clock = new FakeClock(START);
    inner = new MemoryStore(createMemoryState({ identity: 'inner', layout: LAYOUT }), clock);
    outcomes = [];
    tryCount = 0;
    failures = [];
  });

  function aLateStore(): LateStore {
    return new LateStore({
      ...{ identity: 'late', layout: LAYOUT, clock, random: seededRandom(1) },
      open: () => {
        tryCount += 1;
        return outcomes.shift()?.() ?? Promise.resolve(inner);
      },
      onFailure: (error, retryInMs) => {
        failures.push({ error, retryInMs });
      },
    });
  }

  function failWith(message: string, code: ErrorCode = 'store-unavailable'): () => Promise<Store> {
    return () => Promise.reject(new LutraError(code, message));
  }

  it('opens the store at once, and not before it is made itself', async () => {
    const store = aLateStore();
    const triesWhenMade = tryCount;

    await store.ready();

    expect([triesWhenMade, tryCount]).to.deep.equal([0, 1]);
    expect(await store.group(aGroupId())).to.deep.equal({ now: START, group: undefined });
  });

  it('is ready or not as the first try is, and tries again', async () => {
    outcomes = [failWith('one'), failWith('two')];
    const store = aLateStore();

    const first = await rejectionOf(store.ready());
    await clock.advance(2 * WAIT_MAX_MS);

    expect(first).to.have.property('message', 'one');
    expect(tryCount).to.equal(3);
    expect((await store.group(aGroupId())).now).to.equal(clock.now());
  });

  const CALLS: readonly {
    readonly method: string;
    readonly call: (store: Store) => Promise<unknown>;
  }[] = [
    { method: 'acquire', call: (store) => store.acquire(PARTITION, aToken()) },
    { method: 'due', call: (store) => store.due(PARTITION, 1) },
    { method: 'commit', call: (store) => store.commit(PARTITION, NOT_AN_OWNER, [aUnit()]) },
    { method: 'divergent', call: (store) => store.divergent(PARTITION, 1) },
    { method: 'lock', call: (store) => store.lock(PARTITION, aToken(), LOCK) },
    { method: 'renew', call: (store) => store.renew(PARTITION, aToken(), LOCK) },
    {
      method: 'settle',
      call: (store) =>
        store.settle(PARTITION, aToken(), {
          ...{ ...LOCK, generation: 1, set: {}, next: 'clear', events: [] },
        }),
    },
    { method: 'group', call: (store) => store.group(aGroupId()) },
    { method: 'groups', call: (store) => store.groups(TENANT, PAGE) },
    { method: 'countGroups', call: (store) => store.countGroups(TENANT) },
    { method: 'walk', call: (store) => store.walk(PARTITION, PAGE) },
    {
      method: 'history',
      call: (store) =>
        store.history(aGroupId(), { from: undefined, order: 'newest-first', limit: 1 }),
    },
  ];
  for (const { method, call } of CALLS) {
    it(`says of ${method} why the store is not open yet`, async () => {
      outcomes = [failWith('port 1 is closed')];
      const store = aLateStore();

      const before = await rejectionOf(call(store));
      await clock.advance(0);
      const after = await rejectionOf(call(store));

      expect([before, after].every((error) => hasCode(error, 'store-unavailable'))).to.equal(true);
      expect([before, after].map((error) => (error as Error).message)).to.deep.equal([
        'store late is not open yet: the first try has not ended yet',
        'store late is not open yet: port 1 is closed',
      ]);
    });
  }

  it('tells of every failure, also of those that will not pass, and of the growing wait', async () => {
    outcomes = [
      failWith('not ours', 'store-foreign'),
      failWith('no such file', 'config-invalid'),
      ...Array.from({ length: 10 }, () => failWith('away')),
    ];
    aLateStore();

    await clock.advance(12 * WAIT_MAX_MS);

    expect(failures.map(({ error }) => (error as LutraError).code)).to.deep.equal([
      'store-foreign',
      'config-invalid',
      ...Array.from({ length: 10 }, () => 'store-unavailable'),
    ]);
    const waits = failures.map(({ retryInMs }) => retryInMs);
    expect(waits[0]).to.be.within(100, 200);
    expect(waits[1]).to.be.within(200, 400);
    expect(waits.at(-1)).to.be.within(WAIT_MAX_MS / 2, WAIT_MAX_MS);
    expect(tryCount).to.equal(13);
  });

  describe('with subscriptions from before', () => {
    async function wake(store: Store, number: number): Promise<void> {
      const groupId = aGroupId(number);
      const unit = aUnit({ groupId, decidedAt: clock.now(), divergence: 'mark' });
      await store.commit(PARTITION, NOT_AN_OWNER, [unit]);
      await clock.advance(0);
    }

    it('hands them to the store, and ends them at any time', async () => {
      outcomes = [failWith('away')];
      const store = aLateStore();
      const heard: string[] = [];
      const listen = (name: string): (() => void) =>
        store.subscribe(PARTITION, (message) => heard.push(`${name}: ${message}`));
      const stopEarly = listen('ended before it was there');
      const stopLater = listen('early');
      stopEarly();
      await clock.advance(WAIT_MAX_MS);
      const stopLate = listen('late');

      await wake(store, 1);
      stopLater();
      stopLate();
      await wake(store, 2);

      expect(heard).to.deep.equal(['early: divergent', 'late: divergent']);
    });

    it('hands them over before any call gets through', async () => {
      const store = aLateStore();
      const heard: string[] = [];
      store.subscribe(PARTITION, (message) => heard.push(message));

      await store.ready();
      await wake(store, 1);

      expect(heard).to.deep.equal(['divergent']);
    });
  });

  describe('when it is closed', () => {
    it('tries no more', async () => {
      outcomes = [failWith('away')];
      const store = aLateStore();
      await clock.advance(0);

      await store.close();
      await clock.advance(10 * WAIT_MAX_MS);

      expect(tryCount).to.equal(1);
      expect(hasCode(await rejectionOf(store.group(aGroupId())), 'store-unavailable')).to.equal(
        true,
      );
    });

    it('closes the store that it has', async () => {
      const store = aLateStore();
      await store.ready();

      await store.close();

      expect(await rejectionOf(inner.group(aGroupId()))).to.be.instanceOf(LutraError);
    });

    it('waits for a try that is under way, and closes what comes of it', async () => {
      let open: () => void = () => undefined;
      outcomes = [
        () =>
          new Promise((resolve) => {
            open = () => {
              resolve(inner);
            };
          }),
      ];
      const store = aLateStore();
      await clock.advance(0);

      const closing = store.close();
      open();
      await closing;

      expect(await rejectionOf(inner.group(aGroupId()))).to.be.instanceOf(LutraError);
    });
  });
});
