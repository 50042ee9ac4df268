/** BullMQ: a job scheduler for each rule, and one worker. */
import { inParts } from '../in-parts.ts';
import { load } from '../load.ts';
import { cronOf } from '../rules.ts';
import type { Runner, RunnerPlan } from '../subject.ts';

interface Connection {
  readonly url: string;
}

interface Queue {
  readonly upsertJobScheduler: (
    id: string,
    repeat: { readonly pattern: string },
    template: { readonly name: string; readonly data: JobData },
  ) => Promise<unknown>;
}

interface JobData {
  readonly index: number;
}

interface Worker {
  readonly run: () => Promise<void>;
  readonly waitUntilReady: () => Promise<unknown>;
  readonly on: (event: 'error', listener: (error: Error) => void) => void;
}

interface BullMq {
  readonly Queue: new (name: string, options: { readonly connection: Connection }) => Queue;
  readonly Worker: new (
    name: string,
    processor: (job: { readonly data: JobData }) => Promise<void>,
    options: Readonly<Record<string, unknown>>,
  ) => Worker;
}

interface IoRedis {
  readonly Redis: new (url: string) => {
    readonly flushall: () => Promise<unknown>;
    readonly disconnect: () => void;
  };
}

const QUEUE = 'rules';
/** What its documentation calls fairly standard where jobs wait for something: 100 to 300. */
const CONCURRENCY = 100;
const STORED_AT_ONCE = 200;

export async function runBullMq({ place, sink }: RunnerPlan): Promise<Runner> {
  const { Queue, Worker } = (await load('bullmq')) as BullMq;
  const { Redis } = (await load('ioredis')) as IoRedis;
  const connection = { url: place };
  return {
    store: async (rules) => {
      const client = new Redis(place);
      await client.flushall();
      client.disconnect();
      const queue = new Queue(QUEUE, { connection });
      await inParts(rules.count, STORED_AT_ONCE, (index) =>
        queue.upsertJobScheduler(
          `rule-${index}`,
          { pattern: cronOf(rules, index, 'second') },
          { name: 'count', data: { index } },
        ),
      );
    },
    start: async () => {
      const worker = new Worker(QUEUE, ({ data }) => sink.fired(data.index), {
        ...{ connection, concurrency: CONCURRENCY },
        ...{ removeOnComplete: { count: 1_000 }, removeOnFail: { count: 1_000 } },
      });
      worker.on('error', (error) => process.stderr.write(`BullMQ: ${error.message}\n`));
      await worker.waitUntilReady();
    },
  };
}
