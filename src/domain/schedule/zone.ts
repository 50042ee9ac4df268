/**
 * The offsets of a time zone, read from the time zone data of the runtime.
 *
 * Intl tells one offset at a time and slowly, so a zone is kept as pieces: spans of time in which its
 * offset does not change, found by bisection, a year at a time. A piece also ends where its year ends; the
 * offsets on both sides are then the same. The zone of the host is never read.
 */
import type { EpochMs } from '../../base/clock.ts';
import { SECOND_MS } from './civil.ts';

/** A span of time with one offset: from `start` up to, but without, `end`. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  /** Local time less UTC, in milliseconds. */
  readonly offset: number;
  /** The offset right before the start, and the one from the end on. */
  readonly offsetBefore: number;
  readonly offsetAfter: number;
}

/**
 * One time zone. Every answer depends on the arguments alone; what was read is remembered, up to a limit.
 */
export interface Zone {
  /** The piece that an instant lies in. */
  pieceAt(at: number): Piece;
  /** Local time less UTC at an instant, in milliseconds. */
  offsetAt(at: EpochMs): number;
}

/** A mean year of the calendar. Pieces are kept by it, as it takes one division to find. */
const YEAR_MS = 31_556_952_000;
/**
 * How far apart offsets are read before a change between two is narrowed down. The shortest span between
 * two changes that the data have from 1970 to 2100 is six days.
 */
const PROBE_MS = 3 * 86_400_000;
/** Years that a zone remembers; each takes about a kilobyte, and a third of a millisecond to read. */
const YEARS_MAX = 128;
/** No offset, and no change of one, is greater: clocks are less than 15 hours from UTC, and one day was skipped. */
export const SHIFT_MAX_MS = 2 * 86_400_000;

/**
 * The zone of an IANA name such as `Europe/Berlin`; undefined where there is none of that name. Short names
 * other than UTC and GMT are none: `IST` is three zones, and `EST` has no summer.
 */
export function zoneOf(name: string): Zone | undefined {
  if (!/^(UTC|GMT|(?!SystemV\/)[A-Za-z_]+\/.+)$/.test(name)) return undefined;
  const format = offsetFormat(name);
  if (format === undefined) return undefined;
  const yearOf = rememberYears((year) => readYear(format, year));
  let latest: Piece | undefined;
  const pieceAt = (at: number): Piece => {
    if (latest !== undefined && at >= latest.start && at < latest.end) return latest;
    latest = pieceOf(yearOf(Math.floor(at / YEAR_MS)), at);
    return latest;
  };
  return {
    pieceAt,
    offsetAt: (at) => pieceAt(at).offset,
  };
}

function pieceOf(pieces: readonly Piece[], at: number): Piece {
  const piece = pieces.find(({ end }) => at < end);
  if (piece === undefined) throw new RangeError(`no offset at ${at}: it is no instant`);
  return piece;
}

/** Remembers what was read last, up to `YEARS_MAX` years. */
function rememberYears(
  read: (year: number) => readonly Piece[],
): (year: number) => readonly Piece[] {
  const remembered = new Map<number, readonly Piece[]>();
  return (year) => {
    const known = remembered.get(year);
    if (known !== undefined) return known;
    const [oldest] = remembered.keys();
    if (oldest !== undefined && remembered.size >= YEARS_MAX) remembered.delete(oldest);
    const pieces = read(year);
    remembered.set(year, pieces);
    return pieces;
  };
}

/** The pieces of one mean year, earliest first. */
function readYear(format: Intl.DateTimeFormat, year: number): readonly Piece[] {
  const start = year * YEAR_MS;
  const end = start + YEAR_MS;
  const edges = [start, ...changesIn(format, start, end), end];
  const offsets = edges.map((edge) => readOffset(format, edge));
  return edges.slice(0, -1).map((edge, index) => ({
    start: edge,
    end: edges[index + 1] ?? end,
    offset: offsets[index] ?? 0,
    offsetBefore: offsets[index - 1] ?? readOffset(format, edge - SECOND_MS),
    offsetAfter: offsets[index + 1] ?? 0,
  }));
}

/** The instants after `start` and before `end` from which another offset holds. */
function changesIn(format: Intl.DateTimeFormat, start: number, end: number): readonly number[] {
  const changes: number[] = [];
  let from = start;
  let offset = readOffset(format, start);
  while (from < end) {
    const to = Math.min(from + PROBE_MS, end);
    const later = readOffset(format, to);
    if (later !== offset) {
      const change = changeBetween(format, from, to);
      if (change < end) changes.push(change);
    }
    from = to;
    offset = later;
  }
  return changes;
}

/** The first whole second that no longer has the offset of `from`; `to` does not have it. */
function changeBetween(format: Intl.DateTimeFormat, from: number, to: number): number {
  const offset = readOffset(format, from);
  let last = from / SECOND_MS;
  let first = to / SECOND_MS;
  while (first - last > 1) {
    const middle = Math.floor((first + last) / 2);
    if (readOffset(format, middle * SECOND_MS) === offset) last = middle;
    else first = middle;
  }
  return first * SECOND_MS;
}

/** A format that ends in the offset, such as `GMT+05:30`; undefined where there is no zone of that name. */
function offsetFormat(name: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch {
    return undefined; // the one option that can be wrong is the name
  }
}

function readOffset(format: Intl.DateTimeFormat, at: number): number {
  const [, sign, hours = 0, minutes = 0, seconds = 0] =
    /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(format.format(at)) ?? [];
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return (sign === '-' ? -size : size) * SECOND_MS;
}
