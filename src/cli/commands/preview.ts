import type { EpochMs } from '../../base/clock.ts';
import { section } from '../../config/shape.ts';
import { cronWords } from '../../domain/schedule/cron-words.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import { compileSchedule } from '../../domain/schedule/occurrences.ts';
import { occurrencesAfter, PREVIEW_COUNT_DEFAULT } from '../../domain/schedule/preview.ts';
import type { Registry } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { formatSpan } from '../instant.ts';
import { bodyFrom, optionPart, writtenOf } from '../parts.ts';
import type { Part } from '../parts.ts';
import { localTimes } from '../preview/local-times.ts';
import { previewMany } from '../preview/preview-many.ts';
import { addCountOptions, fromIn } from '../preview/count-options.ts';
import type { CountOptions } from '../preview/count-options.ts';
import { PREVIEWED, refuseNoSchedule, scheduleOf } from '../preview/previewed-schedule.ts';
import type { PreviewedFields } from '../preview/previewed-schedule.ts';
import { addCalendarOptions, calendarParts } from '../schedule-options.ts';
import type { CalendarOptions } from '../schedule-options.ts';
import type { Session } from '../session.ts';

interface PreviewOptions extends CalendarOptions, CountOptions {
  readonly at?: string;
  readonly stdin?: boolean;
}

/** Stands for the input in place of an expression. */
const INPUT = '-';

const STDIN_HELP = `
With --stdin, each line is one JSON object and is answered with one line, in order:
  {"cron": "30 2 * * *", "timezone": "Europe/Berlin", "from": "2030-03-30T12:00:00Z", "count": 2}
  {"next": ["2030-03-31T01:30:00.000Z", "2030-04-01T00:30:00.000Z"]}
Members are cron or at, timezone, dialect, dst with gap and overlap, start, end, from (else now) and
count (else ${String(PREVIEW_COUNT_DEFAULT)}). A line that is wrong is answered with {"error": "…"} and stops nothing:
the exit code is 0 when all lines were read.`;

/** `lutra preview '<cron>'`. */
export function addPreview({ program, action }: Registry): void {
  const command = program
    .command('preview')
    .description(
      'show when a schedule fires next, in UTC or on the clocks of a zone; needs no node',
    )
    .argument(
      '[cron]',
      "five fields in quotes: minute hour day month weekday, such as '0 9 * * 1-5'; - is --stdin",
    )
    .option('--at <instant>', 'a one-off time instead of a cron expression');
  addCountOptions(command)
    .option('--stdin', 'answer many schedules, a line of JSON each')
    .addHelpText('after', STDIN_HELP);
  addCalendarOptions(command).action(
    action<PreviewOptions>((session, { words: [cron], options }) => {
      const now = session.world.clock.now();
      if (options.stdin === true || cron === INPUT) {
        refuseOthers(cron, options);
        return previewMany(session.world, now);
      }
      previewOne(session, cron, options);
      return Promise.resolve(EXIT.ok);
    }),
  );
}

const BODY = section(PREVIEWED).superRefine(refuseNoSchedule);

/** What a line of input would say is not said by options. */
function refuseOthers(cron: string | undefined, options: PreviewOptions): void {
  const { from, count } = options;
  const parts = [
    ...partsOf(cron === INPUT ? undefined : cron, options),
    optionPart('--from', ['from'], from),
    optionPart('--count', ['count'], count),
  ];
  const [other] = writtenOf(parts);
  if (other === undefined) return;
  const name = other.source.locate([]) === '' ? 'an expression' : other.source.locate([]);
  const message = `--stdin reads everything from its lines, received ${name} too; write it there`;
  throw new CommandError(EXIT.usage, message);
}

function partsOf(cron: string | undefined, options: PreviewOptions): readonly Part[] {
  return [
    optionPart('', ['cron'], cron),
    optionPart('--at', ['at'], options.at),
    ...calendarParts(options, []),
  ];
}

function previewOne(session: Session, cron: string | undefined, options: PreviewOptions): void {
  const fields: PreviewedFields = bodyFrom(BODY, partsOf(cron, options));
  const now = (): EpochMs => session.world.clock.now();
  const from = fromIn(options, now) ?? now();
  const schedule = scheduleOf(fields);
  const count = options.count ?? PREVIEW_COUNT_DEFAULT;
  const occurrences = [...occurrencesAfter(compileSchedule(schedule), from, count)];
  const words = cron === undefined ? undefined : cronWords(cron, fields.dialect);
  if (words !== undefined && !session.isJson) session.say(`${words} (${fields.timezone ?? 'UTC'})`);
  if (occurrences.length === 0) session.say(`nothing after ${isoOf(from)}`);
  const { json, local, notes } = localTimes(schedule, occurrences);
  session.show({
    // What is undefined is not printed.
    json: { cron, words, from: isoOf(from), occurrences: occurrences.map(isoOf), ...json },
    heading: ['OCCURRENCE', ...local.heading, 'AFTER', ...notes.heading],
    rows: occurrences.map((at, index) => [
      ...[isoOf(at), ...local.cells(index)],
      ...[formatSpan(at - from), ...notes.cells(index)],
    ]),
  });
}
