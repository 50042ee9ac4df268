import { expect } from 'chai';
import { describe, it } from 'mocha';
import { answerWithin } from '../../../src/api/answer-within.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { finish, rejectionOf } from '../../support/scaling.ts';

function aLimit(): {
  readonly clock: FakeClock;
  readonly ms: number;
  readonly late: () => Error;
  readonly error: Error;
} {
  const error = new Error('too late');
  return { clock: new FakeClock(START), ms: 100, late: () => error, error };
}

describe('answerWithin', () => {
  it('answers and rejects as the work does', async () => {
    const limit = aLimit();
    const failure = new Error('no');

    expect(await answerWithin(limit, () => Promise.resolve('yes'))).to.equal('yes');
    expect(await rejectionOf(answerWithin(limit, () => Promise.reject(failure)))).to.equal(failure);
  });

  it('gives up on work that does not end, and tells it why', async () => {
    const limit = aLimit();
    const signals: AbortSignal[] = [];

    const error = await finish(
      limit.clock,
      rejectionOf(
        answerWithin(limit, ({ signal }) => {
          signals.push(signal);
          return new Promise(() => undefined);
        }),
      ),
    );

    expect(error).to.equal(limit.error);
    expect(signals.map(({ reason }) => reason as unknown)).to.deep.equal([limit.error]);
    expect(limit.clock.monotonicMs()).to.equal(100);
  });

  it('does not give up before the time is over', async () => {
    const limit = aLimit();

    const answer = await finish(
      limit.clock,
      answerWithin(limit, ({ signal }) => limit.clock.sleep(99, signal).then(() => 'in time')),
    );

    expect(answer).to.equal('in time');
  });

  it('does not keep a timer, nor abort anything, once the work has ended', async () => {
    const limit = aLimit();
    const signals: AbortSignal[] = [];
    await answerWithin(limit, ({ signal }) => {
      signals.push(signal);
      return Promise.resolve();
    });

    await limit.clock.advance(1_000);

    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false]);
  });

  it('has told already, of work that looks at the deadline when it has passed', async () => {
    const limit = aLimit();
    let reason: unknown;

    await finish(
      limit.clock,
      rejectionOf(
        answerWithin(limit, async (deadline) => {
          await limit.clock.sleep(200, new AbortController().signal);
          reason = deadline.signal.reason as unknown;
        }),
      ),
    );
    await limit.clock.advance(200);

    expect(reason).to.equal(limit.error);
  });

  it("does not keep a timer for work that throws at once: its end would be nobody's to hear", async () => {
    const limit = aLimit();
    const failure = new Error('no');
    let lateCount = 0;
    const late = (): Error => {
      lateCount += 1;
      return limit.error;
    };

    const error = await rejectionOf(
      answerWithin({ ...limit, late }, () => {
        throw failure;
      }),
    );
    await limit.clock.advance(1_000);

    expect(error).to.equal(failure);
    expect(lateCount).to.equal(0);
  });
});
