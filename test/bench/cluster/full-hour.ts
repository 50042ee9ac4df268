/** The full hour in a whole cluster: every policy due at one instant, with everything that nodes do beside. */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { epochMs, plusMs } from '../../../src/base/clock.ts';
import { keysOf } from '../../../src/adapters/redis/keys.ts';
import type { Section } from '../report.ts';
import { percentilesOf, rounded } from '../statistics.ts';
import type { ClusterContext } from './context.ts';
import { newGroups, tenantOf } from './groups.ts';
import type { BenchGroup } from './groups.ts';
import type { Lab } from './lab.ts';
import { until } from './lab.ts';
import { pump } from './pump.ts';
import { encodeCommand } from './resp.ts';
import { arm, assertReadable, byPartition, seed } from './seed.ts';

const LOOP_DELAY_MAX_MS = 100;
const API_P99_MAX_MS = 1_000;
const HOUR_MS = 3_600_000;
const MARGIN_MS = 1_000;
const ASK_EVERY_MS = 50;

/** Has the nodes of the lab claim a burst. */
export async function measureFullHour(lab: Lab, context: ClusterContext): Promise<Section> {
  const { burst } = context.extent;
  context.progress(`the full hour: storing ${burst.toLocaleString('en-US')} policies`);
  const groups = newGroups(burst, 1);
  const now = systemClock.now();
  const minute = (new Date(now).getUTCMinutes() + 30) % 60;
  const timing = { cron: `${String(minute)} * * * *`, plannedAt: plusMs(now, HOUR_MS) };
  const plan = { port: lab.redis.port, groups, timingOf: () => timing, at: now };
  await seed(plan);
  await assertReadable(lab.store, plan);
  const trialAtMs = performance.now();
  await arm(lab.redis.port, groups, plusMs(now, HOUR_MS));
  const armingMs = performance.now() - trialAtMs;
  const instant = epochMs(Math.ceil(systemClock.now() + 2 * armingMs + MARGIN_MS));
  await arm(lab.redis.port, groups, instant);
  context.progress('the full hour: claiming');
  const ownersBefore = JSON.stringify([...(await lab.owners())]);
  await Promise.all(lab.running().map((node) => node.reading()));
  const asking = askApis(lab);
  await until('all of the burst is claimed', () => isClaimed(lab, groups, instant));
  const apiMs = await asking.stop();
  const readings = await Promise.all(lab.running().map((node) => node.reading()));
  const isEveryLeaseKept =
    JSON.stringify([...(await lab.owners())]) === ownersBefore &&
    lab
      .running()
      .every((node) => node.logged().every(({ event }) => event !== 'ownership.doubtful'));
  return sectionOf({
    latenesses: await latenessesOf(lab, groups, instant),
    apiMs,
    blockedMs: Math.max(...readings.map(({ blockedMs }) => blockedMs)),
    isEveryLeaseKept,
  });
}

/** Whether nothing of the groups is due for the instant any more. */
async function isClaimed(
  lab: Lab,
  groups: readonly BenchGroup[],
  instant: number,
): Promise<boolean> {
  if (Date.now() < instant) return false;
  let left = 0;
  await pump(
    lab.redis.port,
    [...byPartition(groups).keys()].map((partition) => ({
      bytes: encodeCommand(['ZCOUNT', keysOf(partition).due, String(instant), String(instant)]),
      commandCount: 1,
    })),
    { onReply: (reply) => (left += Number(reply.slice(1))) },
  );
  return left === 0;
}

/** How late each was claimed, by the store's clock, from the last event of its history. */
async function latenessesOf(
  lab: Lab,
  groups: readonly BenchGroup[],
  instant: number,
): Promise<readonly number[]> {
  const latenesses: number[] = [];
  await pump(lab.redis.port, historyPackets(groups), {
    onReply: (reply) => {
      const [, at, body = ''] = /\r\n(\d+) (.*)\r\n$/s.exec(reply) ?? [];
      if (body.includes('"policy.fired"')) latenesses.push(Number(at) - instant);
    },
  });
  return latenesses;
}

/** Of each group the two events after the one that made it: its claim, and perhaps what a converger said. */
function* historyPackets(
  groups: readonly BenchGroup[],
): Generator<{ readonly bytes: string; readonly commandCount: number }> {
  for (const { groupId, partition } of groups) {
    const bytes = encodeCommand(['LINDEX', keysOf(partition).history(groupId), '1']);
    yield { bytes, commandCount: 1 };
  }
}

/** Asks every node again and again for one page of a list, until it is stopped; answers how long each answer took. */
function askApis(lab: Lab): { readonly stop: () => Promise<readonly number[]> } {
  const durations: number[] = [];
  const over = new AbortController();
  const asking = lab.running().map(async (node) => {
    while (!over.signal.aborted) {
      const startedAtMs = performance.now();
      const isAnswered = await node.get(`/v1.0/${tenantOf(0)}/groups?limit=10`).then(
        () => true,
        () => false,
      );
      durations.push(isAnswered ? performance.now() - startedAtMs : Number.POSITIVE_INFINITY);
      await sleep(ASK_EVERY_MS);
    }
  });
  return {
    stop: async () => {
      over.abort();
      await Promise.all(asking);
      return durations;
    },
  };
}

function sectionOf(found: {
  readonly latenesses: readonly number[];
  readonly apiMs: readonly number[];
  readonly blockedMs: number;
  readonly isEveryLeaseKept: boolean;
}): Section {
  const { latenesses, isEveryLeaseKept } = found;
  const lateness = percentilesOf(latenesses);
  const api = percentilesOf(found.apiMs);
  return {
    name: 'full-hour',
    title: 'The full hour in a whole cluster',
    method: [
      'As the burst, in three whole nodes with their convergers, which have no provider for these groups and say so of each,',
      'with the policies of the steady state stored and firing beside; figures by the histories. API: a page of ten groups,',
      `asked of each node every ${String(ASK_EVERY_MS)} ms from before the instant to the last claim. Blocked: the longest of any node.`,
    ],
    columns: [
      { key: 'policies', title: 'policies due' },
      { key: 'claimsPerSecond', title: 'claims/s' },
      { key: 'latenessP50Ms', title: 'late p50 ms' },
      { key: 'latenessP99Ms', title: 'p99' },
      { key: 'latenessMaxMs', title: 'max' },
      { key: 'loopDelayMaxMs', title: 'loop blocked max ms' },
      { key: 'apiP50Ms', title: 'API p50 ms' },
      { key: 'apiP99Ms', title: 'API p99 ms' },
    ],
    rows: [
      {
        policies: latenesses.length,
        claimsPerSecond: rounded((latenesses.length / lateness.max) * 1000),
        latenessP50Ms: lateness.p50,
        latenessP99Ms: lateness.p99,
        latenessMaxMs: lateness.max,
        loopDelayMaxMs: rounded(found.blockedMs, 1),
        apiP50Ms: rounded(api.p50),
        apiP99Ms: rounded(api.p99),
      },
    ],
    verdicts: [
      {
        promise: 'no lease is lost',
        found: isEveryLeaseKept ? 'every owner kept its token' : 'owners changed',
        isKept: isEveryLeaseKept,
      },
      {
        promise: `the event loop is never blocked for more than ${String(LOOP_DELAY_MAX_MS)} ms`,
        found: `${String(rounded(found.blockedMs, 1))} ms`,
        isKept: found.blockedMs <= LOOP_DELAY_MAX_MS,
      },
      {
        promise: `API p99 at most ${String(API_P99_MAX_MS)} ms meanwhile`,
        found: `${String(rounded(api.p99))} ms`,
        isKept: api.p99 <= API_P99_MAX_MS,
      },
    ],
  };
}
