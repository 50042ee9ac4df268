/** Lutra's scheduler loops in one process: all partitions of a Redis, or the one of a file. */
import { setMaxListeners } from 'node:events';
import { connect } from '../../../../src/adapters/redis/connection.ts';
import { initStore } from '../../../../src/adapters/redis/init.ts';
import { RedisStore } from '../../../../src/adapters/redis/store.ts';
import { systemClock } from '../../../../src/adapters/system/clock.ts';
import { systemRandom } from '../../../../src/adapters/system/random.ts';
import { epochMs } from '../../../../src/base/clock.ts';
import { Gate } from '../../../../src/base/gate.ts';
import type { NodeId, PartitionId } from '../../../../src/domain/ids.ts';
import { allPartitions } from '../../../../src/domain/partition/partition-of.ts';
import { createScheduleCompiler } from '../../../../src/domain/schedule/occurrences.ts';
import type { Observe } from '../../../../src/ports/observe.ts';
import type { Store } from '../../../../src/ports/store.ts';
import { runScheduler } from '../../../../src/scheduler/run.ts';
import { ClockGuard } from '../../../../src/scheduler/clock-guard.ts';
import { createNodeEvents } from '../../../../src/server/node-events.ts';
import { acquireAll, tokenOf } from '../../cluster/bench-store.ts';
import { LAYOUT, newGroups } from '../../cluster/groups.ts';
import { assertReadable, seed } from '../../cluster/seed.ts';
import { openStore, PARTITION, removeStore } from '../../embedded/bench-store.ts';
import { SCHEDULER_SETTINGS } from '../../embedded/loop.ts';
import { seedStore } from '../../embedded/seed.ts';
import { cronOf, nextAt } from '../rules.ts';
import type { Rules } from '../rules.ts';
import type { Runner, RunnerPlan } from '../subject.ts';

/** A node's own. */
const SCHEDULES_MAX = 10_000;
/** Of the owner; stores are filled by an earlier one. */
const TOKEN = tokenOf(2);

export async function runLutra({ place, sink }: RunnerPlan): Promise<Runner> {
  const connection = await connect(
    { place: { kind: 'single', url: place }, waitReplicas: 0, waitTimeoutMs: 1_000 },
    { clock: systemClock, random: systemRandom, onTrouble: () => undefined },
  );
  const identity = systemRandom.uuid();
  const store = new RedisStore(connection, { identity, layout: LAYOUT });
  const observe = observing(sink.claimed);
  return {
    store: async (rules) => {
      await connection.send('FLUSHALL');
      await initStore(connection, { identity, layout: LAYOUT });
      await acquireAll(store, TOKEN);
      const plan = {
        port: Number(new URL(place).port),
        groups: newGroups(rules.count, 1),
        timingOf: timingsOf(rules),
        at: systemClock.now(),
      };
      await seed(plan);
      await assertReadable(store, plan);
    },
    start: () => {
      runLoops(store, allPartitions(LAYOUT), observe);
      return Promise.resolve();
    },
  };
}

export function runLutraEmbedded({ place, sink }: RunnerPlan): Promise<Runner> {
  const observe = observing(sink.claimed);
  return Promise.resolve({
    store: async (rules: Rules) => {
      await removeStore(place);
      await seedStore(place, {
        ...{ groupCount: rules.count, policiesPerGroup: 1 },
        ...{ timingOf: timingsOf(rules), at: systemClock.now() },
      });
    },
    start: async () => {
      const { store } = await openStore(place);
      await store.acquire(PARTITION, TOKEN);
      runLoops(store, [PARTITION], observe);
    },
  });
}

function timingsOf(rules: Rules): Parameters<typeof seed>[0]['timingOf'] {
  const now = systemClock.now();
  return (index) => ({
    cron: cronOf(rules, index, 'second'),
    plannedAt: epochMs(nextAt(rules, index, now)),
  });
}

/** What a node makes of events; claims are counted when all of that is done. */
function observing(claimed: (plannedAt: number) => void): Observe {
  const { observe: reporting } = createNodeEvents({
    ...{ node: 'bench' as NodeId, version: 'bench', log: { level: 'error' }, clock: systemClock },
  });
  return (event) => {
    reporting(event);
    if (event.event === 'policy.fired' && event.outcome === 'scaled') claimed(event.plannedAt);
    else process.stderr.write(`Lutra: ${JSON.stringify(event)}\n`);
  };
}

function runLoops(store: Store, partitions: readonly PartitionId[], observe: Observe): void {
  const { signal } = new AbortController();
  setMaxListeners(Number.POSITIVE_INFINITY, signal);
  const guard = new ClockGuard(systemClock, observe);
  const deps = {
    ...{ store, clock: systemClock, random: systemRandom, observe },
    occurrencesOf: createScheduleCompiler(SCHEDULES_MAX),
    ...{ holdMs: () => guard.holdMs(), backlog: new Gate(4) },
  };
  for (const partition of partitions) {
    void runScheduler({ partition, token: TOKEN, signal }, deps, SCHEDULER_SETTINGS).then((end) =>
      process.stderr.write(`Lutra: ${partition} ended, ${end.kind}\n`),
    );
  }
}
