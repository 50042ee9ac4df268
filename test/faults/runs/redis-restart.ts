import { setTimeout as sleep } from 'node:timers/promises';
import { BACKLOG_MS } from '../bounds.ts';
import type { Struck } from '../nemesis.ts';
import type { Check } from '../verdict.ts';
import type { World } from '../world.ts';
import { beginExecuting } from './executing.ts';
import type { Run } from './run.ts';

const DOWN_MIN_MS = 500;
const DOWN_RANGE_MS = 5_000;
const CALM_MS = 4_000;

/** Redis dies and comes back, in turns with each of the two ways to sync. */
export const redisRestart: Run = {
  about:
    'Redis is killed and restarted (AOF always, everysec): nothing acknowledged is lost, backlog ≤ 10 s',
  forMs: 150_000,
  times: 10,
  kinds: ['store-restarted'],
  play: async (world) => {
    const { nemesis, extent, cluster } = world;
    const stopExecuting = beginExecuting(world);
    const struck: Struck[] = [];
    for (let number = 1; number <= extent.times; number += 1) {
      const fsync = number % 2 === 1 ? 'always' : 'everysec';
      const redis = cluster.redis.server();
      await redis.send('CONFIG', 'SET', 'appendfsync', fsync);
      await redis.send('CONFIG', 'REWRITE'); // or it would be `always` again after the restart
      await sleep(CALM_MS);
      const forMs = Math.round(DOWN_MIN_MS + world.fraction() * DOWN_RANGE_MS);
      const atMs = Date.now() - world.startedAt;
      struck.push(await nemesis.strike({ kind: 'store-restarted', number, atMs, forMs }));
    }
    const judgeExecutions = await stopExecuting();
    return () => [judgeExecutions(), backlogCheck(world, struck)];
  },
};

/** From when Redis answered until the last of what was due by then was decided. */
function backlogCheck({ latenesses }: World, struck: readonly Struck[]): Check {
  const samples = latenesses.sorted();
  const times = struck.map(({ from, endedAt }) =>
    Math.max(
      0,
      ...samples
        .filter(({ dueAt }) => dueAt >= from && dueAt <= endedAt)
        .map(({ at }) => at - endedAt),
    ),
  );
  const most = Math.max(0, ...times);
  return {
    promise: `the backlog is gone ${BACKLOG_MS} ms after Redis answers`,
    found: `${times.length} times, after ${most} ms at most`,
    isKept: times.length > 0 && most <= BACKLOG_MS,
  };
}
