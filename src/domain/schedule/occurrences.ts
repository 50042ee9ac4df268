import type { EpochMs } from '../../base/clock.ts';
import { LutraError } from '../../base/errors.ts';
import type { Schedule } from '../group/policy.ts';
import { parseAt } from './at.ts';
import { compileCron } from './cron.ts';
import { countCron, latestCron, nextCron } from './next.ts';

/** The planned instants of one schedule. Every answer depends on its arguments alone. */
export interface Occurrences {
  /** The first one strictly after an instant; undefined where there is none. */
  next(after: EpochMs): EpochMs | undefined;
  /** The last one at or before an instant; undefined where there is none. */
  latest(notAfter: EpochMs): EpochMs | undefined;
  /** How many lie from `first` to `last`, both included. */
  count(first: EpochMs, last: EpochMs): number;
}

/**
 * The occurrences of a stored schedule. Cron expressions may have seconds here: the API refuses them,
 * and what is stored may still have them. Throws `record-malformed` where the schedule does not compile.
 */
export function compileSchedule(schedule: Schedule): Occurrences {
  switch (schedule.kind) {
    case 'at':
      return occurrencesAt(schedule.at);
    case 'cron':
      return occurrencesOfCron(schedule.cron);
  }
}

/**
 * Makes a `compileSchedule` that remembers the latest `maxEntries` different cron expressions: compiling
 * one costs as much as a hundred next occurrences.
 */
export function createScheduleCompiler(maxEntries: number): (schedule: Schedule) => Occurrences {
  const remembered = new Map<string, Occurrences>();
  return (schedule) => {
    // Reading an instant is cheap, and few policies share one.
    if (schedule.kind === 'at') return compileSchedule(schedule);
    const known = remembered.get(schedule.cron);
    if (known !== undefined) return known;
    const compiled = compileSchedule(schedule);
    const [oldest] = remembered.keys();
    if (oldest !== undefined && remembered.size >= maxEntries) remembered.delete(oldest);
    remembered.set(schedule.cron, compiled);
    return compiled;
  };
}

function occurrencesAt(text: string): Occurrences {
  const at = parseAt(text);
  if (at === undefined) {
    throw malformed(`at ${JSON.stringify(text)} is not an instant YYYY-MM-DDTHH:MM:SSZ`);
  }
  return {
    next: (after) => (after < at ? at : undefined),
    latest: (notAfter) => (at <= notAfter ? at : undefined),
    count: (first, last) => (first <= at && at <= last ? 1 : 0),
  };
}

function occurrencesOfCron(text: string): Occurrences {
  const compilation = compileCron(text, { seconds: 'allowed' });
  if (compilation.kind === 'invalid') throw malformed(`cron: ${compilation.problem}`);
  const { cron } = compilation;
  return {
    next: (after) => nextCron(cron, after),
    latest: (notAfter) => latestCron(cron, notAfter),
    count: (first, last) => countCron(cron, first, last),
  };
}

function malformed(what: string): LutraError {
  return new LutraError('record-malformed', `cannot compile the stored schedule: ${what}`);
}
