import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { InvariantError } from '../../../src/base/assert.ts';
import { runConverger } from '../../../src/convergence/run.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { TermEnd } from '../../../src/ports/owner-term.ts';
import { loseReply, rejectWith } from '../../support/faulty-store.ts';
import { CONVERGER, PARTITION, World } from '../../support/world.ts';
import type { RunningLoop } from '../../support/world.ts';

const FOREVER = new Promise(() => undefined);

describe('runConverger, where something fails,', () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  function start(): Promise<RunningLoop<TermEnd>> {
    return world.start((term) => runConverger(term, world.convergerDeps(), CONVERGER));
  }

  function addGroup(): Promise<GroupId> {
    return world.addGroup({ isDivergent: true, state: { desired: 3 } });
  }

  async function isDivergent(groupId: GroupId): Promise<boolean> {
    return (await world.stored(groupId)).isDivergent;
  }

  for (const method of ['divergent', 'lock'] as const) {
    for (const code of ['store-changed', 'store-foreign'] as const) {
      it(`ends where a ${method} shows that it is no more the store that it was (${code})`, async () => {
        await addGroup();
        world.store.plan = (call) => (call.method === method ? rejectWith(code) : undefined);
        const loop = await start();

        await world.clock.advance(1_000);

        expect(await loop.ended).to.deep.equal({ kind: 'store-changed' });
      });
    }
  }

  describe('while the store does not answer', () => {
    it('backs off, longer each time, and loses nothing', async () => {
      const groupId = await addGroup();
      let isAway = true;
      world.store.plan = () => (isAway ? rejectWith('store-unavailable') : undefined);
      await start();

      await world.clock.advance(60_000);

      const told = world.told('loop.failed');
      expect(told[0]).to.include({ loop: 'converger', partition: PARTITION });
      const waits = told.map(({ retryInMs }) => retryInMs);
      expect(waits[0]).to.be.within(50, 100);
      expect(Math.max(...waits)).to.be.within(2_500, 5_000);
      isAway = false;
      await world.clock.advance(5_000);
      expect(await isDivergent(groupId)).to.be.false;
    });

    for (const method of ['lock', 'renew', 'settle'] as const) {
      for (const { what, fault } of [
        { what: 'does not get', fault: rejectWith('store-unavailable') },
        { what: 'does not answer', fault: loseReply },
      ]) {
        it(`converges in the end where it ${what} one ${method}`, async () => {
          const groupId = await addGroup();
          world.store.plan = (call) =>
            call.method === method && call.ofMethod === 1 ? fault : undefined;

          await start();
          await world.clock.advance(CONVERGER.lockTtlMs);

          expect(world.told('loop.failed')).to.have.length(1);
          expect(world.provider.actual.get(groupId)).to.equal(3);
          expect(await isDivergent(groupId)).to.be.false;
        });
      }
    }

    it('begins its back-off anew after a pass that was answered', async () => {
      world.store.plan = ({ method }) =>
        method === 'lock' ? rejectWith('store-unavailable') : undefined;
      await addGroup();
      await start();
      await world.clock.advance(1_000);
      world.store.plan = () => undefined;
      await world.clock.advance(5_000);
      const failureCount = world.told('loop.failed').length;
      expect(failureCount).to.be.greaterThan(2);

      world.store.plan = () => rejectWith('store-unavailable');
      await world.clock.advance(1_000);

      expect(world.told('loop.failed')[failureCount]?.retryInMs).to.be.within(50, 100);
    });
  });

  describe('where an invariant breaks', () => {
    it('rejects, after it has aborted and waited for its other passes', async () => {
      await addGroup();
      world.provider.behave = () => FOREVER;
      const loop = await start();
      world.store.plan = ({ method }) =>
        method === 'lock' ? () => Promise.reject(new InvariantError('broken')) : undefined;

      await addGroup();
      await world.clock.advance(0);

      const outcome = await loop.ended.catch((error: unknown) => error);
      expect(outcome).to.be.instanceOf(InvariantError);
      expect(world.provider.underWay.now).to.equal(0);
    });

    it('does so where that was in the list of what is divergent', async () => {
      await addGroup();
      world.provider.behave = () => FOREVER;
      const loop = await start();
      world.store.plan = ({ method }) =>
        method === 'divergent' ? () => Promise.reject(new InvariantError('broken')) : undefined;
      await world.clock.advance(CONVERGER.pollMs);

      const outcome = await loop.ended.catch((error: unknown) => error);

      expect(outcome).to.be.instanceOf(InvariantError);
      expect(world.provider.underWay.now).to.equal(0);
    });

    it('rejects also where that was while it stopped', async () => {
      await addGroup();
      world.provider.behave = () => FOREVER;
      const loop = await start();
      world.store.plan = ({ method }) =>
        method === 'settle' ? () => Promise.reject(new InvariantError('broken')) : undefined;

      const outcome = await loop.stop().catch((error: unknown) => error);

      expect(outcome).to.be.instanceOf(InvariantError);
    });
  });
});
