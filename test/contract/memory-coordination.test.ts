import {
  createMemoryClusterState,
  createMemoryCoordinationState,
  MemoryCoordination,
} from '../../src/adapters/memory/coordination.ts';
import { START } from '../support/builders.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { coordinationContract } from './coordination-contract.ts';

coordinationContract({
  name: 'memory, for one node',
  seats: 'one',
  open() {
    const state = createMemoryCoordinationState();
    return Promise.resolve({
      process: () => Promise.resolve(new MemoryCoordination(state)),
      close: () => Promise.resolve(),
    });
  },
});

coordinationContract({
  name: 'memory, for many nodes',
  seats: 'many',
  open() {
    const clock = new FakeClock(START);
    const leases = { ttlMs: 5_000, graceMs: 60_000 };
    const state = createMemoryClusterState({ clock, ...leases });
    return Promise.resolve({
      ...leases,
      process: () => Promise.resolve(new MemoryCoordination(state)),
      pass: (ms) => clock.advance(ms),
      close: () => Promise.resolve(),
    });
  },
});
