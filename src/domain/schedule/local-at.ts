/**
 * Times that clocks of a zone show once, `2030-03-31T02:30:00`, and the instants that they are.
 *
 * A local time is looked for in the pieces of its zone: it is the instant at which clocks show it, one of two
 * where they are set back, and none where they skip it. A skipped time is read with the offset before the gap,
 * as the occurrences of a cron expression are.
 */
import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { AtSchedule } from '../group/policy.ts';
import { parseAt } from './at.ts';
import { SHIFT_MAX_MS } from './zone.ts';
import type { Zone } from './zone.ts';
import { DEFAULT_CLOCK_CHANGES } from './zoned-next.ts';
import type { ClockChanges } from './zoned-next.ts';

/** 10000-01-01T00:00:00Z, in milliseconds. */
const END_MS = 253_402_300_800_000;

/** When an `at` is. */
export type AtInstant =
  | { readonly kind: 'instant'; readonly at: EpochMs }
  /** The text is no instant, or with a zone no local time. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'no-such-zone' }
  /** Clocks skip it, and so does the schedule. */
  | { readonly kind: 'never' };

/** When a schedule of one time fires, by the clocks of its zone where it has one. */
export function instantOfAt(
  { at, timezone, dst }: Omit<AtSchedule, 'kind'>,
  zones: (name: string) => Zone | undefined,
): AtInstant {
  if (timezone === undefined) return instantOrNone(parseAt(at));
  const local = parseLocalAt(at);
  if (local === undefined) return { kind: 'unreadable' };
  const zone = zones(timezone);
  if (zone === undefined) return { kind: 'no-such-zone' };
  const instant = instantOfLocal(local, zone, { ...DEFAULT_CLOCK_CHANGES, ...dst });
  return instant === undefined ? { kind: 'never' } : instantOrNone(instant);
}

/** Instants beyond the year 9999 have no text. */
function instantOrNone(instant: number | undefined): AtInstant {
  if (instant === undefined || instant >= END_MS) return { kind: 'unreadable' };
  return { kind: 'instant', at: epochMs(instant) };
}

/**
 * What clocks show, as if they were those of UTC: a text in the form of `parseAt`, without its Z. Undefined for any
 * other text.
 */
export function parseLocalAt(text: string): EpochMs | undefined {
  return parseAt(`${text}Z`);
}

/** The instant of a local time; undefined where clocks skip it, and so does the schedule. */
function instantOfLocal(local: EpochMs, zone: Zone, changes: ClockChanges): number | undefined {
  const shown: number[] = [];
  const skipped: number[] = [];
  const last = local + SHIFT_MAX_MS;
  for (let from = local - SHIFT_MAX_MS; from <= last;) {
    const { kind, start, end, offset, offsetBefore } = zone.pieceAt(from);
    const isIn = (instant: number): boolean => instant >= start && instant < end;
    if (isIn(local - offset)) shown.push(local - offset);
    if (kind === 'after-gap' && isIn(local - offsetBefore)) skipped.push(local - offsetBefore);
    from = end;
  }
  const shifted = changes.gap === 'shift' ? skipped[0] : undefined;
  return (changes.overlap === 'second' ? shown.at(-1) : shown[0]) ?? shifted;
}
