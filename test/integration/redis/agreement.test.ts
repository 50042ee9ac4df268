/**
 * Goal: the store on Redis agrees with the one in memory everywhere, not only where the contract looks.
 * Method: that of `store-agreement.test.ts`.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { createMemoryState } from '../../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../../src/adapters/memory/store.ts';
import { LAYOUT, START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { openRedisFixture } from '../../support/redis-fixture.ts';
import { redisForContract } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { OPERATION, Twins } from '../../contract/store-twins.ts';

describe('The stores in memory and on Redis', () => {
  let redis: Pick<TestRedis, 'url' | 'remove'> | undefined;
  before(async () => {
    redis = await redisForContract();
  });
  after(() => redis?.remove());

  it('answer the same to the same operations, and end in the same state', async function agreement() {
    this.timeout(60_000);
    const place = { kind: 'single', url: redis?.url ?? '' } as const;
    let committedCount = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(OPERATION, { minLength: 20, maxLength: 80 }),
        async (operations) => {
          const made = { layout: LAYOUT, clock: new FakeClock(START) };
          const fixture = await openRedisFixture({ place }, made);
          const clock = fixture.clock;
          const state = createMemoryState({ identity: 'in memory', layout: LAYOUT });
          try {
            const twins = new Twins(clock, [new MemoryStore(state, clock), fixture.store]);
            for (const operation of operations) {
              await twins.carryOut(operation);
              await twins.compareLists();
            }
            await twins.compareAll();
            committedCount += twins.committedCount;
          } finally {
            await fixture.close();
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(committedCount, 'something happened').to.be.greaterThan(500);
  });
});
