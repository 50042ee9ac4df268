/**
 * Schedulers that live in a process, and keep nothing beyond it. They go by the time zone of the process,
 * which is UTC.
 */
import { load } from '../load.ts';
import { cronOf } from '../rules.ts';
import type { Rules } from '../rules.ts';
import type { Runner, RunnerPlan } from '../subject.ts';

interface Croner {
  readonly Cron: new (pattern: string, job: () => void) => unknown;
}

interface NodeSchedule {
  readonly default: { readonly scheduleJob: (rule: string, job: () => void) => unknown };
}

export async function runCroner({ sink }: RunnerPlan): Promise<Runner> {
  const { Cron } = (await load('croner')) as Croner;
  return runnerOf((cron, index) => {
    new Cron(cron, () => void sink.fired(index));
  });
}

export async function runNodeSchedule({ sink }: RunnerPlan): Promise<Runner> {
  const { scheduleJob } = ((await load('node-schedule')) as NodeSchedule).default;
  return runnerOf((cron, index) => {
    scheduleJob(cron, () => void sink.fired(index));
  });
}

function runnerOf(schedule: (cron: string, index: number) => void): Runner {
  const store = (rules: Rules): Promise<void> => {
    for (let index = 0; index < rules.count; index += 1) {
      schedule(cronOf(rules, index, 'second'), index);
    }
    return Promise.resolve();
  };
  return { store, start: () => Promise.resolve() };
}
