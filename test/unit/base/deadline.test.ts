import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { Clock } from '../../../src/base/clock.ts';
import { withDeadline } from '../../../src/base/deadline.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('withDeadline', () => {
  let clock: FakeClock;
  let parent: AbortController;
  /** Timers that have begun and not ended. */
  let timers: Set<object>;

  beforeEach(() => {
    clock = new FakeClock(0);
    parent = new AbortController();
    timers = new Set();
  });

  const counting: Clock = {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    uptimeMs: () => clock.uptimeMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    timer: (ms, run) => {
      const timer = {};
      timers.add(timer);
      const cancel = clock.timer(ms, () => {
        timers.delete(timer);
        run();
      });
      return () => {
        timers.delete(timer);
        cancel();
      };
    },
  };

  function limited<Result>(
    ms: number,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    return withDeadline({ clock: counting, ms, parent: parent.signal }, work);
  }

  /** Rejects with the signal's reason when it aborts, and tells when that was. */
  function untilAborted(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  }

  async function outcomeAt(promise: Promise<unknown>): Promise<readonly [unknown, number]> {
    const outcome = await promise.catch((error: unknown) => error);
    return [outcome, clock.monotonicMs()];
  }

  it('passes on what the work answers or rejects with', async () => {
    expect(await limited(50, () => Promise.resolve('answer'))).to.equal('answer');

    const error = new Error('no');
    const outcome = await limited(50, () => Promise.reject(error)).catch(
      (caught: unknown) => caught,
    );
    expect(outcome).to.equal(error);
  });

  it('aborts the work after the time given, and says how long that was', async () => {
    const outcome = outcomeAt(limited(50, untilAborted));

    await clock.advance(100);

    const [error, atMs] = await outcome;
    expect(error).to.have.property('message', 'no answer within 50 ms');
    expect(atMs).to.equal(50);
  });

  it('aborts it not a moment before', async () => {
    let signal: AbortSignal | undefined;
    void outcomeAt(
      limited(50, (given) => {
        signal = given;
        return untilAborted(given);
      }),
    );

    await clock.advance(49);
    expect(signal?.aborted).to.be.false;
    await clock.advance(1);

    expect(signal?.aborted).to.be.true;
  });

  it('waits longer than the longest single sleep where it is asked to', async () => {
    let signal: AbortSignal | undefined;
    void outcomeAt(
      limited(70_000, (given) => {
        signal = given;
        return untilAborted(given);
      }),
    );

    await clock.advance(69_999);
    expect(signal?.aborted).to.be.false;
    await clock.advance(1);

    expect(signal?.aborted).to.be.true;
  });

  it('aborts the work when its parent aborts, for the same reason', async () => {
    const reason = new Error('the term is over');
    const outcome = outcomeAt(limited(50, untilAborted));

    parent.abort(reason);

    expect(await outcome).to.deep.equal([reason, 0]);
  });

  it('gives the work a signal that has aborted where its parent has', async () => {
    parent.abort();

    expect(await limited(50, (signal) => Promise.resolve(signal.aborted))).to.be.true;
  });

  it('leaves no timer and no listener behind, however the work ends', async () => {
    const leftBehind = (): readonly number[] => [
      getEventListeners(parent.signal, 'abort').length,
      timers.size,
    ];

    await limited(50, () => Promise.resolve());
    await limited(50, () => Promise.reject(new Error('no'))).catch(() => undefined);
    const over = outcomeAt(limited(50, untilAborted));
    expect(leftBehind()).to.deep.equal([1, 1]);
    await clock.advance(50);
    await over;

    expect(leftBehind()).to.deep.equal([0, 0]);
  });
});
