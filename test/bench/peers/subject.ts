/** Who is compared, and how each is set up. */
import type { Grain, Rules } from './rules.ts';
import type { Sink } from './tally.ts';

/** Where a subject keeps its rules. */
type Backing = 'redis' | 'postgres' | 'file' | 'memory';

/** How soon Redis has on its disk what it was told. */
export type Fsync = 'always' | 'everysec';

export type SubjectId =
  | 'lutra'
  | 'lutra-always'
  | 'lutra-embedded'
  | 'bullmq'
  | 'bullmq-always'
  | 'pg-boss'
  | 'graphile-worker'
  | 'agenda'
  | 'croner'
  | 'node-schedule';

/** One that is compared. */
export interface Subject {
  readonly id: SubjectId;
  readonly backing: Backing;
  /** Where it is not `everysec`: measured in bursts only. */
  readonly fsync?: Fsync;
  readonly grain: Grain;
  /** The package whose version is told; Lutra has none. */
  readonly packageName?: string;
  /** How it is set up here. */
  readonly settings: string;
  /** How long storing one rule takes, about, in ms: how far ahead the first instant has to be. */
  readonly storingMs: number;
}

/** What runs in the process of a worker. */
export interface Runner {
  /** Drops what is stored and stores these rules. Nothing that is kept on a server fires before `start`. */
  readonly store: (rules: Rules) => Promise<void>;
  /** Begins to fire these rules, which are stored. */
  readonly start: (rules: Rules) => Promise<void>;
}

/** Where a runner finds its data. */
export interface RunnerPlan {
  /** Of a Redis, of a PostgreSQL, or the path of a file; empty where nothing is stored. */
  readonly place: string;
  /** Whether cheapness at rest counts, and not how soon something fires, for those who can be told. */
  readonly isAtRest: boolean;
  readonly sink: Sink;
}

/** In the order of their turns: what needs no full minute lies between those that wait for one. */
export const SUBJECTS: readonly Subject[] = [
  {
    id: 'lutra',
    backing: 'redis',
    grain: 'second',
    settings:
      'scheduler loops of all 64 partitions, a node’s own settings, log, metrics and figures; a claim is one atomic commit of cursor, group, mark and history event',
    storingMs: 0.1,
  },
  {
    id: 'bullmq',
    backing: 'redis',
    grain: 'second',
    packageName: 'bullmq',
    settings:
      'a queue, upsertJobScheduler with a pattern for each rule, one Worker with concurrency 100, removeOnComplete { count: 1000 }',
    storingMs: 0.5,
  },
  {
    id: 'lutra-always',
    backing: 'redis',
    fsync: 'always',
    grain: 'second',
    settings: 'as lutra',
    storingMs: 0.1,
  },
  {
    id: 'bullmq-always',
    backing: 'redis',
    fsync: 'always',
    grain: 'second',
    packageName: 'bullmq',
    settings: 'as bullmq',
    storingMs: 0.5,
  },
  {
    id: 'agenda',
    backing: 'postgres',
    grain: 'second',
    packageName: 'agenda',
    settings:
      'PostgreSQL backend, a job with repeatEvery for each rule, one definition with concurrency 100, maxConcurrency 100, processEvery 5 s (its default; it locks that far ahead)',
    storingMs: 1,
  },
  {
    id: 'pg-boss',
    backing: 'postgres',
    grain: 'minute',
    packageName: 'pg-boss',
    settings:
      'one queue, schedule with a key for each rule, cronMonitorIntervalSeconds 1 and cronWorkerIntervalSeconds 1 (the finest; at rest its defaults, 30 and 5), work with batchSize 500, pollingIntervalSeconds 0.5, burstWhenBatchFull',
    storingMs: 1,
  },
  {
    id: 'lutra-embedded',
    backing: 'file',
    grain: 'second',
    settings:
      'the scheduler loop on SQLite, write-ahead log, synced after every commit; claims as above, on the disk',
    storingMs: 0.2,
  },
  {
    id: 'croner',
    backing: 'memory',
    grain: 'second',
    packageName: 'croner',
    settings: 'new Cron for each rule; nothing is stored',
    storingMs: 0.2,
  },
  {
    id: 'node-schedule',
    backing: 'memory',
    grain: 'second',
    packageName: 'node-schedule',
    settings: 'scheduleJob for each rule; nothing is stored',
    storingMs: 0.6,
  },
  {
    id: 'graphile-worker',
    backing: 'postgres',
    grain: 'minute',
    packageName: 'graphile-worker',
    settings:
      'parsedCronItems, one for each rule; concurrentJobs 24, maxPoolSize 25, localQueue { size: 500 }, completeJobBatchDelay 0, failJobBatchDelay 0',
    storingMs: 0.3,
  },
];

/** The subject of that name. */
export function subjectOf(id: SubjectId): Subject {
  const found = SUBJECTS.find((each) => each.id === id);
  if (found === undefined) throw new Error(`nobody is called ${id}`);
  return found;
}

/** Whom of ours a subject is measured against: the one that runs where it runs, on the same settings of Redis. */
export function rivalOf({ backing, fsync }: Subject): SubjectId {
  if (backing === 'memory' || backing === 'file') return 'lutra-embedded';
  return fsync === 'always' ? 'lutra-always' : 'lutra';
}
