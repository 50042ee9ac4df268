/** Occurrences on the clocks of their zone, and what changes of clocks do to them. */
import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { Schedule } from '../group/policy.ts';
import { compileCron } from './cron.ts';
import { isoOf } from './iso.ts';
import { parseLocalAt } from './local-at.ts';
import { nextCron } from './next.ts';
import type { Zone } from './zone.ts';

/** What the clocks of a zone show at an occurrence. */
export interface LocalTime {
  /** With the offset: `2030-07-01T09:30:00+02:00`. */
  readonly local: string;
  /** What a change of clocks does to the occurrence, in words; absent where it does nothing. */
  readonly note?: string;
}

/**
 * What tells the local times of the occurrences of a schedule; undefined where it names no zone that `zones` knows,
 * or does not compile.
 */
export function localTimesOf(
  schedule: Schedule,
  zones: (name: string) => Zone | undefined,
): ((at: EpochMs) => LocalTime) | undefined {
  if (schedule.timezone === undefined) return undefined;
  const zone = zones(schedule.timezone);
  const isMeant = meaningOf(schedule);
  if (zone === undefined || isMeant === undefined) return undefined;
  return (at) => {
    const note = clockNote(at, zone, isMeant);
    return { local: localIso(at, zone), ...(note === undefined ? {} : { note }) };
  };
}

/** What says whether a schedule means a local time; undefined where it cannot be read. */
function meaningOf(schedule: Schedule): ((local: EpochMs) => boolean) | undefined {
  if (schedule.kind === 'at') {
    const meant = parseLocalAt(schedule.at);
    return meant === undefined ? undefined : (local) => local === meant;
  }
  const dialect = schedule.dialect ?? 'v1';
  const compilation = compileCron(schedule.cron, { dialect, seconds: 'allowed' });
  if (compilation.kind === 'invalid') return undefined;
  return (local) => nextCron(compilation.cron, plusMs(local, -1)) === local;
}

function localIso(at: EpochMs, zone: Zone): string {
  const offset = zone.offsetAt(at);
  const size = isoOf(epochMs(Math.abs(offset))).slice(
    '1970-01-01T'.length,
    '1970-01-01T00:00'.length,
  );
  return `${isoOf(plusMs(at, offset)).slice(0, -'.000Z'.length)}${offset < 0 ? '-' : '+'}${size}`;
}

/** `isMeant` says whether the schedule means a local time. */
function clockNote(
  at: EpochMs,
  zone: Zone,
  isMeant: (local: EpochMs) => boolean,
): string | undefined {
  const { kind, offset, offsetBefore } = zone.pieceAt(at);
  const local = plusMs(at, offset);
  if (!isMeant(local)) return `clocks skip ${timeOf(plusMs(at, offsetBefore))}`;
  if (kind === 'first-of-two') return `first ${timeOf(local)} of the day`;
  return kind === 'second-of-two' ? `second ${timeOf(local)} of the day` : undefined;
}

/** `02:30`, or `02:30:15` where there are seconds. */
function timeOf(local: EpochMs): string {
  const text = isoOf(local).slice('1970-01-01T'.length, '1970-01-01T00:00:00'.length);
  return text.endsWith(':00') ? text.slice(0, -':00'.length) : text;
}
