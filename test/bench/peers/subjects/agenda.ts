/** Agenda on its PostgreSQL backend: a job that repeats for each rule. */
import { inParts } from '../in-parts.ts';
import { load } from '../load.ts';
import { cronOf } from '../rules.ts';
import type { Runner, RunnerPlan } from '../subject.ts';
import { query } from './schemas.ts';

interface JobData {
  readonly index: number;
}

interface Job {
  readonly repeatEvery: (interval: string) => Job;
  readonly save: () => Promise<unknown>;
}

interface AgendaInstance {
  readonly ready: Promise<unknown>;
  readonly on: (event: 'error', listener: (error: Error) => void) => void;
  readonly define: (
    name: string,
    processor: (job: { readonly attrs: { readonly data: JobData } }) => Promise<void>,
    options: { readonly concurrency: number },
  ) => void;
  readonly create: (name: string, data: JobData) => Job;
  readonly start: () => Promise<void>;
}

interface AgendaModule {
  readonly Agenda: new (options: Readonly<Record<string, unknown>>) => AgendaInstance;
}

interface BackendModule {
  readonly PostgresBackend: new (options: Readonly<Record<string, unknown>>) => unknown;
}

const NAME = 'count';
const CONCURRENCY = 100;
const STORED_AT_ONCE = 10;

export async function runAgenda({ place, sink }: RunnerPlan): Promise<Runner> {
  const { Agenda } = (await load('agenda')) as AgendaModule;
  const { PostgresBackend } = (await load('@agendajs/postgres-backend')) as BackendModule;
  const open = async (): Promise<AgendaInstance> => {
    const agenda = new Agenda({
      backend: new PostgresBackend({ connectionString: place }),
      maxConcurrency: CONCURRENCY,
    });
    agenda.on('error', (error) => process.stderr.write(`Agenda: ${error.message}\n`));
    agenda.define(NAME, ({ attrs }) => sink.fired(attrs.data.index), { concurrency: CONCURRENCY });
    await agenda.ready;
    return agenda;
  };
  const opened = open();
  return {
    store: async (rules) => {
      const agenda = await opened;
      await query(place, ['truncate agenda_jobs']);
      await inParts(rules.count, STORED_AT_ONCE, (index) =>
        agenda
          .create(NAME, { index })
          .repeatEvery(cronOf(rules, index, 'second'))
          .save(),
      );
    },
    start: async () => {
      await (await opened).start();
    },
  };
}
