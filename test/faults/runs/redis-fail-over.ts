import { setTimeout as sleep } from 'node:timers/promises';
import { checkOf } from '../judge.ts';
import { beginExecuting } from './executing.ts';
import type { Run } from './run.ts';

const CUT_MIN_MS = 2_000;
const CUT_RANGE_MS = 5_000;
const CALM_MS = 5_000;

/** The replica misses the last seconds, and takes the primary's place. */
export const redisFailOver: Run = {
  about:
    'the replica is cut off and then promoted: nothing outside follows from a commit that is lost',
  forMs: 120_000,
  times: 5,
  kinds: ['store-failed-over'],
  hasReplica: true,
  play: async (world) => {
    const { accounts, cluster, nemesis, extent } = world;
    const stopExecuting = beginExecuting(world);
    for (let number = 1; number <= extent.times; number += 1) {
      await sleep(CALM_MS);
      const forMs = Math.round(CUT_MIN_MS + world.fraction() * CUT_RANGE_MS);
      const atMs = Date.now() - world.startedAt;
      await nemesis.strike({ kind: 'store-failed-over', number, atMs, forMs });
      // What is there now has reached the new replica long before that is cut off.
      await accounts.read(cluster.store);
    }
    const judgeExecutions = await stopExecuting();
    return () => {
      const lost = `${nemesis.lostCommitCount} groups lost commits`;
      const check = checkOf(
        'no order follows from a commit that is lost',
        lost,
        nemesis.lostEffects,
      );
      // Where nothing was lost, nothing was tried.
      return [{ ...check, isKept: check.isKept && nemesis.lostCommitCount > 0 }, judgeExecutions()];
    };
  },
};
