import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { HistoryEvent } from '../../../src/domain/history/event.ts';
import type { HistoryFilter } from '../../../src/domain/history/filter.ts';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import { followHistory, POLL_MS } from '../../../src/scaling/follow-history.ts';
import type { HistoryNews } from '../../../src/scaling/follow-history.ts';
import { deleteGroup } from '../../../src/scaling/change-group.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { FaultyStore, rejectWith } from '../../support/faulty-store.ts';
import { aGroup, aScaling, commitDirectly, storedGroupOf } from '../../support/scaling.ts';
import type { CreatedGroup } from '../../support/scaling.ts';

const CONVERGED: HistoryEvent = { event: 'group.converged', desired: 0, actual: 0 };
const FAILED: HistoryEvent = { event: 'group.failed', reasons: ['x'] };

describe('followHistory', () => {
  let group: CreatedGroup;
  let store: FaultyStore;
  let clock: FakeClock;
  let stop: AbortController;
  let news: HistoryNews[];
  let told: LutraEvent[];
  let fixture: ReturnType<typeof aScaling>;
  let ended: Promise<void>;
  beforeEach(async () => {
    fixture = aScaling();
    clock = fixture.clock;
    store = new FaultyStore(fixture.store);
    group = await aGroup(fixture.deps);
    [stop, news, told] = [new AbortController(), [], []];
  });

  function follow(after: number, filter: HistoryFilter = {}): void {
    const observe = (event: LutraEvent): void => void told.push(event);
    const source = followHistory(
      { ...fixture.deps, store, observe },
      { ...group.target, signal: stop.signal },
      { after, filter },
    );
    ended = (async () => {
      for await (const one of source) if (one.kind !== 'nothing-new') news.push(one);
    })();
  }

  async function record(...events: readonly HistoryEvent[]): Promise<void> {
    await commitDirectly(fixture.store, group.groupId, { events });
  }

  /** The numbers of all events that were told, in order. */
  function numbers(): readonly number[] {
    return news.flatMap((one) =>
      one.kind === 'events' ? one.events.map(({ sequence }) => sequence) : [],
    );
  }

  it('tells events that come, each once, within an interval of their commit', async () => {
    follow(1);
    await clock.advance(0);
    await record(CONVERGED);
    await clock.advance(POLL_MS);
    expect(numbers()).to.deep.equal([2]);
    await record(CONVERGED, CONVERGED);
    await record(CONVERGED);
    await clock.advance(POLL_MS);
    await clock.advance(10 * POLL_MS);

    expect(numbers()).to.deep.equal([2, 3, 4, 5]);
  });

  it('tells at once all that had come before, over several pages', async () => {
    await record(...Array.from({ length: 249 }, () => CONVERGED));

    follow(5);
    await clock.advance(0);

    expect(numbers()).to.deep.equal(Array.from({ length: 245 }, (_, index) => index + 6));
  });

  it('tells only what passes the filter, and up to where it has looked', async () => {
    await record(CONVERGED, FAILED, CONVERGED);

    follow(0, { names: new Set(['group.failed']) });
    await clock.advance(0);

    expect(numbers()).to.deep.equal([3]);
    expect(news.at(-1)).to.include({ kind: 'events', last: 4 });
  });

  it('tells of events that are not there any more', async () => {
    for (let count = 0; count < 12; count += 1) {
      await record(...Array.from({ length: 100 }, () => CONVERGED));
    }
    const [oldest] = await fixture.store.history(group.groupId, {
      ...{ from: undefined, order: 'oldest-first', limit: 1 },
    });

    follow(3);
    await clock.advance(0);

    expect(oldest?.sequence).to.be.above(4);
    expect(news[0]).to.deep.equal({ kind: 'gap', after: 3, next: oldest?.sequence });
    expect(numbers().at(-1)).to.equal(1_201);
  });

  it('tells that the store went back, and goes on from there', async () => {
    follow(40);
    await clock.advance(0);
    await record(CONVERGED);
    await clock.advance(POLL_MS);

    expect(news[0]).to.deep.equal({ kind: 'gap', after: 40, next: 2 });
    expect(numbers()).to.deep.equal([2]);
  });

  it('ends with the event that ends the group', async () => {
    follow(1, { names: new Set(['group.converged']) });
    await clock.advance(0);
    await deleteGroup(fixture.deps, group.target, { isForced: true, by: 'tester' });
    await clock.advance(POLL_MS);

    await ended;
    expect(news.at(-1)).to.deep.equal({ kind: 'gone' });
  });

  it('ends within a few seconds where that event went with the group', async () => {
    follow(1);
    await clock.advance(0);
    await storedGroupOf(fixture.store, group.groupId);
    await commitDirectly(fixture.store, group.groupId, { remove: 'group', listing: 'drop' });
    await clock.advance(5_500);

    await ended;
    expect(news).to.deep.equal([{ kind: 'gone' }]);
  });

  it('waits for a store that does not answer, says so once, and misses nothing', async () => {
    follow(1);
    await clock.advance(0);
    store.plan = () => rejectWith('store-unavailable');
    await record(CONVERGED);
    await clock.advance(20_000);
    expect(numbers()).to.deep.equal([]);
    store.plan = () => undefined;
    await clock.advance(10_000);

    expect(numbers()).to.deep.equal([2]);
    expect(told.map(({ event }) => event)).to.deep.equal(['loop.failed']);
  });

  it('stops when it is told to', async () => {
    follow(1);
    await clock.advance(0);
    stop.abort();
    await ended;
    const { length } = store.calls;
    await clock.advance(60_000);

    expect(store.calls).to.have.length(length);
  });

  it('asks for the group itself only now and then', async () => {
    follow(1);
    await clock.advance(60_000);

    expect(store.count('history')).to.be.within(120, 140);
    expect(store.count('group')).to.be.within(10, 15);
  });
});
