import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { Latch } from '../../../src/base/latch.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('Latch', () => {
  let clock: FakeClock;
  let end: AbortController;
  let latch: Latch;

  beforeEach(() => {
    clock = new FakeClock(0);
    end = new AbortController();
    latch = new Latch(clock, end.signal);
  });

  /** Waits, and tells after how many ms the wait was over; undefined where it is not over. */
  async function waited(ms: number, during: () => void = () => undefined) {
    let overAtMs: number | undefined;
    const startedMs = clock.monotonicMs();
    void latch.wait(ms).then(() => {
      overAtMs = clock.monotonicMs() - startedMs;
    });
    await clock.advance(10);
    during();
    await clock.advance(90);
    return overAtMs;
  }

  it('waits for the time given', async () => {
    expect(await waited(40)).to.equal(40);
    expect(await waited(101)).to.be.undefined;
  });

  it('waits no longer when it is set meanwhile', async () => {
    expect(
      await waited(40, () => {
        latch.set();
      }),
    ).to.equal(10);
  });

  it('remembers that it was set between two waits, and once only', async () => {
    latch.set();
    latch.set();

    expect(await waited(40)).to.equal(0);
    expect(await waited(40)).to.equal(40);
  });

  it('forgets a set that has ended a wait', async () => {
    await waited(40, () => {
      latch.set();
    });

    expect(await waited(40)).to.equal(40);
  });

  it('never waits again once its signal has aborted', async () => {
    expect(
      await waited(40, () => {
        end.abort();
      }),
    ).to.equal(10);
    expect(await waited(40)).to.equal(0);
    expect(await waited(40)).to.equal(0);
  });

  it('does not wait for a signal that has aborted before', async () => {
    end.abort();
    latch = new Latch(clock, end.signal);

    expect(await waited(40)).to.equal(0);
  });

  it('listens to its signal once, however often it waits', async () => {
    await waited(10);
    await waited(10);

    expect(getEventListeners(end.signal, 'abort')).to.have.length(1);
  });
});
