import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { MemoryRateLimiter } from '../../../src/adapters/memory/rate-limiter.ts';
import { Guesses } from '../../../src/api/guesses.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const WITHIN = { kind: 'within' };
const OVER = { kind: 'over', retryInMs: 60_000 };

describe('Guesses', () => {
  let clock: FakeClock;
  let guesses: Guesses;
  beforeEach(() => {
    clock = new FakeClock(START);
    const limiter = (): MemoryRateLimiter =>
      new MemoryRateLimiter({ requests: 2, perSeconds: 60 }, clock);
    guesses = new Guesses(
      { 'failed-login': limiter(), 'unknown-capability': limiter() },
      { goodMax: 2 },
    );
  });

  type Guess = Parameters<Guesses['look']>[0];

  function aGuess(fields: Partial<Guess> = {}): Guess {
    return { scope: 'failed-login', from: '192.0.2.1', secret: 'a', ...fields };
  }

  async function beWrong(fields: Partial<Guess> = {}, count = 2): Promise<void> {
    for (let made = 0; made < count; made += 1) await guesses.wrong(aGuess(fields));
  }

  it('lets an address be wrong as often as the limit says, whatever it tries', async () => {
    expect(await guesses.wrong(aGuess({ secret: 'a' }))).to.deep.equal(WITHIN);
    expect(guesses.look(aGuess())).to.deep.equal(WITHIN);
    expect(await guesses.wrong(aGuess({ secret: 'b' }))).to.deep.equal(WITHIN);

    expect(guesses.look(aGuess({ secret: 'c' }))).to.deep.equal(OVER);
    expect(await guesses.wrong(aGuess({ secret: 'c' }))).to.deep.equal(OVER);
  });

  it('counts each address and each kind of secret by itself', async () => {
    await beWrong();

    expect(guesses.look(aGuess({ from: '192.0.2.2' }))).to.deep.equal(WITHIN);
    expect(guesses.look(aGuess({ scope: 'unknown-capability' }))).to.deep.equal(WITHIN);
    expect(guesses.look(aGuess({ from: undefined }))).to.deep.equal(WITHIN);
  });

  it('counts a network of IPv6 as one address', async () => {
    await beWrong({ from: '2001:db8::1' });

    expect(guesses.look(aGuess({ from: '2001:db8::ffff:1' }))).to.deep.equal(OVER);
    expect(guesses.look(aGuess({ from: '2001:db8:0:1::1' }))).to.deep.equal(WITHIN);
  });

  it('has what was good before looked at, until it is good no more', async () => {
    guesses.right(aGuess({ secret: 'good' }));
    await beWrong();

    expect(guesses.look(aGuess({ secret: 'good' }))).to.deep.equal(WITHIN);
    const other = aGuess({ secret: 'good', scope: 'unknown-capability' });
    await beWrong({ scope: 'unknown-capability' });
    expect(guesses.look(other)).to.deep.equal(OVER);
    await guesses.wrong(aGuess({ secret: 'good' }));
    expect(guesses.look(aGuess({ secret: 'good' }))).to.deep.equal(OVER);
  });

  it('forgets what was good the longest ago where there is no more room', async () => {
    for (const secret of ['x', 'y', 'x', 'z']) guesses.right(aGuess({ secret }));
    await beWrong();

    const looks = ['x', 'y', 'z'].map((secret) => guesses.look(aGuess({ secret })).kind);

    expect(looks).to.deep.equal(['within', 'over', 'within']);
  });

  it('counts nothing where there is no limit', async () => {
    guesses = new Guesses({});
    await beWrong({}, 100);

    expect(await guesses.wrong(aGuess())).to.deep.equal(WITHIN);
    expect(guesses.look(aGuess())).to.deep.equal(WITHIN);
  });
});
