import {
  createMemoryTokenState,
  MemoryTokenRegistry,
} from '../../src/adapters/memory/token-registry.ts';
import { tokenRegistryContract } from './token-registry-contract.ts';

tokenRegistryContract({
  name: 'memory',
  hearsOthers: true,
  open() {
    const state = createMemoryTokenState();
    return Promise.resolve({
      process: () => Promise.resolve(new MemoryTokenRegistry(state)),
      spoil: () => Promise.resolve(void state.records.set('x', 'no token')),
      close: () => Promise.resolve(),
    });
  },
});
