import { InvalidArgumentError } from 'commander';

import type { EpochMs } from '../../base/clock.ts';
import { parseAt } from '../../domain/schedule/at.ts';
import { compileCron } from '../../domain/schedule/cron.ts';
import { nextCron } from '../../domain/schedule/next.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import type { Registry } from '../command.ts';
import { cronWords } from '../cron-words.ts';
import { CommandError, EXIT } from '../exit.ts';
import { formatSpan } from '../instant.ts';

interface PreviewOptions {
  readonly at?: EpochMs;
  readonly from?: EpochMs;
  readonly count: number;
}

const COUNT_MAX = 1000;

/** `lutra preview '<cron>'`. */
export function addPreview({ program, action }: Registry): void {
  program
    .command('preview')
    .description('show when a schedule fires next, in UTC; needs no node')
    .argument(
      '[cron]',
      "five fields in quotes: minute hour day month weekday, such as '0 9 * * 1-5'",
    )
    .option('--at <instant>', 'a one-off time instead of a cron expression', instantOption)
    .option('--from <instant>', 'show what comes after this time instead of now', instantOption)
    .option('--count <number>', `how many occurrences, 1 to ${String(COUNT_MAX)}`, countOption, 10)
    .action(
      action<PreviewOptions>((session, { words: [cron], options }) => {
        const from = options.from ?? session.world.clock.now();
        const schedule = scheduleOf(cron, options.at);
        const occurrences = occurrencesOf(schedule, from, options.count);
        if (schedule.words !== undefined && !session.isJson) session.say(`${schedule.words} (UTC)`);
        if (occurrences.length === 0) session.say(`nothing after ${isoOf(from)}`);
        session.show({
          json: {
            ...(cron === undefined ? {} : { cron }),
            ...(schedule.words === undefined ? {} : { words: schedule.words }),
            from: isoOf(from),
            occurrences: occurrences.map((at) => isoOf(at)),
          },
          heading: ['OCCURRENCE', 'AFTER'],
          rows: occurrences.map((at) => [isoOf(at), formatSpan(at - from)]),
        });
        return Promise.resolve(EXIT.ok);
      }),
    );
}

interface PreviewedSchedule {
  readonly next: (after: EpochMs) => EpochMs | undefined;
  readonly words: string | undefined;
}

function scheduleOf(cron: string | undefined, at: EpochMs | undefined): PreviewedSchedule {
  if ((cron === undefined) === (at === undefined)) {
    const received = cron === undefined ? 'neither' : 'both';
    throw new CommandError(
      EXIT.usage,
      `preview takes a cron expression in quotes or --at, received ${received}`,
    );
  }
  if (cron === undefined) {
    return { next: (after) => (at !== undefined && at > after ? at : undefined), words: undefined };
  }
  const compilation = compileCron(cron, { seconds: 'refused' });
  if (compilation.kind === 'invalid') {
    throw new CommandError(EXIT.usage, `cron: ${compilation.problem}`);
  }
  return { next: (after) => nextCron(compilation.cron, after), words: cronWords(cron) };
}

function occurrencesOf(
  schedule: PreviewedSchedule,
  from: EpochMs,
  count: number,
): readonly EpochMs[] {
  const occurrences: EpochMs[] = [];
  let next = schedule.next(from);
  while (next !== undefined && occurrences.length < count) {
    occurrences.push(next);
    next = schedule.next(next);
  }
  return occurrences;
}

function instantOption(text: string): EpochMs {
  const instant = parseAt(text);
  if (instant !== undefined) return instant;
  throw new InvalidArgumentError('write an instant in UTC such as 2030-01-31T09:30:00Z');
}

function countOption(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= COUNT_MAX) return count;
  throw new InvalidArgumentError(`write a whole number from 1 to ${String(COUNT_MAX)}`);
}
