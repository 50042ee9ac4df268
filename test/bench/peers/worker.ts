/** The process of one worker: runs one subject, counts what it fires, and does what the benchmark says. */
import { messageOf } from '../../../src/base/errors.ts';
import type { Commands, Reply, Request, Usage, WorkerPlan } from './protocol.ts';
import type { Runner, RunnerPlan, SubjectId } from './subject.ts';
import { Tally } from './tally.ts';

type Run = (plan: RunnerPlan) => Promise<Runner>;

/** Loaded one by one: no process holds what another one needs. */
const RUNS: Readonly<Record<SubjectId, () => Promise<Run>>> = {
  lutra: async () => (await import('./subjects/lutra.ts')).runLutra,
  'lutra-always': async () => (await import('./subjects/lutra.ts')).runLutra,
  'lutra-embedded': async () => (await import('./subjects/lutra.ts')).runLutraEmbedded,
  bullmq: async () => (await import('./subjects/bullmq.ts')).runBullMq,
  'bullmq-always': async () => (await import('./subjects/bullmq.ts')).runBullMq,
  'pg-boss': async () => (await import('./subjects/pg-boss.ts')).runPgBoss,
  'graphile-worker': async () => (await import('./subjects/graphile-worker.ts')).runGraphileWorker,
  agenda: async () => (await import('./subjects/agenda.ts')).runAgenda,
  croner: async () => (await import('./subjects/in-process.ts')).runCroner,
  'node-schedule': async () => (await import('./subjects/in-process.ts')).runNodeSchedule,
};

type Handlers = {
  readonly [Name in keyof Commands]: (
    given: Commands[Name]['given'],
  ) => Commands[Name]['answer'] | Promise<Commands[Name]['answer']>;
};

async function serve({ subject, place, isAtRest }: WorkerPlan): Promise<void> {
  const tally = new Tally(() => Date.now());
  const run = await RUNS[subject]();
  const runner = await run({ place, isAtRest, sink: tally.sink });
  const handlers: Handlers = {
    store: async (rules) => {
      tally.begin(rules);
      await runner.store(rules);
      return undefined;
    },
    begin: async (rules) => {
      tally.begin(rules);
      await runner.start(rules);
      return undefined;
    },
    await: (count) =>
      new Promise((resolve) => {
        tally.await(count, () => resolve(undefined));
      }),
    watch: (how) => {
      tally.watch(how);
      return undefined;
    },
    watched: () => tally.watched(),
    take: () => tally.take(),
    usage: () => usage(),
    heldBytes: () => heldBytes(),
  };
  process.on('message', (message) => {
    void answer(message as Request, handlers).then((reply) => process.send?.(reply));
  });
  process.send?.({ id: 0 } satisfies Reply);
}

async function answer({ id, command, given }: Request, handlers: Handlers): Promise<Reply> {
  try {
    const handle = handlers[command] as (given: unknown) => unknown; // told apart by its name
    return { id, answer: await handle(given) };
  } catch (error) {
    return { id, error: messageOf(error) };
  }
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1_000, residentBytes: process.memoryUsage.rss() };
}

function heldBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

process.on('disconnect', () => process.exit(0));
const [plan] = process.argv.slice(2);
await serve(JSON.parse(plan ?? '') as WorkerPlan);
