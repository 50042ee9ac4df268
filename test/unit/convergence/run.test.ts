import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { markDivergent } from '../../../src/convergence/mark.ts';
import { runConverger } from '../../../src/convergence/run.ts';
import type { ConvergerDeps, ConvergerSettings } from '../../../src/convergence/run.ts';
import { Slots } from '../../../src/convergence/slots.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { TermEnd } from '../../../src/ports/owner-term.ts';
import { precededBy } from '../../support/faulty-store.ts';
import { FakeProvider } from '../../support/fake-provider.ts';
import { CONVERGER, PARTITION, World } from '../../support/world.ts';
import type { GroupSpec, RunningLoop } from '../../support/world.ts';

const NEVER = new AbortController().signal;
const FOREVER = new Promise(() => undefined);
const HOUR_MS = 3_600_000;

describe('runConverger', () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  function start(
    settings: Partial<ConvergerSettings> = {},
    deps: Partial<ConvergerDeps> = {},
  ): Promise<RunningLoop<TermEnd>> {
    return world.start((term) =>
      runConverger(term, { ...world.convergerDeps(), ...deps }, { ...CONVERGER, ...settings }),
    );
  }

  function addGroup(spec: GroupSpec = {}): Promise<GroupId> {
    return world.addGroup({ isDivergent: true, ...spec, state: { desired: 3, ...spec.state } });
  }

  async function addGroups(count: number, spec: GroupSpec = {}): Promise<readonly GroupId[]> {
    const groupIds: GroupId[] = [];
    while (groupIds.length < count) groupIds.push(await addGroup(spec));
    return groupIds;
  }

  async function isDivergent(groupId: GroupId): Promise<boolean> {
    return (await world.stored(groupId)).isDivergent;
  }

  it('converges at once what is marked while it sleeps', async () => {
    await start({ pollMs: 30_000 });
    await world.clock.advance(500);

    const groupId = await addGroup();
    await world.clock.advance(0);

    expect(world.provider.actual.get(groupId)).to.equal(3);
    expect(await isDivergent(groupId)).to.be.false;
  });

  it('converges it without any wake, by its poll', async () => {
    world.store.passesWakes = false;
    await start({ pollMs: 1_000 });
    await world.clock.advance(500);

    const groupId = await addGroup();
    await world.clock.advance(500);

    expect(await isDivergent(groupId)).to.be.false;
  });

  it('converges at once a group that its provider saw drift', async () => {
    const groupId = await addGroup();
    const deps = world.convergerDeps();
    world.provider.watchDrift((drifted) => void markDivergent(deps, drifted, NEVER));
    await start({ pollMs: 30_000 });

    world.provider.drift(groupId, 1);
    await world.clock.advance(0);

    expect(world.provider.actual.get(groupId)).to.equal(3);
    expect(world.provider.orders()).to.have.length(2);
  });

  it('is not woken by policies that become due', async () => {
    await start({ pollMs: 30_000 });

    await world.addGroup({ policies: { up: { cron: '* * * * *' } } });
    await world.clock.advance(1);

    expect(world.store.count('divergent')).to.equal(1);
  });

  it('converges again, at once, a group that is marked during its pass', async () => {
    const groupId = await addGroup();
    let isMarked = false;
    world.provider.onCall = ({ call }) => {
      if (call !== 'setCapacity' || isMarked) return undefined;
      isMarked = true;
      return world.writeState(groupId, { desired: 7 });
    };

    await start({ pollMs: 30_000 });

    expect(world.provider.orders().map(({ idempotencyKey }) => idempotencyKey)).to.deep.equal([
      `${groupId}:1:3`,
      `${groupId}:2:7`,
    ]);
    expect(world.store.count('lock')).to.equal(2);
    expect(world.provider.actual.get(groupId)).to.equal(7);
    expect(await isDivergent(groupId)).to.be.false;
  });

  it('looks again at a provider that lags, within 10 s, until the group is what it should be', async () => {
    const groupId = await addGroup();
    world.provider.lags = true;
    await start();
    await world.clock.advance(120_000);
    const waits = world.told('group.pass-unfinished').map(({ retryInMs }) => retryInMs);
    expect(waits.length).to.be.greaterThan(10);
    expect(Math.max(...waits)).to.be.within(9_000, 10_000);

    world.provider.catchUp();
    await world.clock.advance(10_000);

    expect(await isDivergent(groupId)).to.be.false;
    expect(new Set(world.provider.orders().map((order) => order.idempotencyKey)).size).to.equal(1);
  });

  it('looks again when the wait is over, without any wake or poll', async () => {
    world.store.passesWakes = false;
    const groupId = await addGroup();
    world.provider.behave = () => 'provider-transient';
    await start({ pollMs: 30_000 });
    const waitMs = world.told('group.pass-unfinished')[0]?.retryInMs ?? 0;
    world.provider.behave = () => 'prompt';

    await world.clock.advance(waitMs - 1);
    expect(await isDivergent(groupId)).to.be.true;
    await world.clock.advance(1);

    expect(await isDivergent(groupId)).to.be.false;
  });

  it('waits longer and longer for a provider that fails, up to a cap', async () => {
    const groupId = await addGroup();
    world.provider.behave = () => 'provider-transient';
    await start({ pollMs: 30_000 });

    await world.clock.advance(2 * HOUR_MS);

    const waits = world.told('group.pass-unfinished').map(({ retryInMs }) => retryInMs);
    const isGrowing = waits.slice(1, 8).every((ms, index) => ms >= (waits[index] ?? 0));
    expect(isGrowing, String(waits)).to.be.true;
    expect(Math.max(...waits)).to.be.within(250_000, 300_000);
    world.provider.behave = () => 'prompt';
    await world.clock.advance(300_000);
    expect(await isDivergent(groupId)).to.be.false;
  });

  it('waits for the end of the lock of another, and not by trying', async () => {
    const groupId = await addGroup();
    const dead = await world.newTerm(NEVER);
    const request = { groupId, holder: 'dead', ttlMs: 20_000 };
    await world.truth.lock(PARTITION, dead.token, request);

    await start();
    await world.clock.advance(19_999);
    expect(world.store.count('lock')).to.equal(0);
    await world.clock.advance(1);

    expect(world.store.count('lock')).to.equal(1);
    expect(await isDivergent(groupId)).to.be.false;
  });

  it('asks for the lock of another twice, where a mark makes it look before the end', async () => {
    const groupId = await addGroup();
    const dead = await world.newTerm(NEVER);
    const request = { groupId, holder: 'dead', ttlMs: 20_000 };
    await world.truth.lock(PARTITION, dead.token, request);
    await world.write(groupId, { divergence: 'mark' });

    await start();
    await world.clock.advance(20_000);

    expect(world.store.count('lock')).to.equal(2);
    expect(await isDivergent(groupId)).to.be.false;
  });

  it('lets others have their turn before every reading', async () => {
    await start({ pollMs: 30_000 });
    await addGroups(2);

    await turn();
    expect(world.store.count('divergent')).to.equal(1);
    await world.clock.advance(0);

    expect(world.store.count('divergent')).to.be.greaterThan(1);
  });

  it('does nothing but poll while nothing is divergent', async () => {
    await start();

    await world.clock.advance(10_000);

    expect(world.store.calls.map(({ method }) => method)).to.deep.equal(
      Array.from({ length: 11 }, () => 'divergent'),
    );
  });

  it('serves each group by the provider of its launch type', async () => {
    const other = new FakeProvider('other');
    const providers = new Map([world.provider, other].map((entry) => [entry.type, entry]));
    const groupId = await addGroup({ launchType: 'other' });

    await start({}, { providers });

    expect([other.actual.get(groupId), world.provider.calls.length]).to.deep.equal([3, 0]);
  });

  describe('at its end', () => {
    it('aborts its calls, and leaves nothing that the next owner would have to wait for', async () => {
      const [first, second] = await addGroups(2);
      world.provider.behave = () => FOREVER;
      const loop = await start();

      expect(await loop.stop()).to.deep.equal({ kind: 'stopped' });

      expect(world.provider.underWay.now).to.equal(0);
      expect(world.provider.abortedCount).to.equal(2);
      world.provider.behave = () => 'prompt';
      await start();
      for (const groupId of [first, second]) {
        expect(groupId && (await isDivergent(groupId))).to.be.false;
      }
    });

    it('waits for its passes', async () => {
      await addGroup();
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      world.provider.onCall = () => gate;
      const loop = await start();
      let isOver = false;
      void loop.ended.then(() => (isOver = true));

      loop.end();
      await world.clock.advance(0);
      expect(isOver).to.be.false;
      open();
      await world.clock.advance(0);

      expect(isOver).to.be.true;
    });

    it('starts no pass where the term ended while it read what is divergent', async () => {
      await addGroup();
      const ending = new AbortController();
      const term = await world.newTerm(ending.signal);
      world.store.plan = () =>
        precededBy(() => {
          ending.abort();
        });

      const ended = runConverger(term, world.convergerDeps(), CONVERGER);
      await world.clock.advance(0);

      expect(await ended).to.deep.equal({ kind: 'stopped' });
      expect(world.store.count('divergent')).to.equal(1);
      expect(world.store.count('lock')).to.equal(0);
    });

    it('reads nothing where the term ended before it had its turn', async () => {
      const ending = new AbortController();
      const term = await world.newTerm(ending.signal);
      const ended = runConverger(term, world.convergerDeps(), CONVERGER);

      ending.abort();

      expect(await ended).to.deep.equal({ kind: 'stopped' });
      expect(world.store.count('divergent')).to.equal(0);
    });

    it('does not listen any more', async () => {
      const slots = new Slots({ perProvider: 1, perTenant: 1 });
      let listenerCount = 0;
      const subscribe = slots.subscribe.bind(slots);
      slots.subscribe = (onFree) => {
        const unsubscribe = subscribe(onFree);
        listenerCount += 1;
        return () => {
          listenerCount -= 1;
          unsubscribe();
        };
      };
      const loop = await start({}, { slots });
      const { signal } = loop.term;
      expect([listenerCount, getEventListeners(signal, 'abort').length]).to.deep.equal([1, 1]);
      await loop.stop();

      expect([listenerCount, getEventListeners(signal, 'abort').length]).to.deep.equal([0, 0]);
      await addGroup();
      await world.clock.advance(HOUR_MS);

      expect(world.store.count('divergent')).to.equal(1);
      expect(world.state.wakes.has(PARTITION)).to.be.false;
    });

    it('aborts the calls of all its passes when one of them is fenced', async () => {
      await addGroup();
      world.provider.behave = () => FOREVER;
      const loop = await start();
      const newer = await world.newTerm(NEVER);

      await addGroup();
      await world.clock.advance(0);

      expect(await loop.ended).to.deep.equal({ kind: 'fenced', newest: newer.token });
      expect(world.provider.abortedCount).to.equal(1);
    });
  });
});
