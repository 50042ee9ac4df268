import { createMemoryState } from '../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import { ZERO_TOKEN } from '../../src/domain/ids.ts';
import { RegionalStore } from '../../src/server/regional-store.ts';
import { storeContract } from './store-contract.ts';

storeContract({
  name: 'a store in memory for each region',
  open({ layout, clock }) {
    const states = layout.regions.map((region) =>
      createMemoryState({ identity: `the store of ${region}`, layout }),
    );
    const shards = states.map((state, index) => ({
      regions: layout.regions.slice(index, index + 1),
      store: new MemoryStore(state, clock),
    }));
    const store = new RegionalStore({ identity: 'the stores of all regions', layout, shards });
    return Promise.resolve({
      store,
      clock,
      loseFence(partition) {
        for (const state of states) state.fences.delete(partition);
        return Promise.resolve();
      },
      forgeFence(partition) {
        for (const state of states) {
          state.fences.set(partition, { identity: 'another store', token: ZERO_TOKEN });
        }
        return Promise.resolve();
      },
      close: () => store.close(),
    });
  },
});
