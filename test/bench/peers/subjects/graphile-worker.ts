/** graphile-worker: a cron item for each rule, batched as its page on performance has it. */
import { load } from '../load.ts';
import { cronOf } from '../rules.ts';
import type { Rules } from '../rules.ts';
import type { Runner, RunnerPlan } from '../subject.ts';
import { dropSchemas } from './schemas.ts';

interface CronItem {
  readonly task: string;
  readonly match: string;
  readonly identifier: string;
  readonly payload: JobData;
}

interface JobData {
  readonly index: number;
}

interface GraphileWorker {
  readonly run: (options: Readonly<Record<string, unknown>>) => Promise<{
    readonly promise: Promise<void>;
  }>;
  readonly runMigrations: (options: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly parseCronItems: (items: readonly CronItem[]) => unknown;
  readonly Logger: new (factory: () => (level: string, message: string) => void) => unknown;
}

const WORKER = {
  ...{ concurrentJobs: 24, maxPoolSize: 25 },
  ...{ localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
};

export async function runGraphileWorker({ place, sink }: RunnerPlan): Promise<Runner> {
  const { run, runMigrations, parseCronItems, Logger } = (await load(
    'graphile-worker',
  )) as GraphileWorker;
  const logger = new Logger(() => (level, message) => {
    if (level === 'error') process.stderr.write(`graphile-worker: ${message}\n`);
  });
  const preset = { worker: { ...WORKER, connectionString: place, logger } };
  return {
    // Rules are no rows here: each worker is given all of them.
    store: async () => {
      await dropSchemas(place, ['graphile_worker']);
      await runMigrations({ preset });
    },
    start: async (rules) => {
      await run({
        ...{ preset, noHandleSignals: true, parsedCronItems: parseCronItems(itemsOf(rules)) },
        taskList: { count: ({ index }: JobData) => sink.fired(index) },
      });
    },
  };
}

function itemsOf(rules: Rules): readonly CronItem[] {
  return Array.from({ length: rules.count }, (_, index) => ({
    ...{ task: 'count', identifier: `rule-${index}`, payload: { index } },
    match: cronOf(rules, index, 'minute'),
  }));
}
