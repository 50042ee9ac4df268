import { createMemoryState } from '../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import { ZERO_TOKEN } from '../../src/domain/ids.ts';
import { LateStore } from '../../src/server/late-store.ts';
import { seededRandom } from '../support/random.ts';
import { storeContract } from './store-contract.ts';

storeContract({
  name: 'a store in memory that was opened late',
  async open({ layout, clock }) {
    const state = createMemoryState({ identity: 'a store in memory', layout });
    const store = new LateStore({
      ...{ identity: state.identity, layout, clock, random: seededRandom(1) },
      open: () => Promise.resolve(new MemoryStore(state, clock)),
      onFailure: () => undefined,
    });
    await store.ready();
    return {
      store,
      clock,
      loseFence(partition) {
        state.fences.delete(partition);
        return Promise.resolve();
      },
      forgeFence(partition) {
        state.fences.set(partition, { identity: 'another store', token: ZERO_TOKEN });
        return Promise.resolve();
      },
      close: () => store.close(),
    };
  },
});
