import { MemoryRateLimiter } from '../../src/adapters/memory/rate-limiter.ts';
import { START } from '../support/builders.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { rateLimiterContract } from './rate-limiter-contract.ts';

rateLimiterContract({
  name: 'memory',
  open: (rate) => {
    const clock = new FakeClock(START);
    return Promise.resolve({
      limiter: new MemoryRateLimiter(rate, clock),
      pass: (ms) => clock.advance(ms),
      close: () => Promise.resolve(),
    });
  },
});
