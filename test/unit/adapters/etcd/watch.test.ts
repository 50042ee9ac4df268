import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { EtcdConnection } from '../../../../src/adapters/etcd/connection.ts';
import { watchKeys } from '../../../../src/adapters/etcd/watch.ts';
import { START } from '../../../support/builders.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { seededRandom } from '../../../support/random.ts';

/** A stream of watch responses that says what a test has it say. */
class FakeStream extends EventEmitter {
  readonly asked: unknown[] = [];
  isEnded = false;

  write(request: unknown): void {
    this.asked.push(request);
  }

  end(): void {
    this.isEnded = true;
  }

  /** gRPC tells of it as of an error. */
  cancel(): void {
    this.emit('error', new Error('1 CANCELLED: Cancelled on client'));
  }

  answer(fields: { readonly created?: boolean; readonly canceled?: boolean } = {}): void {
    this.emit('data', { created: false, canceled: false, ...fields });
  }
}

describe('watchKeys', () => {
  let clock: FakeClock;
  let connection: EtcdConnection;
  let streams: FakeStream[];
  let toldCount: number;
  beforeEach(() => {
    clock = new FakeClock(START);
    streams = [];
    toldCount = 0;
    connection = new EtcdConnection(
      {
        ...{ cluster: 'main', endpoints: ['http://one:2379', 'http://two:2379'] },
        ...{ ttlMs: 5_000, graceMs: 60_000, callTimeoutMs: 1_000 },
      },
      { clock, random: seededRandom(1) },
    );
    for (const { client } of connection.places) {
      client.watchClient.watch = () => {
        const stream = new FakeStream();
        streams.push(stream);
        return Promise.resolve(stream);
      };
    }
  });
  afterEach(() => {
    connection.close();
  });

  /** Watches, and lets the first stream open. */
  async function watching(): Promise<{ readonly stop: () => void; readonly stream: FakeStream }> {
    const stop = watchKeys(connection, () => {
      toldCount += 1;
    });
    await clock.advance(0);
    const [stream] = streams;
    if (stream === undefined) throw new Error('nothing was opened');
    return { stop, stream };
  }

  it('asks for all keys that ownership rests on, and for no other', async () => {
    const { stream } = await watching();

    expect(stream.asked).to.deep.equal([
      {
        create_request: {
          key: Buffer.from('/lutra/main/'),
          range_end: Buffer.from('/lutra/main/t'),
        },
      },
    ]);
  });

  it('tells when it begins, since nobody heard what came before, and of each answer', async () => {
    const { stream } = await watching();
    stream.answer({ created: true });
    await clock.advance(0);
    const whenBegun = toldCount;
    stream.answer();
    await clock.advance(0);

    expect([whenBegun, toldCount]).to.deep.equal([1, 2]);
  });

  it('tells nothing of what came in the moment before it was stopped', async () => {
    const { stop, stream } = await watching();
    stream.answer({ created: true });
    stop();
    await clock.advance(60_000);

    expect(toldCount).to.equal(0);
    expect([stream.isEnded, streams.length]).to.deep.equal([true, 1]);
  });

  it('ends with the connection', async () => {
    const { stream } = await watching();
    connection.close();
    await clock.advance(60_000);

    expect([stream.isEnded, streams.length]).to.deep.equal([true, 1]);
  });

  for (const { name, end } of [
    {
      name: 'was cancelled, as after a compaction',
      end: (stream: FakeStream) => {
        stream.answer({ canceled: true });
      },
    },
    {
      name: 'ended',
      end: (stream: FakeStream) => {
        stream.emit('end');
      },
    },
    {
      name: 'broke',
      end: (stream: FakeStream) => {
        stream.emit('error', new Error('14 UNAVAILABLE: Connection dropped'));
      },
    },
    {
      name: 'is at a member that is not in use any more',
      end: () => {
        connection.leave(connection.place);
      },
    },
  ]) {
    it(`begins anew, soon, where its stream ${name}`, async () => {
      const { stream } = await watching();
      stream.answer({ created: true });
      end(stream);
      await clock.advance(50);

      expect([stream.isEnded, streams.length]).to.deep.equal([true, 2]);
    });
  }

  it('leaves a member whose stream broke, and not one whose stream it ended itself', async () => {
    const { stream } = await watching();
    const first = connection.place;
    stream.answer({ canceled: true });
    const afterCancellation = connection.place;
    await clock.advance(100);
    streams[1]?.emit('error', new Error('14 UNAVAILABLE: Connection dropped'));

    expect(afterCancellation).to.equal(first);
    expect(connection.place).not.to.equal(first);
  });

  it('tries ever less often where nothing begins, but does not give up', async () => {
    await watching();
    const openedAtMs: number[] = [];
    for (let passedMs = 0; passedMs < 20_000; passedMs += 10) {
      const last = streams.at(-1);
      if (streams.length > openedAtMs.length) openedAtMs.push(passedMs);
      if (last?.isEnded === false) last.emit('error', new Error('14 UNAVAILABLE'));
      await clock.advance(10);
    }

    const waits = openedAtMs.map((at, index) => at - (openedAtMs[index - 1] ?? 0)).slice(1);
    expect(waits[0]).to.be.lessThan(100);
    expect(waits.at(-1)).to.be.within(1_000, 2_010);
    expect(openedAtMs.at(-1)).to.be.greaterThan(17_000);
  });

  it('begins anew as soon as ever where a stream had begun, however many had not', async () => {
    await watching();
    for (let failed = 0; failed < 10; failed += 1) {
      streams.at(-1)?.emit('error', new Error('14 UNAVAILABLE'));
      await clock.advance(2_000);
    }
    const openedCount = streams.length;
    streams.at(-1)?.answer({ created: true });
    streams.at(-1)?.emit('error', new Error('14 UNAVAILABLE'));
    await clock.advance(50);

    expect(streams).to.have.length(openedCount + 1);
  });

  it('ends a stream that opens after it was stopped', async () => {
    const stop = watchKeys(connection, () => undefined);
    stop();
    await clock.advance(0);

    expect(streams.map(({ isEnded }) => isEnded)).to.deep.equal([true]);
  });

  it('ends a stream that opens at a member that is not in use any more', async () => {
    watchKeys(connection, () => undefined);
    connection.leave(connection.place);
    await clock.advance(0);

    expect(streams.map(({ isEnded }) => isEnded)).to.deep.equal([true]);
  });

  it('goes on where a stream cannot even be opened', async () => {
    let triedCount = 0;
    for (const { client } of connection.places) {
      client.watchClient.watch = () => {
        triedCount += 1;
        return Promise.reject(new Error('etcdserver: authentication failed'));
      };
    }
    const first = connection.place;
    watchKeys(connection, () => undefined);
    await clock.advance(0);
    const next = connection.place;
    await clock.advance(1_000);

    expect(next).not.to.equal(first);
    expect(triedCount).to.be.greaterThan(3);
  });
});
