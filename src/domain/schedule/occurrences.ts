import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { LutraError } from '../../base/errors.ts';
import type { CalendarCopy } from '../calendar/calendar.ts';
import { copyOf } from '../calendar/copies.ts';
import { coveredBy } from '../calendar/covered.ts';
import type { Covered } from '../calendar/covered.ts';
import type { AtSchedule, CronSchedule, Schedule } from '../group/policy.ts';
import { parseAt } from './at.ts';
import { compileCron } from './cron.ts';
import type { CompiledCron } from './cron.ts';
import { instantOfAt } from './local-at.ts';
import { countCron, latestCron, nextCron } from './next.ts';
import { wallClockAfter } from './wall-clock.ts';
import { withCalendars } from './with-calendars.ts';
import type { NamedCovered, SearchLeftOut } from './with-calendars.ts';
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
  /**
   * How many lie from `first` to `last`, both included; undefined where calendars leave out so many stretches of that
   * time that counting would take long.
   */
  count(first: EpochMs, last: EpochMs): number | undefined;
  /** The first instant after another at which clocks of the schedule's zone show its time plus `ms`. */
  wallClockAfter(from: EpochMs, ms: number): EpochMs;
  /** What calendars leave out of these occurrences; absent where the schedule names none. */
  readonly leftOut?: SearchLeftOut;
}

/**
 * The occurrences of a stored schedule. Cron expressions may have seconds here: the API refuses them in the
 * grammar of v1.0, and what is stored may still have them. Throws `record-malformed` where the schedule does
 * not compile.
 */
export function compileSchedule(schedule: Schedule): Occurrences {
  return compileWith({ zones: zoneOf, coveredIn: ({ entries }) => coveredBy(entries) }, schedule);
}

/** As many zones as there are names of them, and some more. */
const ZONES_MAX = 1_000;
/** Calendars that are remembered ready for searches; each takes some kilobytes, at most about a megabyte. */
const CALENDARS_MAX = 100;

/**
 * Makes a `compileSchedule` that remembers the latest `maxEntries` different cron schedules, their zones and their
 * calendars: compiling an expression costs as much as a hundred next occurrences.
 */
export function createScheduleCompiler(maxEntries: number): (schedule: Schedule) => Occurrences {
  const remembered = new Map<string, Occurrences>();
  const sources = { zones: createZones(ZONES_MAX), coveredIn: rememberCovered(CALENDARS_MAX) };
  return (schedule) => {
    // Reading an instant is cheap, and few policies share one.
    if (schedule.kind === 'at') return compileWith(sources, schedule);
    const key = keyOf(schedule);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const compiled = compileWith(sources, schedule);
    const [oldest] = remembered.keys();
    if (oldest !== undefined && remembered.size >= maxEntries) remembered.delete(oldest);
    remembered.set(key, compiled);
    return compiled;
  };
}

/** All that its occurrences depend on. Jitter moves when they are due, and not when they are planned. */
function keyOf(schedule: CronSchedule): string {
  const { cron, timezone, dialect, dst, start, end, exclude, only } = schedule;
  const members = [cron, timezone, dialect, dst?.gap, dst?.overlap, start, end];
  if (exclude === undefined && only === undefined) return JSON.stringify(members);
  const versions = [exclude, only].map((names) => names?.map((name) => versionIn(schedule, name)));
  return JSON.stringify([...members, ...versions]);
}

/** Names are part of it: a calendar that is not there is told by its name. */
function versionIn({ calendars }: CronSchedule, name: string): readonly (string | undefined)[] {
  return [name, copyOf(calendars, name)?.version];
}

/** Those of a schedule before its calendars have had their say. */
interface AllOccurrences extends Occurrences {
  count(first: EpochMs, last: EpochMs): number;
}

type ZoneOf = (name: string) => Zone | undefined;

/** Where what schedules name is found. */
interface Sources {
  readonly zones: ZoneOf;
  /** A calendar ready for searches; undefined where it cannot be read. */
  readonly coveredIn: (copy: CalendarCopy) => Covered | undefined;
}

/** By their versions, which say what is in them. */
function rememberCovered(maxEntries: number): Sources['coveredIn'] {
  const remembered = new Map<string, Covered>();
  return ({ version, entries }) => {
    const known = remembered.get(version);
    if (known !== undefined) return known;
    const covered = coveredBy(entries);
    if (covered === undefined) return undefined;
    const [oldest] = remembered.keys();
    if (oldest !== undefined && remembered.size >= maxEntries) remembered.delete(oldest);
    remembered.set(version, covered);
    return covered;
  };
}

function compileWith(sources: Sources, schedule: Schedule): Occurrences {
  const { zones } = sources;
  switch (schedule.kind) {
    case 'at':
      return occurrencesAt(zones, schedule);
    case 'cron': {
      // In this order: nobody looks for what stands where the span is over.
      const all = withinSpan(schedule, occurrencesOfCron(zones, schedule));
      return inCalendars(sources, schedule, all);
    }
  }
}

function occurrencesAt(zones: ZoneOf, schedule: AtSchedule): Occurrences {
  const read = instantOfAt(schedule, zones);
  switch (read.kind) {
    case 'instant':
      return occurrencesOfInstant(zones, schedule.timezone, read.at);
    case 'never':
      // The rules of clocks may have changed since it was written.
      return NO_OCCURRENCES;
    case 'no-such-zone':
      throw unknownZone(schedule.timezone);
    case 'unreadable':
      throw schedule.timezone === undefined
        ? notAnInstant('at', schedule.at)
        : malformed(`at ${JSON.stringify(schedule.at)} is not a local time YYYY-MM-DDTHH:MM:SS`);
  }
}

const NO_OCCURRENCES: Occurrences = {
  next: () => undefined,
  latest: () => undefined,
  count: () => 0,
  wallClockAfter: plusMs,
};

function occurrencesOfInstant(
  zones: ZoneOf,
  timezone: string | undefined,
  at: EpochMs,
): Occurrences {
  const zone = timezone === undefined ? undefined : zoneIn(zones, timezone);
  return {
    next: (after) => (after < at ? at : undefined),
    latest: (notAfter) => (at <= notAfter ? at : undefined),
    count: (first, last) => (first <= at && at <= last ? 1 : 0),
    wallClockAfter: (from, ms) =>
      zone === undefined ? plusMs(from, ms) : wallClockAfter(zone, from, ms),
  };
}

function occurrencesOfCron(zones: ZoneOf, schedule: CronSchedule): AllOccurrences {
  const dialect = schedule.dialect ?? 'v1';
  const compilation = compileCron(schedule.cron, { dialect, seconds: 'allowed' });
  if (compilation.kind === 'invalid') throw malformed(`cron: ${compilation.problem}`);
  const { cron } = compilation;
  if (schedule.timezone !== undefined) return occurrencesInZone(zones, schedule, cron);
  return {
    next: (after) => nextCron(cron, after),
    latest: (notAfter) => latestCron(cron, notAfter),
    count: (first, last) => countCron(cron, first, last),
    wallClockAfter: plusMs,
  };
}

function occurrencesInZone(
  zones: ZoneOf,
  { timezone = 'UTC', dst }: CronSchedule,
  cron: CompiledCron,
): AllOccurrences {
  const zone = zoneIn(zones, timezone);
  const zoned = { cron, zone, changes: { ...DEFAULT_CLOCK_CHANGES, ...dst } };
  return {
    next: (after) => nextZoned(zoned, after),
    latest: (notAfter) => latestZoned(zoned, notAfter),
    count: (first, last) => countZoned(zoned, first, last),
    wallClockAfter: (from, ms) => wallClockAfter(zone, from, ms),
  };
}

function zoneIn(zones: ZoneOf, timezone: string): Zone {
  const zone = zones(timezone);
  if (zone !== undefined) return zone;
  throw unknownZone(timezone);
}

/** Those that the schedule's calendars let stand. */
function inCalendars(
  { zones, coveredIn }: Sources,
  schedule: CronSchedule,
  all: AllOccurrences,
): Occurrences {
  const { exclude = [], only, timezone, calendars } = schedule;
  if (exclude.length === 0 && only === undefined) return all;
  const covered = (name: string): NamedCovered => {
    const copy = copyOf(calendars, name);
    const found = copy && coveredIn(copy);
    if (found !== undefined) return { name, ...found };
    const problem = copy === undefined ? 'is not known' : 'cannot be read';
    throw malformed(`calendar ${JSON.stringify(name)} ${problem}`);
  };
  const rules = {
    exclude: exclude.map(covered),
    only: only?.map(covered),
    zone: timezone === undefined ? undefined : zoneIn(zones, timezone),
  };
  return { ...all, ...withCalendars(all, rules) };
}

/** Those from the schedule's `start` on and before its `end`. */
function withinSpan(
  { start, end }: Pick<CronSchedule, 'start' | 'end'>,
  all: AllOccurrences,
): AllOccurrences {
  if (start === undefined && end === undefined) return all;
  const first = start === undefined ? Number.NEGATIVE_INFINITY : instantOf('start', start);
  const last = end === undefined ? Number.POSITIVE_INFINITY : plusMs(instantOf('end', end), -1);
  return {
    ...all,
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

function instantOf(name: 'start' | 'end', text: string): EpochMs {
  const instant = parseAt(text);
  if (instant !== undefined) return instant;
  throw notAnInstant(name, text);
}

function notAnInstant(name: string, text: string): LutraError {
  return malformed(`${name} ${JSON.stringify(text)} is not an instant YYYY-MM-DDTHH:MM:SSZ`);
}

function unknownZone(timezone: string | undefined): LutraError {
  return malformed(`timezone ${JSON.stringify(timezone)} is not known`);
}

function malformed(what: string): LutraError {
  return new LutraError('record-malformed', `cannot compile the stored schedule: ${what}`);
}
