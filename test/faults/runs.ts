/** The runs that there are. */
import { belief } from './runs/belief.ts';
import { etcdDown } from './runs/etcd-down.ts';
import { everyFault } from './runs/every-fault.ts';
import { ownerAndLeader } from './runs/owner-and-leader.ts';
import { quiet } from './runs/quiet.ts';
import { redisFailOver } from './runs/redis-fail-over.ts';
import { redisRestart } from './runs/redis-restart.ts';
import type { Run } from './runs/run.ts';
import { soak } from './runs/soak.ts';
import { staleOwners } from './runs/stale-owners.ts';

/** What runs where no name is given. */
export const EVERY_FAULT = 'every-fault';

/** By name. */
export const RUNS: Readonly<Record<string, Run>> = {
  [EVERY_FAULT]: everyFault,
  'owner-and-etcd-leader': ownerAndLeader,
  'etcd-down': etcdDown,
  'redis-restart': redisRestart,
  'redis-fail-over': redisFailOver,
  quiet,
  'stale-owners': staleOwners,
  belief,
  soak,
};

/** A run that is known to be there. */
export function runOf(name: string): Run {
  const run = RUNS[name];
  if (run === undefined) throw new Error(`there is no run "${name}"`);
  return run;
}
