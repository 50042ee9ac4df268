/** pg-boss: a schedule with a key for each rule, all of one queue, and one worker in batches. */
import { inParts } from '../in-parts.ts';
import { load } from '../load.ts';
import { cronOf } from '../rules.ts';
import type { Runner, RunnerPlan } from '../subject.ts';
import { dropSchemas } from './schemas.ts';

interface Boss {
  readonly on: (event: 'error', listener: (error: Error) => void) => void;
  readonly start: () => Promise<unknown>;
  readonly stop: (options: { readonly graceful: boolean }) => Promise<void>;
  readonly createQueue: (name: string) => Promise<void>;
  readonly schedule: (
    name: string,
    cron: string,
    data: JobData,
    options: { readonly key: string },
  ) => Promise<void>;
  readonly work: (
    name: string,
    options: Readonly<Record<string, unknown>>,
    handler: (jobs: readonly { readonly data: JobData }[]) => Promise<void>,
  ) => Promise<string>;
}

interface JobData {
  readonly index: number;
}

interface PgBossModule {
  readonly PgBoss: new (options: Readonly<Record<string, unknown>>) => Boss;
}

const QUEUE = 'rules';
const STORED_AT_ONCE = 10;
const FINEST = { cronMonitorIntervalSeconds: 1, cronWorkerIntervalSeconds: 1 };
const WORK = { batchSize: 500, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true };

export async function runPgBoss({ place, isAtRest, sink }: RunnerPlan): Promise<Runner> {
  const { PgBoss } = (await load('pg-boss')) as PgBossModule;
  const open = (options: Readonly<Record<string, unknown>>): Boss => {
    const boss = new PgBoss({ connectionString: place, ...options });
    boss.on('error', (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
    return boss;
  };
  return {
    store: async (rules) => {
      await dropSchemas(place, ['pgboss']);
      const boss = open({ schedule: false, supervise: false });
      await boss.start();
      await boss.createQueue(QUEUE);
      await inParts(rules.count, STORED_AT_ONCE, (index) =>
        boss.schedule(QUEUE, cronOf(rules, index, 'minute'), { index }, { key: `rule-${index}` }),
      );
      await boss.stop({ graceful: false });
    },
    start: async () => {
      const boss = open(isAtRest ? {} : FINEST);
      await boss.start();
      await boss.work(QUEUE, WORK, async (jobs) => {
        await Promise.all(jobs.map(({ data }) => sink.fired(data.index)));
      });
    },
  };
}
