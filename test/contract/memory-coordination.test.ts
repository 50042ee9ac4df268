import {
  createMemoryCoordinationState,
  MemoryCoordination,
} from '../../src/adapters/memory/coordination.ts';
import { coordinationContract } from './coordination-contract.ts';

coordinationContract({
  name: 'memory',
  open() {
    const state = createMemoryCoordinationState();
    return Promise.resolve({
      process: () => Promise.resolve(new MemoryCoordination(state)),
      close: () => Promise.resolve(),
    });
  },
});
