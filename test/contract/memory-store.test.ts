import { createMemoryState } from '../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import { ZERO_TOKEN } from '../../src/domain/ids.ts';
import { storeContract } from './store-contract.ts';

storeContract({
  name: 'memory',
  open({ layout, clock }) {
    const state = createMemoryState({ identity: 'a store in memory', layout });
    const store = new MemoryStore(state, clock);
    return Promise.resolve({
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
    });
  },
});
