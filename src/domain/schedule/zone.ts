/**
 * The offsets of a time zone, read from the time zone data of the runtime.
 *
 * Intl tells one offset at a time and slowly, so a zone is kept as pieces: spans of time in which one offset
 * holds and clocks show each time in one way. Changes are found by bisection, a year at a time; a piece also
 * ends where its year ends. The zone of the host is never read.
 */
import type { EpochMs } from '../../base/clock.ts';
import { SECOND_MS } from './civil.ts';

/**
 * How clocks show the times of a piece: once; or, around where they are set back, for the first or for the
 * second time. `after-gap` are the instants at which clocks would show the times that they skip, had they
 * not been set forward: it begins with the change, and is as long as what is skipped.
 */
type PieceKind = 'once' | 'first-of-two' | 'second-of-two' | 'after-gap';

/** A span of time with one offset: from `start` up to, but without, `end`. */
export interface Piece {
  readonly kind: PieceKind;
  readonly start: number;
  readonly end: number;
  /** Local time less UTC, in milliseconds. */
  readonly offset: number;
  /** The offset before the change that a piece `after-gap` follows; elsewhere the same as `offset`. */
  readonly offsetBefore: number;
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
 * The zone of an IANA name such as `Europe/Berlin`, in any case of letters, as Intl takes it; undefined where
 * there is none of that name. Short names other than UTC and GMT are none: `IST` is three zones, and `EST`
 * has no summer.
 */
export function zoneOf(name: string): Zone | undefined {
  if (!/^(UTC|GMT|(?!SystemV\/)[A-Z_]+\/.+)$/i.test(name)) return undefined;
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
  for (const piece of pieces) if (at < piece.end) return piece;
  throw new RangeError(`no offset at ${at}: it is no instant`);
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

/**
 * The pieces of one mean year, earliest first. A change shortly outside of the year counts as well: the
 * instants that repeat a time, or follow a gap, may reach into it.
 */
function readYear(format: Intl.DateTimeFormat, year: number): readonly Piece[] {
  const start = year * YEAR_MS;
  const end = start + YEAR_MS;
  const pieces: Piece[] = [];
  let from = start - SHIFT_MAX_MS;
  for (const change of changesIn(format, from, end + SHIFT_MAX_MS)) {
    pieces.push(...piecesUntil(change, from));
    from = change.at + Math.abs(change.after - change.before);
  }
  pieces.push(pieceOnce(from, end, readOffset(format, from)));
  return pieces
    .map((piece) => ({
      ...piece,
      start: Math.max(piece.start, start),
      end: Math.min(piece.end, end),
    }))
    .filter((piece) => piece.start < piece.end);
}

/** From the instant `from` to where the times that a change repeats or skips are over. */
function piecesUntil({ at, before, after }: Change, from: number): readonly Piece[] {
  const skipped = after - before;
  if (skipped > 0) {
    const afterGap = { start: at, end: at + skipped, offset: after, offsetBefore: before };
    return [pieceOnce(from, at, before), { kind: 'after-gap', ...afterGap }];
  }
  const first = pieceOnce(at + skipped, at, before);
  const second = pieceOnce(at, at - skipped, after);
  return [
    pieceOnce(from, first.start, before),
    { ...first, kind: 'first-of-two' },
    { ...second, kind: 'second-of-two' },
  ];
}

function pieceOnce(start: number, end: number, offset: number): Piece {
  return { kind: 'once', start, end, offset, offsetBefore: offset };
}

/** An instant from which another offset holds. */
interface Change {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** The changes after `start` and before `end`. */
function changesIn(format: Intl.DateTimeFormat, start: number, end: number): readonly Change[] {
  const changes: Change[] = [];
  let before = readOffset(format, start);
  for (let from = start; from < end; from += PROBE_MS) {
    const to = from + PROBE_MS;
    const after = readOffset(format, to);
    if (after !== before) changes.push({ at: changeBetween(format, from, to), before, after });
    before = after;
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
