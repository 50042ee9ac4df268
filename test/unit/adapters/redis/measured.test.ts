import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { RedisConnection } from '../../../../src/adapters/redis/connection.ts';
import { measured } from '../../../../src/adapters/redis/measured.ts';
import type { RedisCall } from '../../../../src/adapters/redis/measured.ts';
import { SCRIPTS } from '../../../../src/adapters/redis/scripts.ts';
import { rejection } from '../../../contract/store-fixture.ts';
import { START } from '../../../support/builders.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

describe('A connection to Redis that is measured', () => {
  let clock: FakeClock;
  let calls: RedisCall[];
  beforeEach(() => {
    clock = new FakeClock(START);
    calls = [];
  });

  function over(answer: () => Promise<unknown>): RedisConnection {
    const plain = {
      ...{ kind: 'single', run: answer, runReplicated: answer, send: answer },
      primaries: () => [],
    };
    // Neither wakes nor the end of the connection are a round trip.
    return measured(plain as unknown as RedisConnection, clock, (call) => calls.push(call));
  }

  it('tells the name and the time of each script and command that was answered', async () => {
    const connection = over(async () => {
      await clock.advance(3);
      return 'answer';
    });

    expect(await connection.run(SCRIPTS.due, [], [])).to.equal('answer');
    expect(await connection.runReplicated(SCRIPTS.acquire, [], [])).to.equal('answer');
    expect(await connection.send('ZADD', 'key')).to.equal('answer');

    expect(calls).to.deep.equal([
      { operation: 'due', durationMs: 3, isAnswered: true },
      { operation: 'acquire', durationMs: 3, isAnswered: true },
      { operation: 'zadd', durationMs: 3, isAnswered: true },
    ]);
  });

  it('tells of one that was not, and passes on why', async () => {
    const connection = over(() => Promise.reject(new Error('gone')));

    expect(String(await rejection(connection.send('PING')))).to.contain('gone');

    expect(calls).to.deep.equal([{ operation: 'ping', durationMs: 0, isAnswered: false }]);
  });
});
