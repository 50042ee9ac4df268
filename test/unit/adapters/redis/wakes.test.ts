import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Redis } from 'ioredis';
import { keysOf } from '../../../../src/adapters/redis/keys.ts';
import { Wakes } from '../../../../src/adapters/redis/wakes.ts';
import { partitionId } from '../../../../src/domain/partition/partition-of.ts';
import type { Wake } from '../../../../src/ports/store.ts';
import { PARTITION, START } from '../../../support/builders.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

/** How long the server takes to answer. */
const ANSWER_MS = 80;
const BEAT_MS = 2_000;

/** A connection whose server answers late, as long as there is a way to it. */
class FakeSubscriber extends EventEmitter {
  readonly requests: (readonly string[])[] = [];
  isOpen = true;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    super();
    this.#clock = clock;
  }

  connect(): Promise<void> {
    return this.#answer();
  }

  async subscribe(...channels: readonly string[]): Promise<void> {
    this.requests.push(channels);
    await this.#answer();
  }

  disconnect(): void {
    this.isOpen = false;
  }

  async #answer(): Promise<void> {
    await this.#clock.sleep(ANSWER_MS, new AbortController().signal);
    if (!this.isOpen) throw new Error('Connection is closed.');
  }
}

describe('Wakes', () => {
  let clock: FakeClock;
  let opened: FakeSubscriber[];
  let wakes: Wakes;
  beforeEach(() => {
    clock = new FakeClock(START);
    opened = [];
    wakes = new Wakes(() => {
      const subscriber = new FakeSubscriber(clock);
      opened.push(subscriber);
      return subscriber as unknown as Redis; // all that is used of it
    }, clock);
  });
  afterEach(async () => {
    const closed = wakes.close();
    await clock.advance(ANSWER_MS);
    await closed;
  });

  function listen(): Wake[] {
    const heard: Wake[] = [];
    wakes.add(PARTITION, (wake) => heard.push(wake));
    return heard;
  }

  it('subscribes to all that is added meanwhile in one request', async () => {
    for (let index = 0; index < 64; index += 1) {
      wakes.add(partitionId('here', index), () => undefined);
    }
    await clock.advance(ANSWER_MS);
    for (let index = 64; index < 128; index += 1) {
      wakes.add(partitionId('here', index), () => undefined);
      wakes.add(partitionId('here', index), () => undefined);
    }
    await clock.advance(2 * ANSWER_MS);

    expect(opened[0]?.requests.map(({ length }) => length)).to.deep.equal([64, 128]);
  });

  it('wakes a listener for everything once it is subscribed: a message may have been missed', async () => {
    const heard = listen();

    await clock.advance(2 * ANSWER_MS - 1);
    expect(heard).to.deep.equal([]);
    await clock.advance(1);
    expect(heard).to.deep.equal(['due', 'divergent']);
  });

  it('does not wake it again while the connection lasts, but for messages', async () => {
    const heard = listen();
    await clock.advance(3 * BEAT_MS);
    listen();
    await clock.advance(ANSWER_MS);
    expect(heard).to.deep.equal(['due', 'divergent']);

    opened[0]?.emit('message', keysOf(PARTITION).wakes, 'due');
    opened[0]?.emit('message', keysOf(PARTITION).wakes, 'something else');
    await clock.advance(0);

    expect(heard).to.deep.equal(['due', 'divergent', 'due']);
    expect(opened).to.have.length(1);
  });

  it('wakes it once more on the next connection, after one was lost', async () => {
    const heard = listen();
    await clock.advance(2 * ANSWER_MS);
    opened[0]?.disconnect();

    await clock.advance(3 * BEAT_MS);

    expect(heard).to.deep.equal(['due', 'divergent', 'due', 'divergent']);
    expect(opened).to.have.length(2);
  });

  it('closes a connection too that is only being made', async () => {
    listen();
    await clock.advance(ANSWER_MS / 2);
    const closed = wakes.close();
    await clock.advance(ANSWER_MS);
    await closed;

    expect(opened.map(({ isOpen }) => isOpen)).to.deep.equal([false]);
  });

  it('opens none any more once it is closed', async () => {
    const closed = wakes.close();
    listen();
    await clock.advance(3 * BEAT_MS);
    await closed;

    expect(opened).to.deep.equal([]);
  });
});
