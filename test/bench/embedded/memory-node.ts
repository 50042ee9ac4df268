/** Runs the loops of a term in a process of its own, and tells its parent how much memory that took. */
import { MemoryCalendarRegistry } from '../../../src/adapters/memory/calendar-registry.ts';
import { plusMs } from '../../../src/base/clock.ts';
import { Gate } from '../../../src/base/gate.ts';
import { Slots } from '../../../src/convergence/slots.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import type { NodeId } from '../../../src/domain/ids.ts';
import type { Observe } from '../../../src/ports/observe.ts';
import { createNodeEvents } from '../../../src/server/node-events.ts';
import { serveTerm } from '../../../src/server/serve-term.ts';
import type { ServeSettings } from '../../../src/server/serve-term.ts';
import { rounded } from '../statistics.ts';
import { openStore, PARTITION, tokenOf } from './bench-store.ts';
import { SCHEDULER_SETTINGS, schedulerDeps } from './loop.ts';
import type { Memory, MemoryPlan } from './memory.ts';

const MB = 2 ** 20;
const SAMPLE_MS = 10;

/** A node's own, by default, but for the poll: it is what notices that the clock has leapt. */
const SETTINGS: ServeSettings = {
  sweepDelayMs: 0,
  scheduler: { ...SCHEDULER_SETTINGS, pollMs: 100, repairIntervalMs: 300_000 },
  converger: {
    ...{ batchMax: 256, pollMs: 1_000, lockTtlMs: 60_000, callTimeoutMs: 30_000 },
    ...{ backoff: { firstMs: 1_000, maxMs: 300_000 }, selfHealIntervalMs: 300_000 },
  },
};

async function serveAll(plan: MemoryPlan): Promise<Memory> {
  const bench = await openStore(plan.path);
  const token = tokenOf(plan.owner);
  const { observe: reporting } = createNodeEvents({
    ...{ node: 'bench' as NodeId, version: 'bench', log: { level: 'info' }, clock: systemClock },
  });
  const instants = [...plan.instants];
  const over = new AbortController();
  const advance = (): void => {
    const next = instants.shift();
    if (next === undefined) over.abort();
    else bench.clock.leapTo(plusMs(next, 0));
  };
  let fired = 0;
  // Sampled: what the system calls the maximum of a process counts that of its parent before it began.
  let peak = 0;
  const sample = (): number => {
    const resident = process.memoryUsage.rss();
    peak = Math.max(peak, resident);
    return resident;
  };
  const sampler = setInterval(sample, SAMPLE_MS);
  const observe: Observe = (event) => {
    reporting(event);
    if (event.event !== 'policy.fired') return;
    fired += 1;
    if (fired % plan.due === 0) advance();
  };
  advance();
  await bench.store.acquire(PARTITION, token);
  const slots = new Slots({ perProvider: 16, perTenant: 8 });
  const sweeping = new Gate(1);
  const mendLists = (): Promise<void> => Promise.resolve();
  // The clock leaps from one instant to the next: it is not to be held for that.
  const deps = {
    ...schedulerDeps(bench, observe),
    holdMs: () => 0,
    providers: new Map(),
    slots,
    mendLists,
    sweeping,
    timeZones: 'none',
    calendars: new MemoryCalendarRegistry(),
  };
  await serveTerm({ partition: PARTITION, token, signal: over.signal }, deps, SETTINGS);
  clearInterval(sampler);
  const memory = { residentMb: rounded(sample() / MB), peakMb: rounded(peak / MB) };
  await bench.store.close();
  return memory;
}

const [plan] = process.argv.slice(2);
process.send?.(await serveAll(JSON.parse(plan ?? '') as MemoryPlan));
process.disconnect();
