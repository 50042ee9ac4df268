import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { LutraError } from '../../base/errors.ts';
import type { CronSchedule, Schedule } from '../group/policy.ts';
import { parseAt } from './at.ts';
import { compileCron } from './cron.ts';
import type { CompiledCron } from './cron.ts';
import { countCron, latestCron, nextCron } from './next.ts';
import { zoneOf } from './zone.ts';
import type { Zone } from './zone.ts';
import { DEFAULT_CLOCK_CHANGES, countZoned, latestZoned, nextZoned } from './zoned-next.ts';
import { createZones } from './zones.ts';

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
 * The occurrences of a stored schedule. Cron expressions may have seconds here: the API refuses them in the
 * grammar of v1.0, and what is stored may still have them. Throws `record-malformed` where the schedule does
 * not compile.
 */
export function compileSchedule(schedule: Schedule): Occurrences {
  return compileWith(zoneOf, schedule);
}

/** As many zones as there are names of them, and some more. */
const ZONES_MAX = 1_000;

/**
 * Makes a `compileSchedule` that remembers the latest `maxEntries` different cron schedules, and their zones:
 * compiling an expression costs as much as a hundred next occurrences.
 */
export function createScheduleCompiler(maxEntries: number): (schedule: Schedule) => Occurrences {
  const remembered = new Map<string, Occurrences>();
  const zones = createZones(ZONES_MAX);
  return (schedule) => {
    // Reading an instant is cheap, and few policies share one.
    if (schedule.kind === 'at') return compileSchedule(schedule);
    const key = keyOf(schedule);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const compiled = compileWith(zones, schedule);
    const [oldest] = remembered.keys();
    if (oldest !== undefined && remembered.size >= maxEntries) remembered.delete(oldest);
    remembered.set(key, compiled);
    return compiled;
  };
}

/** All that its occurrences depend on. Jitter moves when they are due, and not when they are planned. */
function keyOf({ cron, timezone, dialect, dst, start, end }: CronSchedule): string {
  return JSON.stringify([cron, timezone, dialect, dst?.gap, dst?.overlap, start, end]);
}

type ZoneOf = (name: string) => Zone | undefined;

function compileWith(zones: ZoneOf, schedule: Schedule): Occurrences {
  switch (schedule.kind) {
    case 'at':
      return occurrencesAt(instantOf('at', schedule.at));
    case 'cron':
      return withinSpan(schedule, occurrencesOfCron(zones, schedule));
  }
}

function occurrencesAt(at: EpochMs): Occurrences {
  return {
    next: (after) => (after < at ? at : undefined),
    latest: (notAfter) => (at <= notAfter ? at : undefined),
    count: (first, last) => (first <= at && at <= last ? 1 : 0),
  };
}

function occurrencesOfCron(zones: ZoneOf, schedule: CronSchedule): Occurrences {
  const dialect = schedule.dialect ?? 'v1';
  const compilation = compileCron(schedule.cron, { dialect, seconds: 'allowed' });
  if (compilation.kind === 'invalid') throw malformed(`cron: ${compilation.problem}`);
  const { cron } = compilation;
  if (schedule.timezone !== undefined) return occurrencesInZone(zones, schedule, cron);
  return {
    next: (after) => nextCron(cron, after),
    latest: (notAfter) => latestCron(cron, notAfter),
    count: (first, last) => countCron(cron, first, last),
  };
}

function occurrencesInZone(
  zones: ZoneOf,
  { timezone = 'UTC', dst }: CronSchedule,
  cron: CompiledCron,
): Occurrences {
  const zone = zones(timezone);
  if (zone === undefined) throw malformed(`timezone ${JSON.stringify(timezone)} is not known`);
  const zoned = { cron, zone, changes: { ...DEFAULT_CLOCK_CHANGES, ...dst } };
  return {
    next: (after) => nextZoned(zoned, after),
    latest: (notAfter) => latestZoned(zoned, notAfter),
    count: (first, last) => countZoned(zoned, first, last),
  };
}

/** Those from the schedule's `start` on and before its `end`. */
function withinSpan(
  { start, end }: Pick<CronSchedule, 'start' | 'end'>,
  all: Occurrences,
): Occurrences {
  if (start === undefined && end === undefined) return all;
  const first = start === undefined ? Number.NEGATIVE_INFINITY : instantOf('start', start);
  const last = end === undefined ? Number.POSITIVE_INFINITY : plusMs(instantOf('end', end), -1);
  return {
    next: (after) => {
      const next = all.next(epochMs(Math.max(after, first - 1)));
      return next !== undefined && next <= last ? next : undefined;
    },
    latest: (notAfter) => {
      const latest = all.latest(epochMs(Math.min(notAfter, last)));
      return latest !== undefined && latest >= first ? latest : undefined;
    },
    count: (from, to) => {
      const [clampedFrom, clampedTo] = [Math.max(from, first), Math.min(to, last)];
      return clampedFrom > clampedTo ? 0 : all.count(epochMs(clampedFrom), epochMs(clampedTo));
    },
  };
}

function instantOf(name: 'at' | 'start' | 'end', text: string): EpochMs {
  const instant = parseAt(text);
  if (instant !== undefined) return instant;
  throw malformed(`${name} ${JSON.stringify(text)} is not an instant YYYY-MM-DDTHH:MM:SSZ`);
}

function malformed(what: string): LutraError {
  return new LutraError('record-malformed', `cannot compile the stored schedule: ${what}`);
}
