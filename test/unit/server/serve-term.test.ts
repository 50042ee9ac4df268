import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { MemoryCalendarRegistry } from '../../../src/adapters/memory/calendar-registry.ts';
import { InvariantError } from '../../../src/base/assert.ts';
import { Gate } from '../../../src/base/gate.ts';
import { UNOBSERVED } from '../../../src/domain/group/group.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { StoredGroup } from '../../../src/ports/store.ts';
import type { TermEnd } from '../../../src/ports/owner-term.ts';
import { serveTerm } from '../../../src/server/serve-term.ts';
import type { ServeSettings } from '../../../src/server/serve-term.ts';
import { delayBefore } from '../../support/faulty-store.ts';
import { after, CONVERGER, SCHEDULER, World } from '../../support/world.ts';
import type { RunningLoop } from '../../support/world.ts';

const NEVER = new AbortController().signal;
const ZONES = { timeZones: '2030a' };
const FOREVER = new Promise(() => undefined);
const SETTINGS: ServeSettings = {
  sweepDelayMs: 0,
  scheduler: { ...SCHEDULER, repairIntervalMs: 300_000 },
  converger: { ...CONVERGER, selfHealIntervalMs: 300_000 },
};

describe('serveTerm', () => {
  let world: World;
  let mended: GroupId[];
  let sweeping: Gate;
  const mendLists = (groups: readonly StoredGroup[]): Promise<void> => {
    mended.push(...groups.map(({ groupId }) => groupId));
    return Promise.resolve();
  };

  beforeEach(() => {
    world = new World();
    mended = [];
    sweeping = new Gate(1);
  });

  function start(): Promise<RunningLoop<TermEnd>> {
    const deps = {
      ...{ ...world.schedulerDeps(), ...world.convergerDeps(), ...ZONES, mendLists, sweeping },
      calendars: new MemoryCalendarRegistry(),
    };
    return world.start((term) => serveTerm(term, deps, SETTINGS));
  }

  it('fires what is due and converges it', async () => {
    const groupId = await world.addGroup({
      observed: { ...UNOBSERVED, actual: 0, observedAt: after(0) },
      policies: { up: { cron: '* * * * *' } },
    });
    await start();

    await world.clock.advance(60_000);

    expect(world.provider.actual.get(groupId)).to.equal(1);
    expect((await world.history(groupId)).map(({ event }) => event)).to.deep.equal([
      'policy.fired',
      'group.converged',
    ]);
    expect(world.provider.orders()[0]?.cause).to.equal(`up@${after(60_000)}`);
  });

  it('arms what has lost its due entry', async () => {
    const groupId = await world.addGroup({
      policies: { up: { cron: '* * * * *', dueAt: 'never' } },
    });

    await start();

    expect(await world.dueAt(groupId, 'up')).to.equal(after(60_000));
  });

  it('mends the lists that its groups are on', async () => {
    const groupId = await world.addGroup({ policies: {} });

    await start();

    await world.clock.advance(1_000);

    expect(mended).to.deep.equal([groupId]);
  });

  it('heals what has drifted', async () => {
    const groupId = await world.addGroup({
      state: { desired: 2 },
      observed: { ...UNOBSERVED, actual: 2, observedAt: after(0) },
    });
    world.provider.actual.set(groupId, 1);
    await start();
    expect(world.provider.calls).to.deep.equal([]);

    await world.clock.advance(301_000);

    expect(world.provider.actual.get(groupId)).to.equal(2);
  });

  it('looks at a group of a local provider when it begins, and then no more often than at others', async () => {
    world.provider.isLocal = true;
    const groupId = await world.addGroup({
      observed: { ...UNOBSERVED, actual: 0, observedAt: after(-1) },
    });
    await start();
    await world.clock.advance(1_000);
    expect(world.provider.calls).to.have.length(1);

    await world.clock.advance(200_000);
    await world.write(groupId, { divergence: 'mark' });
    await world.clock.advance(200_000);

    expect(world.provider.calls).to.have.length(2);
  });

  it('stops all its loops with the term', async () => {
    await world.addGroup({ isDivergent: true, state: { desired: 1 } });
    world.provider.behave = () => FOREVER;
    const loop = await start();

    expect(await loop.stop()).to.deep.equal({ kind: 'stopped' });

    expect(getEventListeners(loop.term.signal, 'abort')).to.deep.equal([]);
    const calls = world.store.calls.length;
    await world.clock.advance(600_000);
    expect(world.store.calls).to.have.length(calls);
    expect(world.provider.underWay.now).to.equal(0);
  });

  it('claims what is due until the last pass has ended', async () => {
    await world.addGroup({ isDivergent: true, state: { desired: 2 } });
    const groupId = await world.addGroup({ policies: { up: { cron: '* * * * *' } } });
    world.provider.behave = () => FOREVER;
    world.store.plan = ({ method }) =>
      method === 'settle' ? delayBefore(world.clock.sleep(20_000, NEVER)) : undefined;
    const loop = await start();
    await world.clock.advance(50_000);

    loop.end();
    await world.clock.advance(15_000);

    const events = await world.history(groupId);
    expect(events.map(({ event }) => event)).to.deep.equal(['policy.fired']);
    await world.clock.advance(10_000);
    expect(await loop.ended).to.deep.equal({ kind: 'stopped' });
  });

  it('stops at once in a term that is over', async () => {
    const over = new AbortController();
    over.abort();
    const term = await world.newTerm(over.signal);
    const deps = {
      ...world.schedulerDeps(),
      ...world.convergerDeps(),
      ...ZONES,
      mendLists,
      sweeping,
      calendars: new MemoryCalendarRegistry(),
    };

    expect(await serveTerm(term, deps, SETTINGS)).to.deep.equal({ kind: 'stopped' });

    expect(world.store.calls).to.deep.equal([]);
  });

  it('ends all its loops, and their calls, when one of them is fenced', async () => {
    await world.addGroup({ isDivergent: true, state: { desired: 1 } });
    await world.addGroup({ policies: { up: { cron: '* * * * *' } } });
    world.provider.behave = () => FOREVER;
    const loop = await start();
    await world.clock.advance(59_000);
    const newer = await world.newTerm(NEVER);

    await world.clock.advance(1_000);

    expect(await loop.ended).to.deep.equal({ kind: 'fenced', newest: newer.token });
    expect(world.provider.underWay.now).to.equal(0);
    expect(loop.term.signal.aborted).to.be.false;
  });

  it('passes the error of a loop on when the others have stopped', async () => {
    await world.addGroup({ isDivergent: true, state: { desired: 1 } });
    world.provider.behave = () => FOREVER;
    const broken = new InvariantError('broken');
    const loop = await start();
    world.store.plan = ({ method }) =>
      method === 'due' ? () => Promise.reject(broken) : undefined;

    await world.clock.advance(1_000);

    expect(await loop.ended.catch((error: unknown) => error)).to.equal(broken);
    expect(world.provider.underWay.now).to.equal(0);
  });
});
