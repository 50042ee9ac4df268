import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { InvariantError } from '../../../src/base/assert.ts';
import type { TermEnd } from '../../../src/ports/owner-term.ts';
import { ClockGuard } from '../../../src/scheduler/clock-guard.ts';
import { runScheduler } from '../../../src/scheduler/run.ts';
import type { SchedulerDeps, SchedulerSettings } from '../../../src/scheduler/run.ts';
import { delayAfter, delayBefore, loseReply, rejectWith } from '../../support/faulty-store.ts';
import { after, SCHEDULER, World } from '../../support/world.ts';
import type { RunningLoop } from '../../support/world.ts';

const NEVER = new AbortController().signal;
const HOUR_MS = 3_600_000;
/** So rare that only other reasons bring a pass about. */
const RARE_POLL: Partial<SchedulerSettings> = { pollMs: 30_000 };

describe('runScheduler', () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  function start(
    settings: Partial<SchedulerSettings> = {},
    deps: Partial<SchedulerDeps> = {},
  ): Promise<RunningLoop<TermEnd>> {
    return world.start((term) =>
      runScheduler(term, { ...world.schedulerDeps(), ...deps }, { ...SCHEDULER, ...settings }),
    );
  }

  /** Planned time and lateness of each firing so far, in ms. */
  function firings(): readonly (readonly [number, number])[] {
    return world
      .told('policy.fired')
      .map(({ plannedAt, latenessMs }) => [plannedAt - after(0), latenessMs]);
  }

  it('fires at the due instant, not before it and not after it', async () => {
    await world.addGroup({ policies: { up: { cron: '* * * * *' } } });
    await start();

    await world.clock.advance(59_999);
    expect(firings()).to.deep.equal([]);
    await world.clock.advance(1);

    expect(firings()).to.deep.equal([[60_000, 0]]);
  });

  it('fires a policy in two seconds that is made to do so while the loop sleeps', async () => {
    await start(RARE_POLL);
    await world.clock.advance(500);

    await world.addGroup({ policies: { soon: { at: after(2_500) } } });
    await world.clock.advance(2_000);

    expect(firings()).to.deep.equal([[2_500, 0]]);
  });

  it('fires it in two seconds without any wake, by its poll', async () => {
    world.store.passesWakes = false;
    await start({ pollMs: 1_000 });
    await world.clock.advance(500);

    await world.addGroup({ policies: { soon: { at: after(2_500) } } });
    await world.clock.advance(2_000);

    expect(firings()).to.deep.equal([[2_500, 0]]);
  });

  it('sleeps until the next due time without a pass in between', async () => {
    await world.addGroup({ policies: { later: { at: after(20_000) } } });
    await start(RARE_POLL);

    await world.clock.advance(19_999);
    expect(world.store.count('due')).to.equal(1);
    await world.clock.advance(1);

    expect(world.store.count('due')).to.equal(2);
    expect(firings()).to.deep.equal([[20_000, 0]]);
  });

  it('is not woken by groups that become divergent', async () => {
    const groupId = await world.addGroup({});
    await start(RARE_POLL);

    await world.write(groupId, { divergence: 'mark' });
    await world.clock.advance(1);

    expect(world.store.count('due')).to.equal(1);
  });

  it('is on time every second although no wake and no poll helps', async () => {
    world.store.passesWakes = false;
    await world.addGroup({ policies: { up: { cron: '* * * * * *' } } });
    await start(RARE_POLL);

    await world.clock.advance(4_000);

    expect(firings()).to.deep.equal([
      [1_000, 0],
      [2_000, 0],
      [3_000, 0],
      [4_000, 0],
    ]);
  });

  it('counts the time of a slow commit as part of the wait for the next due time', async () => {
    world.store.passesWakes = false;
    await world.addGroup({ policies: { first: { at: after(1_000) } } });
    await world.addGroup({ policies: { second: { at: after(1_400) } } });
    world.store.plan = ({ method }) =>
      method === 'commit' ? delayAfter(world.clock.sleep(300, NEVER)) : undefined;
    await start(RARE_POLL);

    await world.clock.advance(2_000);

    expect(firings()).to.deep.equal([
      [1_000, 0],
      [1_400, 0],
    ]);
  });

  it('drains a backlog batch by batch, and lets others run in between', async () => {
    for (let count = 0; count < 5; count += 1) {
      await world.addGroup({ policies: { up: { cron: '* * * * *' } } });
    }
    await world.clock.advance(60_000);
    const story: string[] = [];
    world.store.plan = ({ method }) => {
      if (method === 'commit') story.push('batch');
      return undefined;
    };
    const other = (async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await world.clock.sleep(0, NEVER);
        story.push('other');
      }
    })();

    await start({ batchMax: 2 });
    await other;

    expect(story).to.deep.equal(['batch', 'other', 'batch', 'other', 'batch', 'other']);
    expect(firings()).to.have.length(5);
  });

  it('does not flap at a cooldown of exactly one period, though claims are a few ms late', async () => {
    const groupId = await world.addGroup({
      limits: { cooldownSeconds: 60 },
      policies: { up: { cron: '* * * * *', cooldownSeconds: 60 } },
    });
    world.store.plan = ({ method, ofMethod }) =>
      method === 'due' ? delayBefore(world.clock.sleep((ofMethod * 37) % 20, NEVER)) : undefined;
    await start(RARE_POLL);

    await world.clock.advance(10 * 60_000 + 100);

    expect((await world.stateOf(groupId)).desired).to.equal(10);
    const latenesses = firings().map(([, latenessMs]) => latenessMs);
    expect(new Set(latenesses).size).to.be.greaterThan(1);
  });

  it('fires the latest occurrence once after an outage, and records the rest as one missed run', async () => {
    const groupId = await world.addGroup({ policies: { up: { cron: '* * * * *' } } });
    await world.clock.advance(HOUR_MS + 30_000);

    await start();

    const events = await world.history(groupId);
    expect(events.map(({ event }) => event)).to.deep.equal(['policy.missed', 'policy.fired']);
    expect(events[0]).to.deep.include({
      ...{ first: after(60_000), last: after(HOUR_MS - 60_000), reason: 'superseded' },
      schedule: { kind: 'cron', cron: '* * * * *' },
    });
    expect(events[1]).to.include({ plannedAt: after(HOUR_MS), dueAt: after(60_000) });
    expect(await world.dueAt(groupId, 'up')).to.equal(after(HOUR_MS + 60_000));
  });

  it('fires a one-off time once after any outage', async () => {
    const groupId = await world.addGroup({ policies: { once: { at: after(20_000) } } });
    await world.clock.advance(30 * 24 * HOUR_MS);

    await start();
    await world.clock.advance(HOUR_MS);

    expect(await world.history(groupId)).to.have.length(1);
    expect(firings().map(([plannedAt]) => plannedAt)).to.deep.equal([20_000]);
    expect((await world.stateOf(groupId)).desired).to.equal(1);
  });

  it('fires exactly once where the reply to the commit is lost', async () => {
    const groupId = await world.addGroup({ policies: { up: { cron: '* * * * *' } } });
    world.store.plan = ({ method, ofMethod }) =>
      method === 'commit' && ofMethod === 1 ? loseReply : undefined;
    await start();

    await world.clock.advance(60_000 + 5_000);

    expect(await world.history(groupId)).to.have.length(1);
    expect((await world.stateOf(groupId)).desired).to.equal(1);
  });

  it('backs off, longer each time, while the store does not answer, and loses nothing', async () => {
    const groupId = await world.addGroup({ policies: { up: { cron: '* * * * *' } } });
    await start(RARE_POLL);
    await world.clock.advance(59_000);
    let isAway = true;
    world.store.plan = () => (isAway ? rejectWith('store-unavailable') : undefined);

    await world.clock.advance(31_000);

    const waits = world.told('loop.failed').map(({ retryInMs }) => retryInMs);
    expect(world.told('loop.failed')[0]).to.include({ loop: 'scheduler', partition: 'home/0' });
    expect(waits.slice(0, 6).every((ms, index) => ms > (waits[index - 1] ?? 0) * 0.99)).to.be.true;
    expect(Math.max(...waits)).to.be.within(2_500, 5_000);
    isAway = false;
    await world.clock.advance(5_000);
    expect(await world.history(groupId)).to.have.length(1);
  });

  it('begins its back-off anew after a pass that was answered', async () => {
    world.store.plan = ({ ofMethod }) =>
      ofMethod === 3 ? undefined : rejectWith('store-unavailable');
    await start({ pollMs: 1 });

    await world.clock.advance(500);

    const waits = world.told('loop.failed').map(({ retryInMs }) => retryInMs);
    expect(waits[1]).to.be.within(100, 200);
    expect(waits[2]).to.be.within(50, 100);
  });

  for (const code of ['store-changed', 'store-foreign'] as const) {
    it(`ends where it is no more the store that it was (${code})`, async () => {
      await world.addGroup({ policies: { up: { cron: '* * * * *' } } });
      const loop = await start();
      world.store.plan = ({ method }) => (method === 'commit' ? rejectWith(code) : undefined);

      await world.clock.advance(60_000);

      expect(await loop.ended).to.deep.equal({ kind: 'store-changed' });
      expect(world.told('loop.failed')).to.deep.equal([]);
    });
  }

  it('ends where a newer owner has the partition, and writes nothing', async () => {
    const groupId = await world.addGroup({ policies: { up: { cron: '* * * * *' } } });
    const loop = await start();
    const newer = await world.newTerm(NEVER);
    const before = await world.stored(groupId);

    await world.clock.advance(60_000);

    expect(await loop.ended).to.deep.equal({ kind: 'fenced', newest: newer.token });
    expect(await world.stored(groupId)).to.deep.equal(before);
  });

  it('stops with its term, and does not listen any more', async () => {
    const loop = await start();

    expect(await loop.stop()).to.deep.equal({ kind: 'stopped' });

    const calls = world.store.calls.length;
    await world.addGroup({ policies: { soon: { at: after(10) } } });
    await world.clock.advance(HOUR_MS);
    expect(world.store.calls).to.have.length(calls);
    expect(world.state.wakes.has(loop.term.partition)).to.be.false;
  });

  it('stops at once in the middle of a back-off', async () => {
    world.store.plan = () => rejectWith('store-unavailable');
    const loop = await start();

    expect(await loop.stop()).to.deep.equal({ kind: 'stopped' });
  });

  it('rejects where an invariant broke', async () => {
    world.store.plan = () => () => Promise.reject(new InvariantError('broken'));
    const loop = await start();

    const outcome = await loop.ended.catch((error: unknown) => error);

    expect(outcome).to.be.instanceOf(InvariantError);
  });

  describe('on a clock that is not to be trusted', () => {
    function startGuarded(): Promise<RunningLoop<TermEnd>> {
      const guard = new ClockGuard(world.clock, world.observe);
      return start({}, { holdMs: () => guard.holdMs() });
    }

    it('claims nothing for 10 s after the clock was set forward, then believes it', async () => {
      await world.addGroup({ policies: { noon: { cron: '0 12 * * *' } } });
      await startGuarded();

      world.clock.stepWall(12 * HOUR_MS);
      await world.clock.advance(10_000);
      expect(firings()).to.deep.equal([]);
      await world.clock.advance(1_000);

      expect(firings().map(([plannedAt]) => plannedAt)).to.deep.equal([12 * HOUR_MS]);
      const told = world.told('clock.stepped');
      expect(told).to.deep.equal([
        { event: 'clock.stepped', stepMs: 12 * HOUR_MS, holdMs: 10_000 },
      ]);
    });

    it('fires nothing where the clock is put right again within the 10 s', async () => {
      await world.addGroup({ policies: { noon: { cron: '0 12 * * *' } } });
      await startGuarded();

      world.clock.stepWall(12 * HOUR_MS);
      await world.clock.advance(9_000);
      world.clock.stepWall(-12 * HOUR_MS);
      await world.clock.advance(60_000);

      expect(firings()).to.deep.equal([]);
      expect(world.told('clock.stepped')).to.have.length(2);
    });

    it('claims nothing for 10 s after the clock was set back either, not even when woken', async () => {
      await startGuarded();

      world.clock.stepWall(-HOUR_MS);
      await world.clock.advance(1_000);
      await world.addGroup({ policies: { soon: { at: after(-HOUR_MS + 2_000) } } });
      await world.clock.advance(9_999);
      expect(firings()).to.deep.equal([]);
      await world.clock.advance(1);

      expect(firings()).to.deep.equal([[-HOUR_MS + 2_000, 9_000]]);
    });

    it('claims at once after the machine slept', async () => {
      await world.addGroup({ policies: { noon: { cron: '0 12 * * *' } } });
      await startGuarded();

      world.clock.suspend(12 * HOUR_MS);
      await world.clock.advance(1_000);

      expect(firings()).to.deep.equal([[12 * HOUR_MS, 1_000]]);
      expect(world.told('clock.stepped')).to.deep.equal([]);
    });
  });
});
