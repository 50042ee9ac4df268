/** The options that say when a policy fires, and the parts of its body that they make. */
import { Option } from 'commander';
import type { Command } from 'commander';

import type { Path } from '../config/problem.ts';
import { CommandError, EXIT } from './exit.ts';
import { numberIn } from './number-option.ts';
import { optionPart } from './parts.ts';
import type { Part } from './parts.ts';
import { DIALECTS, GAPS, MISFIRES, OVERLAPS } from './schedule-shape.ts';

/** What decides on which instants a schedule falls. */
export interface CalendarOptions {
  readonly timezone?: string;
  readonly dialect?: string;
  readonly dstGap?: string;
  readonly dstOverlap?: string;
  readonly start?: string;
  readonly end?: string;
}

/** All of a schedule. */
export interface ScheduleOptions extends CalendarOptions {
  readonly cron?: string;
  readonly at?: string;
  readonly exclude?: readonly string[];
  readonly only?: readonly string[];
  readonly jitter?: number | string;
  readonly misfire?: string;
  readonly misfireWithin?: number | string;
}

/** Adds the options of `CalendarOptions`. */
export function addCalendarOptions(command: Command): Command {
  return command
    .option(
      '--timezone <zone>',
      'read the expression, or --at without Z, on the clocks of this zone, Europe/Berlin',
    )
    .addOption(
      new Option(
        '--dialect <dialect>',
        'extended also knows seconds, L, W, #, ?, @daily and ranges that wrap',
      ).choices(DIALECTS),
    )
    .addOption(
      new Option(
        '--dst-gap <choice>',
        'a time that clocks skip comes later, or not at all (else shift); with --timezone',
      ).choices(GAPS),
    )
    .addOption(
      new Option(
        '--dst-overlap <choice>',
        'which instants of a time that clocks show twice (else first); with --timezone',
      ).choices(OVERLAPS),
    )
    .option('--start <instant>', 'nothing before this instant, such as 2030-01-31T09:30:00Z')
    .option('--end <instant>', 'nothing from this instant on');
}

/** Adds the options of `ScheduleOptions`. */
export function addScheduleOptions(command: Command): Command {
  command
    .option('--cron <cron>', "when it fires: five fields in quotes, such as '0 9 * * 1-5'")
    .option(
      '--at <instant>',
      'when it fires, once, such as 2030-01-31T09:30:00Z; with --timezone without Z',
    );
  return addCalendarOptions(command)
    .option(
      '--exclude <calendar>',
      'not at times that this calendar of the tenant covers; can be repeated',
      oneMore,
    )
    .option(
      '--only <calendar>',
      'at no other times than those that a calendar named so covers; can be repeated',
      oneMore,
    )
    .option('--jitter <seconds>', 'fires up to so much later, by an amount of its own', numberIn)
    .addOption(
      new Option(
        '--misfire <policy>',
        'what is done about times found late: the latest of them, all, or none that is too late',
      ).choices(MISFIRES),
    )
    .option(
      '--misfire-within <seconds>',
      'with --misfire: how late is too late (else 60 with skip, never with latest and all)',
      numberIn,
    );
}

function oneMore(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}

/** What the options say, as parts of what is at `path`. */
export function calendarParts(options: CalendarOptions, path: Path): readonly Part[] {
  const { timezone, dialect, dstGap, dstOverlap, start, end } = options;
  return [
    optionPart('--timezone', [...path, 'timezone'], timezone),
    optionPart('--dialect', [...path, 'dialect'], dialect),
    optionPart('--dst-gap', [...path, 'dst', 'gap'], dstGap),
    optionPart('--dst-overlap', [...path, 'dst', 'overlap'], dstOverlap),
    optionPart('--start', [...path, 'start'], start),
    optionPart('--end', [...path, 'end'], end),
  ];
}

/** What the options say, as parts of a policy. Throws a `CommandError` where they say two schedules. */
export function scheduleParts(options: ScheduleOptions): readonly Part[] {
  const { cron, at, exclude, only, jitter, misfire, misfireWithin } = options;
  if (cron !== undefined && at !== undefined) {
    const message = `--cron and --at are two schedules, received ${JSON.stringify(cron)} and ${JSON.stringify(at)}; give one of them`;
    throw new CommandError(EXIT.usage, message);
  }
  return [
    optionPart('--cron', ['args', 'cron'], cron),
    optionPart('--at', ['args', 'at'], at),
    ...calendarParts(options, ['args']),
    optionPart('--exclude', ['args', 'exclude'], exclude),
    optionPart('--only', ['args', 'only'], only),
    optionPart('--jitter', ['args', 'jitter'], jitter),
    optionPart('--misfire', ['args', 'misfire', 'policy'], misfire),
    optionPart('--misfire-within', ['args', 'misfire', 'within'], misfireWithin),
  ];
}
