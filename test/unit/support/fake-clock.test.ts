import { expect } from 'chai';
import { describe, it } from 'mocha';
import { FakeClock } from '../../support/fake-clock.ts';

const NEVER = new AbortController().signal;

/** Sleeps again and again, and tells when it woke each time. */
async function wakesOf(
  clock: FakeClock,
  waitsMs: readonly number[],
  wakes: string[],
  name: string,
) {
  for (const ms of waitsMs) {
    await clock.sleep(ms, NEVER);
    wakes.push(`${name} at ${String(clock.monotonicMs())}`);
  }
}

describe('FakeClock', () => {
  it('wakes sleepers in order of time, those of one instant in order of going to sleep', async () => {
    const clock = new FakeClock(1_000);
    const wakes: string[] = [];
    void wakesOf(clock, [10, 10], wakes, 'a');
    void wakesOf(clock, [20, 5], wakes, 'b');

    await clock.advance(25);

    expect(wakes).to.deep.equal(['a at 10', 'b at 20', 'a at 20', 'b at 25']);
  });

  it('wakes nobody before their time', async () => {
    const clock = new FakeClock(1_000);
    const wakes: string[] = [];
    void wakesOf(clock, [10], wakes, 'a');

    await clock.advance(9);

    expect(wakes).to.deep.equal([]);
    expect(clock.now()).to.equal(1_009);
  });

  it('ends a sleep at once when its signal aborts, and does not wake it again', async () => {
    const clock = new FakeClock(0);
    const stop = new AbortController();
    const sleep = clock.sleep(10, stop.signal);

    stop.abort();
    await sleep;
    await clock.sleep(10, stop.signal);

    expect(clock.monotonicMs()).to.equal(0);
  });

  it('cuts a sleep to 30 s', async () => {
    const clock = new FakeClock(0);
    const wakes: string[] = [];
    void wakesOf(clock, [3_600_000], wakes, 'a');

    await clock.advance(30_000);

    expect(wakes).to.deep.equal(['a at 30000']);
  });

  it('steps the wall clock without time passing, and sleeps with the machine without timers running', async () => {
    const clock = new FakeClock(50_000);
    const wakes: string[] = [];
    void wakesOf(clock, [10], wakes, 'a');

    clock.stepWall(-40_000);
    clock.suspend(1_000);
    await clock.advance(1);

    expect(wakes).to.deep.equal([]);
    expect([clock.now(), clock.monotonicMs(), clock.uptimeMs()]).to.deep.equal([11_001, 1, 1_001]);
  });
});
