import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import { ClockGuard } from '../../../src/scheduler/clock-guard.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { START } from '../../support/world.ts';

describe('ClockGuard', () => {
  let clock: FakeClock;
  let events: LutraEvent[];
  let guard: ClockGuard;

  beforeEach(async () => {
    clock = new FakeClock(START);
    await clock.advance(50_000);
    events = [];
    guard = new ClockGuard(clock, (event) => events.push(event));
  });

  it('trusts a clock that goes on by itself, and one that slept with the machine', async () => {
    await clock.advance(100_000);
    expect(guard.holdMs()).to.equal(0);

    clock.suspend(100_000);
    expect(guard.holdMs()).to.equal(0);
  });

  for (const stepMs of [30_000, -30_000]) {
    it(`trusts a step of ${String(stepMs)} ms`, () => {
      clock.stepWall(stepMs);

      expect(guard.holdMs()).to.equal(0);
      expect(events).to.deep.equal([]);
    });
  }

  for (const stepMs of [30_001, -30_001]) {
    it(`holds claims for 10 s of uptime after a step of ${String(stepMs)} ms, which it tells once`, async () => {
      clock.stepWall(stepMs);

      expect(guard.holdMs()).to.equal(10_000);
      await clock.advance(4_000);
      expect(guard.holdMs()).to.equal(6_000);
      clock.suspend(5_999);
      expect(guard.holdMs()).to.equal(1);
      await clock.advance(1);
      expect(guard.holdMs()).to.equal(0);
      expect(events).to.deep.equal([{ event: 'clock.stepped', stepMs, holdMs: 10_000 }]);
    });
  }

  it('holds claims anew after a second step', async () => {
    clock.stepWall(60_000);
    guard.holdMs();
    await clock.advance(9_000);

    clock.stepWall(-60_000);

    expect(guard.holdMs()).to.equal(10_000);
  });
});
