/**
 * Converged in the end, whatever line a pass dies or freezes on.
 *
 * For every call of the store and of the provider that an undisturbed run makes, one run is cut there, and
 * another owner takes over. The one that froze goes on later, when its lock is another's.
 */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runConverger } from '../../../src/convergence/run.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import {
  delayAfter,
  delayBefore,
  FaultyStore,
  hangAfter,
  hangBefore,
} from '../../support/faulty-store.ts';
import type { Fault } from '../../support/faulty-store.ts';
import { CONVERGER, World } from '../../support/world.ts';

const FOREVER = new Promise(() => undefined);
/** When the other owner takes over, and when the frozen one goes on. */
const TAKEN_OVER_MS = 1_000;
const THAW_MS = 90_000;
const END_MS = 200_000;

interface Trial {
  readonly world: World;
  /** One to be brought to three servers, one to be removed. */
  readonly growing: GroupId;
  readonly going: GroupId;
}

async function aTrial(): Promise<Trial> {
  const world = new World();
  const growing = await world.addGroup({ isDivergent: true, state: { desired: 3 } });
  const going = await world.addGroup({ isDivergent: true, state: { isDeleting: true } });
  world.provider.actual.set(going, 2);
  return { world, growing, going };
}

function startConverger(world: World, store: FaultyStore) {
  return world.start((term) =>
    runConverger(term, { ...world.convergerDeps(), store }, { ...CONVERGER, pollMs: 30_000 }),
  );
}

async function finish({ world, growing, going }: Trial, when: string): Promise<void> {
  await world.clock.advance(TAKEN_OVER_MS);
  await startConverger(world, new FaultyStore(world.truth));
  await world.clock.advance(END_MS);
  expect(world.provider.actual.get(growing), when).to.equal(3);
  expect((await world.stored(growing)).isDivergent, when).to.be.false;
  expect(world.provider.actual.get(going), when).to.equal(0);
  expect(await world.find(going), when).to.be.undefined;
}

async function undisturbed(): Promise<{ readonly store: number; readonly provider: number }> {
  const trial = await aTrial();
  await startConverger(trial.world, trial.world.store);
  const counts = {
    store: trial.world.store.calls.length,
    provider: trial.world.provider.calls.length,
  };
  await finish(trial, 'undisturbed');
  return counts;
}

describe('Converger, in the end', () => {
  for (const { what, faultIn } of [
    { what: 'dies before', faultIn: () => hangBefore },
    { what: 'dies after', faultIn: () => hangAfter },
    { what: 'freezes before', faultIn: (world: World) => delayBefore(thawOf(world)) },
    { what: 'freezes after', faultIn: (world: World) => delayAfter(thawOf(world)) },
  ] satisfies { what: string; faultIn: (world: World) => Fault }[]) {
    it(`has every group where it should be where it ${what} any call of the store`, async () => {
      const counts = await undisturbed();
      expect(counts.store).to.be.greaterThan(10);
      for (let number = 1; number <= counts.store; number += 1) {
        const trial = await aTrial();
        const { world } = trial;
        const fault = faultIn(world);
        world.store.plan = (call) => (call.number === number ? fault : undefined);
        await startConverger(world, world.store);

        await finish(trial, `${what} call ${number}`);
      }
    });
  }

  it('has every group where it should be where it dies during any call of the provider', async () => {
    const counts = await undisturbed();
    expect(counts.provider).to.equal(6);
    for (let number = 1; number <= counts.provider; number += 1) {
      const trial = await aTrial();
      const { world } = trial;
      world.provider.onCall = () => (world.provider.calls.length === number ? FOREVER : undefined);
      await startConverger(world, world.store);
      world.provider.onCall = () => undefined;

      await finish(trial, `dies during call ${number}`);
    }
  });
});

async function thawOf(world: World): Promise<void> {
  const never = new AbortController().signal;
  while (world.clock.monotonicMs() < THAW_MS) {
    await world.clock.sleep(THAW_MS - world.clock.monotonicMs(), never);
  }
}
