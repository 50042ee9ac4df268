/**
 * Goal: the stores agree everywhere, not only where the contract looks. Method: random operations, done
 * to a store in memory and to one in a file; every answer, and all that can be read, is compared. A
 * failure prints the seed and the shortest sequence of operations that still fails.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { createMemoryState } from '../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import { createOrOpen } from '../../src/adapters/sqlite/file.ts';
import { SqliteStore } from '../../src/adapters/sqlite/store.ts';
import { LAYOUT, START } from '../support/builders.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { aFolder } from '../support/folder.ts';
import { seededRandom } from '../support/random.ts';
import { operations } from './store-operations.ts';
import { Twins } from './store-twins.ts';

describe('The stores in memory and in SQLite', () => {
  it('answer the same to the same operations, and end in the same state', async function agreement() {
    this.timeout(60_000);
    let committedCount = 0;
    await fc.assert(
      fc.asyncProperty(operations(110), async (sequence) => {
        const folder = await aFolder();
        const clock = new FakeClock(START);
        const file = await createOrOpen({
          path: folder.path('lutra.db'),
          layout: LAYOUT,
          random: seededRandom(1),
        });
        file.db.exec('pragma synchronous = off'); // what is compared are answers, not durability
        const state = createMemoryState({ identity: 'in memory', layout: LAYOUT });
        const stores = [new MemoryStore(state, clock), new SqliteStore(file, clock)] as const;
        try {
          const twins = new Twins(clock, stores);
          await twins.begin();
          for (const operation of sequence) {
            await twins.carryOut(operation);
            await twins.compareLists();
          }
          await twins.compareAll();
          committedCount += twins.answers.get('committed') ?? 0;
        } finally {
          await stores[1].close();
          await folder.remove();
        }
      }),
      { numRuns: 60 },
    );
    expect(committedCount, 'units that were committed').to.be.greaterThan(500);
  });
});
