/** The foundation of a node that stands alone: one SQLite file, on one machine. */
import { join } from 'node:path';
import { SqliteCalendarRegistry } from '../adapters/sqlite/calendar-registry.ts';
import { SqliteCoordination } from '../adapters/sqlite/coordination.ts';
import { createOrOpen } from '../adapters/sqlite/file.ts';
import { SqliteStore } from '../adapters/sqlite/store.ts';
import { SqliteTokenRegistry } from '../adapters/sqlite/token-registry.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { systemRandom as random } from '../adapters/system/random.ts';
import type { Config } from '../config/schema.ts';
import { ClockGuard } from '../scheduler/clock-guard.ts';
import type { Foundation, FoundationDeps } from './foundation.ts';
import { ownRateLimiters } from './rate-limits.ts';

/** The one region of an embedded node, which has the file of that name for its store. */
const REGION = 'local';
const DURABILITY =
  'SQLite, write-ahead log, synced before every answer: an acknowledged write survives a crash of the process and of the machine';

/**
 * Opens the file in the data folder, or makes it. Rejects with `store-foreign` or `store-unavailable` where it cannot
 * be used.
 */
export async function openEmbedded(
  config: Config,
  { observe }: FoundationDeps,
): Promise<Foundation> {
  const layout = { regions: [REGION], count: config.store.partitionCount };
  const path = join(config.dataFolder, 'lutra.db');
  const file = await createOrOpen({ path, layout, random, onLost: endProcess });
  const store = new SqliteStore(file, clock);
  const guard = new ClockGuard(clock, observe);
  return {
    mode: 'embedded',
    cluster: 'embedded',
    region: REGION,
    store,
    coordination: new SqliteCoordination(file),
    tokens: new SqliteTokenRegistry(file),
    calendars: new SqliteCalendarRegistry(file),
    rateLimiters: ownRateLimiters(config.limits.rates, clock),
    // There is one seat: only another process on the same folder can have taken it.
    ownership: { whenSessionEnds: 'leave', handOverMax: 1 },
    stores: () => [
      {
        ...{ regions: [REGION], kind: 'sqlite', identity: store.identity },
        ...{ durability: DURABILITY, problems: [], isReachable: true },
      },
    ],
    holdMs: () => guard.holdMs(),
    // A new process looks at once at what may have ended with the one before.
    sweepDelayMs: 0,
    mendLists: () => Promise.resolve(),
    accompany: () => Promise.resolve(),
    close: () => store.close(),
  };
}

/** Nobody can say what the disk has, so nothing more is read or written: the process ends as after any other defect. */
function endProcess(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
