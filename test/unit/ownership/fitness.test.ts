import { expect } from 'chai';
import fc from 'fast-check';
import { beforeEach, describe, it } from 'mocha';
import { plusMs } from '../../../src/base/clock.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import { clockDifferenceMs, Fitness, unfitReason } from '../../../src/ownership/fitness.ts';
import type { ShardProbe } from '../../../src/ownership/fitness.ts';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { START } from '../../support/world.ts';

const TTL_MS = 5_000;
const EVERY_MS = 1_000;
const DIFFERENCE_MAX_MS = 2_000;

describe('unfitReason', () => {
  const limits = { ttlMs: TTL_MS, clockDifferenceMaxMs: DIFFERENCE_MAX_MS };
  const well = { silentMs: 0, failureCount: 0, clockDifferenceMs: 0, failure: 'no route' };

  for (const { name, facts, reason } of [
    { name: 'a store that answers', facts: {}, reason: undefined },
    {
      name: 'one that has been silent for less than a session',
      facts: { silentMs: 4_999, failureCount: 9 },
      reason: undefined,
    },
    {
      name: 'one that has been silent for as long as a session',
      facts: { silentMs: 5_000, failureCount: 2 },
      reason: 'its store has not answered for 5000 ms: no route',
    },
    {
      name: 'one that a process did not hear while it was frozen',
      facts: { silentMs: 60_000, failureCount: 1 },
      reason: undefined,
    },
    {
      name: 'a clock that differs by as much as it may',
      facts: { clockDifferenceMs: 2_000 },
      reason: undefined,
    },
    {
      name: 'a clock that differs by more',
      facts: { clockDifferenceMs: 2_001 },
      reason: 'the clocks of its store and of this node differ by 2001 ms',
    },
  ]) {
    it(`finds ${name} ${reason === undefined ? 'fit' : 'unfit'}`, () => {
      expect(unfitReason({ ...well, ...facts }, limits)).to.equal(reason);
    });
  }
});

describe('clockDifferenceMs', () => {
  function between(sentMs: number, receivedMs: number, answeredMs: number): number {
    return clockDifferenceMs({
      sent: plusMs(START, sentMs),
      received: plusMs(START, receivedMs),
      answered: plusMs(START, answeredMs),
    });
  }

  it('finds no difference where the other time lies within the round trip', () => {
    expect([between(0, 500, 0), between(0, 500, 250), between(0, 500, 500)]).to.deep.equal([
      ...[0, 0, 0],
    ]);
  });

  it('counts from the sending where the other clock is behind, and from the receipt where it is ahead', () => {
    expect([between(0, 500, -30), between(0, 500, 540)]).to.deep.equal([30, 40]);
  });

  it('never exceeds the true difference, whatever the ways take', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -10_000, max: 10_000 }),
        fc.nat(3_000),
        fc.nat(3_000),
        (differenceMs, thereMs, backMs) => {
          const found = between(0, thereMs + backMs, thereMs + differenceMs);
          expect(found).to.be.within(
            Math.max(0, Math.abs(differenceMs) - thereMs - backMs),
            Math.abs(differenceMs),
          );
        },
      ),
    );
  });

  it('is not misled by a step of this clock during the round trip that the other clock is within', () => {
    expect(between(60_000, 100, 50)).to.equal(50);
    expect(between(60_000, 100, 30_000)).to.equal(0);
  });
});

describe('Fitness', () => {
  let clock: FakeClock;
  let events: LutraEvent[];
  let published: (readonly string[])[];
  let stopping: AbortController;
  let ended: Promise<void>;
  /** What publishing comes to; nothing goes wrong by itself. */
  let publishing: () => Promise<void>;

  beforeEach(() => {
    clock = new FakeClock(START);
    [events, published] = [[], []];
    stopping = new AbortController();
    publishing = () => Promise.resolve();
  });

  async function start(...probes: readonly ShardProbe[]): Promise<Fitness> {
    const fitness = new Fitness(
      { clock, observe: (event) => void events.push(event) },
      { ttlMs: TTL_MS, clockDifferenceMaxMs: DIFFERENCE_MAX_MS, probes },
    );
    ended = fitness.run((unfitFor) => {
      published.push(unfitFor);
      return publishing();
    }, stopping.signal);
    await clock.advance(0);
    return fitness;
  }

  /** A store whose probes a test decides about. */
  class Shard implements ShardProbe {
    readonly regions: readonly string[];
    answer: (signal: AbortSignal) => Promise<EpochMs> = () => Promise.resolve(clock.now());
    askedCount = 0;

    constructor(...regions: readonly string[]) {
      this.regions = regions;
    }

    readonly probe = (signal: AbortSignal): Promise<EpochMs> => {
      this.askedCount += 1;
      return this.answer(signal);
    };
  }

  function aShard(...regions: readonly string[]): Shard {
    return new Shard(...regions);
  }

  const refuse = (): Promise<EpochMs> => Promise.reject(new Error('no'));
  const hang = (): Promise<EpochMs> => new Promise(() => undefined);

  it('asks a store several times in the length of a session, and has nothing to say while all is well', async () => {
    const shard = aShard('north');
    const fitness = await start(shard);
    await clock.advance(10 * TTL_MS);

    expect(shard.askedCount).to.equal(51);
    expect([events, published]).to.deep.equal([[], []]);
    expect([fitness.isAnswering('north'), fitness.holdMs('north')]).to.deep.equal([true, 0]);
  });

  for (const { name, silent, atMostMs } of [
    { name: 'refuses', silent: refuse, atMostMs: TTL_MS },
    { name: 'never answers', silent: hang, atMostMs: TTL_MS + EVERY_MS },
  ]) {
    it(`publishes that it is unfit for all regions of a store that ${name}, after a session's length`, async () => {
      const shard = aShard('north', 'south');
      const fitness = await start(shard, aShard('west'));
      shard.answer = silent;
      await clock.advance(TTL_MS - 1);
      expect([events, published]).to.deep.equal([[], []]);

      await clock.advance(atMostMs - TTL_MS + 1);

      expect(published).to.deep.equal([['north', 'south']]);
      expect(events.map((event) => event.event)).to.deep.equal(['node.unfit', 'node.unfit']);
      expect(events[0]).to.include({ region: 'north' });
      expect(events[1]).to.include({ region: 'south' });
      expect([fitness.isAnswering('south'), fitness.isAnswering('west')]).to.deep.equal([
        false,
        true,
      ]);
    });
  }

  it('publishes that it is fit again as soon as the store answers', async () => {
    const shard = aShard('north');
    const fitness = await start(shard);
    shard.answer = refuse;
    await clock.advance(2 * TTL_MS);
    shard.answer = () => Promise.resolve(clock.now());

    await clock.advance(EVERY_MS);

    expect(published).to.deep.equal([['north'], []]);
    expect(events.at(-1)).to.deep.equal({ event: 'node.fit', region: 'north' });
    expect(fitness.isAnswering('north')).to.equal(true);
  });

  it('is unfit for a store that has not answered since the start', async () => {
    const shard = aShard('north');
    shard.answer = refuse;
    const fitness = await start(shard);
    expect([fitness.isAnswering('north'), fitness.holdMs('north')]).to.deep.equal([
      false,
      EVERY_MS,
    ]);

    await clock.advance(TTL_MS);

    expect(published).to.deep.equal([['north']]);
  });

  it('goes on asking the other stores while one does not answer', async () => {
    const [silent, other] = [aShard('north'), aShard('south')];
    silent.answer = hang;
    await start(silent, other);

    await clock.advance(10 * EVERY_MS);

    expect(other.askedCount).to.equal(11);
    expect(silent.askedCount).to.be.within(3, 5);
  });

  for (const { name, stepMs } of [
    { name: 'ahead', stepMs: 60_000 },
    { name: 'behind', stepMs: -60_000 },
  ]) {
    it(`is unfit, and holds claims, while the clock of the store is ${name}`, async () => {
      const shard = aShard('north');
      const fitness = await start(shard, aShard('south'));
      shard.answer = () => Promise.resolve(plusMs(clock.now(), stepMs));
      await clock.advance(EVERY_MS);

      expect(published).to.deep.equal([['north']]);
      expect([fitness.holdMs('north'), fitness.holdMs('south')]).to.deep.equal([EVERY_MS, 0]);
      expect(fitness.isAnswering('north')).to.equal(true);

      shard.answer = () => Promise.resolve(clock.now());
      await clock.advance(EVERY_MS);

      expect(published).to.deep.equal([['north'], []]);
      expect(fitness.holdMs('north')).to.equal(0);
    });
  }

  it('does not take a slow answer for a wrong clock', async () => {
    const shard = aShard('north');
    const fitness = await start(shard);
    shard.answer = async (signal) => {
      const answered = clock.now();
      await clock.sleep(1_900, signal);
      return answered;
    };

    await clock.advance(3 * TTL_MS);

    expect([events, published, fitness.holdMs('north')]).to.deep.equal([[], [], 0]);
  });

  it('holds nothing of a region that no store was named for', async () => {
    const fitness = await start(aShard('north'));

    expect([fitness.holdMs('west'), fitness.isAnswering('west')]).to.deep.equal([0, false]);
  });

  it('publishes again until that was acknowledged, and tells of each failure', async () => {
    const shard = aShard('north');
    await start(shard);
    publishing = () => Promise.reject(new Error('no answer'));
    shard.answer = refuse;
    await clock.advance(TTL_MS + 2 * EVERY_MS);
    publishing = () => Promise.resolve();
    await clock.advance(3 * EVERY_MS);

    expect(published).to.deep.equal([['north'], ['north'], ['north'], ['north']]);
    const failures = events.filter((event) => event.event === 'loop.failed');
    expect(failures.map(({ loop, retryInMs }) => ({ loop, retryInMs }))).to.deep.equal(
      Array.from({ length: 3 }, () => ({ loop: 'fitness', retryInMs: EVERY_MS })),
    );
  });

  it('publishes that it is fit again although nobody acknowledged that it was not', async () => {
    const shard = aShard('north');
    await start(shard);
    publishing = () => Promise.reject(new Error('no answer'));
    shard.answer = refuse;
    await clock.advance(TTL_MS);
    publishing = () => Promise.resolve();
    shard.answer = () => Promise.resolve(clock.now());
    await clock.advance(3 * EVERY_MS);

    expect(published[0]).to.deep.equal(['north']);
    expect(published.at(-1)).to.deep.equal([]);
    const count = published.length;
    await clock.advance(3 * EVERY_MS);
    expect(published).to.have.length(count);
  });

  it('ends at once when it is told to, also in the middle of a probe', async () => {
    const shard = aShard('north');
    shard.answer = hang;
    await start(shard);
    stopping.abort();
    await clock.advance(0);

    await ended;

    expect([events, published]).to.deep.equal([[], []]);
  });
});
