import { InvalidArgumentError, Option } from 'commander';

import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { parseAt } from '../../domain/schedule/at.ts';
import { compileCron } from '../../domain/schedule/cron.ts';
import { nextCron } from '../../domain/schedule/next.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import { zoneOf } from '../../domain/schedule/zone.ts';
import type { Zone } from '../../domain/schedule/zone.ts';
import { DEFAULT_CLOCK_CHANGES, nextZoned } from '../../domain/schedule/zoned-next.ts';
import type { ClockChanges } from '../../domain/schedule/zoned-next.ts';
import type { Registry } from '../command.ts';
import { cronWords } from '../cron-words.ts';
import { CommandError, EXIT } from '../exit.ts';
import { formatSpan } from '../instant.ts';
import type { Session } from '../session.ts';

interface PreviewOptions {
  readonly at?: EpochMs;
  readonly from?: EpochMs;
  readonly count: number;
  readonly timezone?: NamedZone;
  readonly dstGap: ClockChanges['gap'];
  readonly dstOverlap: ClockChanges['overlap'];
}

interface NamedZone {
  readonly name: string;
  readonly zone: Zone;
}

const COUNT_MAX = 1000;

/** `lutra preview '<cron>'`. */
export function addPreview({ program, action }: Registry): void {
  program
    .command('preview')
    .description(
      'show when a schedule fires next, in UTC or on the clocks of a zone; needs no node',
    )
    .argument(
      '[cron]',
      "five fields in quotes: minute hour day month weekday, such as '0 9 * * 1-5'",
    )
    .option('--at <instant>', 'a one-off time instead of a cron expression', instantOption)
    .option('--from <instant>', 'show what comes after this time instead of now', instantOption)
    .option('--count <number>', `how many occurrences, 1 to ${String(COUNT_MAX)}`, countOption, 10)
    .option('--timezone <zone>', 'read the expression in this zone, Europe/Berlin', zoneOption)
    .addOption(
      new Option('--dst-gap <choice>', 'a time that clocks skip comes later, or not at all')
        .choices(['shift', 'skip'])
        .default(DEFAULT_CLOCK_CHANGES.gap),
    )
    .addOption(
      new Option('--dst-overlap <choice>', 'which instants of a time that clocks show twice')
        .choices(['first', 'second', 'both'])
        .default(DEFAULT_CLOCK_CHANGES.overlap),
    )
    .action(
      action<PreviewOptions>((session, { words: [cron], options }) => {
        const from = options.from ?? session.world.clock.now();
        const { timezone } = options;
        const schedule = scheduleOf(cron, options);
        const occurrences = occurrencesOf(schedule, from, options.count);
        if (schedule.words !== undefined && !session.isJson) {
          session.say(`${schedule.words} (${timezone?.name ?? 'UTC'})`);
        }
        if (occurrences.length === 0) session.say(`nothing after ${isoOf(from)}`);
        session.show(shown({ cron, words: schedule.words, from, timezone }, occurrences));
        return Promise.resolve(EXIT.ok);
      }),
    );
}

interface PreviewedSchedule {
  readonly next: (after: EpochMs) => EpochMs | undefined;
  readonly words: string | undefined;
}

function scheduleOf(cron: string | undefined, options: PreviewOptions): PreviewedSchedule {
  const { at, timezone } = options;
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
  const words = cronWords(cron);
  if (timezone === undefined) {
    return { next: (after) => nextCron(compilation.cron, after), words };
  }
  const changes = { gap: options.dstGap, overlap: options.dstOverlap };
  const zoned = { cron: compilation.cron, zone: timezone.zone, changes };
  return { next: (after) => nextZoned(zoned, after), words };
}

/** The occurrences for people and as JSON; with a zone also in its local time. */
function shown(
  preview: {
    readonly cron: string | undefined;
    readonly words: string | undefined;
    readonly from: EpochMs;
    readonly timezone: NamedZone | undefined;
  },
  occurrences: readonly EpochMs[],
): Parameters<Session['show']>[0] {
  const { cron, words, from, timezone } = preview;
  const zoned =
    timezone === undefined
      ? undefined
      : {
          timezone: timezone.name,
          local: occurrences.map((at) => localIso(at, timezone.zone)),
        };
  return {
    json: {
      ...(cron === undefined ? {} : { cron }),
      ...(words === undefined ? {} : { words }),
      from: isoOf(from),
      occurrences: occurrences.map((at) => isoOf(at)),
      ...zoned,
    },
    heading: ['OCCURRENCE', ...(zoned === undefined ? [] : ['LOCAL']), 'AFTER'],
    rows: occurrences.map((at, index) => [
      isoOf(at),
      ...(zoned === undefined ? [] : [zoned.local[index] ?? '']),
      formatSpan(at - from),
    ]),
  };
}

/** What clocks of a zone show, with the offset: `2030-07-01T09:30:00+02:00`. */
function localIso(at: EpochMs, zone: Zone): string {
  const offset = zone.offsetAt(at);
  const size = isoOf(epochMs(Math.abs(offset))).slice(
    '1970-01-01T'.length,
    '1970-01-01T00:00'.length,
  );
  return `${isoOf(plusMs(at, offset)).slice(0, -'.000Z'.length)}${offset < 0 ? '-' : '+'}${size}`;
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

function zoneOption(name: string): NamedZone {
  const zone = zoneOf(name);
  if (zone !== undefined) return { name, zone };
  throw new InvalidArgumentError('write UTC or the name of a zone such as Europe/Berlin');
}

function countOption(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= COUNT_MAX) return count;
  throw new InvalidArgumentError(`write a whole number from 1 to ${String(COUNT_MAX)}`);
}
