import { expect } from 'chai';
import { describe, it } from 'mocha';
import { MemoryRateLimiter } from '../../../../src/adapters/memory/rate-limiter.ts';
import { START } from '../../../support/builders.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const RATE = { requests: 1, perSeconds: 60 } as const;
const OVER = { kind: 'over', retryInMs: 60_000 };

describe('MemoryRateLimiter', () => {
  it('forgets the key that it has counted for longest where there is no more room, and no other', async () => {
    const limiter = new MemoryRateLimiter(RATE, new FakeClock(START), { keysMax: 2 });
    for (const key of ['a', 'b', 'c']) await limiter.take(key);

    expect(await limiter.take('b')).to.deep.equal(OVER);
    expect(await limiter.take('c')).to.deep.equal(OVER);
    expect(await limiter.take('a')).to.deep.equal({ kind: 'within' });
  });

  it('begins anew at the instant at which it said so', async () => {
    const clock = new FakeClock(START);
    const limiter = new MemoryRateLimiter(RATE, clock);
    await limiter.take('a');
    await clock.advance(59_999);

    expect(await limiter.take('a')).to.deep.equal({ kind: 'over', retryInMs: 1 });
    await clock.advance(1);
    expect(await limiter.take('a')).to.deep.equal({ kind: 'within' });
  });

  it('has room again for those whose time is over', async () => {
    const clock = new FakeClock(START);
    const limiter = new MemoryRateLimiter(RATE, clock, { keysMax: 2 });
    await limiter.take('a');
    await clock.advance(59_999);
    await limiter.take('b');
    await clock.advance(1);

    await limiter.take('c');

    expect(await limiter.take('b')).to.deep.equal({ kind: 'over', retryInMs: 59_999 });
    expect(await limiter.take('c')).to.deep.equal(OVER);
  });

  it('is not misled by a wall clock that is set', async () => {
    const clock = new FakeClock(START);
    const limiter = new MemoryRateLimiter(RATE, clock);
    await limiter.take('a');
    clock.stepWall(3_600_000);

    expect(await limiter.take('a')).to.deep.equal(OVER);
  });
});
