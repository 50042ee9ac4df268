import { MemoryCalendarRegistry } from '../../src/adapters/memory/calendar-registry.ts';
import type { MemoryCalendarState } from '../../src/adapters/memory/calendar-registry.ts';
import { calendarRegistryContract } from './calendar-registry-contract.ts';

calendarRegistryContract({
  name: 'memory',
  open() {
    const state: MemoryCalendarState = new Map();
    return Promise.resolve({
      process: () => Promise.resolve(new MemoryCalendarRegistry(state)),
      spoil: (tenantId, name) => {
        const tenant = state.get(tenantId) ?? { revision: 0, records: new Map<string, string>() };
        tenant.records.set(name, '{"entries":[{"on":"2030-01-01"}]}');
        state.set(tenantId, tenant);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    });
  },
});
