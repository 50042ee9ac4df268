import { expect } from 'chai';
import { describe, it } from 'mocha';
import { systemClock } from '../../../src/adapters/system/clock.ts';

const NEVER = new AbortController().signal;

describe('systemClock', () => {
  it('tells the wall time and the time since the machine started', () => {
    expect(Math.abs(systemClock.now() - Date.now())).to.be.below(100);
    expect(Number.isInteger(systemClock.now())).to.equal(true);
    expect(systemClock.uptimeMs()).to.be.above(systemClock.monotonicMs());
  });

  it('sleeps as long as it is told', async () => {
    const startedAtMs = systemClock.monotonicMs();

    await systemClock.sleep(30, NEVER);

    // A timer of Node may fire up to a millisecond early.
    expect(systemClock.monotonicMs() - startedAtMs).to.be.within(28, 1000);
  });

  it('wakes at once when the signal aborts, and does not sleep where it has', async () => {
    const startedAtMs = systemClock.monotonicMs();
    const ends = new AbortController();
    const asleep = systemClock.sleep(20_000, ends.signal);

    ends.abort();

    await asleep;
    await systemClock.sleep(20_000, ends.signal);
    expect(systemClock.monotonicMs() - startedAtMs).to.be.below(1000);
  });

  it('cuts waits that no timer can hold', async () => {
    const ends = new AbortController();
    let isAwake = false;
    // Node's timers turn more than 2^31 ms into one.
    const asleep = systemClock.sleep(2 ** 40, ends.signal).then(() => (isAwake = true));

    await systemClock.sleep(20, NEVER);

    expect(isAwake).to.equal(false);
    ends.abort();
    await asleep;
  });

  it('leaves nothing behind on a signal that lives on', async () => {
    const signal = new CountingSignal();

    await systemClock.sleep(1, signal);

    expect(signal.listenerCount).to.equal(0);
  });
});

/** A signal that knows how many listen to it. */
class CountingSignal extends EventTarget implements AbortSignal {
  readonly aborted = false;
  readonly reason = undefined;
  readonly onabort = null;
  listenerCount = 0;

  throwIfAborted(): void {
    return undefined;
  }

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.listenerCount += 1;
    super.addEventListener(...args);
  }

  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    this.listenerCount -= 1;
    super.removeEventListener(...args);
  }
}
