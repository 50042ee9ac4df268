/** Occurrences on the clocks of their zone, and what changes of clocks do to them. */
import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { compileCron } from '../../domain/schedule/cron.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import { nextCron } from '../../domain/schedule/next.ts';
import { zoneOf } from '../../domain/schedule/zone.ts';
import type { Zone } from '../../domain/schedule/zone.ts';
import type { PreviewedFields } from './previewed-schedule.ts';

/** What a preview shows of a zone. */
interface LocalTimes {
  readonly json: {
    readonly timezone?: string;
    readonly local?: readonly string[];
    /** By occurrence; absent where clocks change at none. */
    readonly notes?: Readonly<Record<string, string>>;
  };
  /** No column, or one: its heading, and its text for each occurrence. */
  readonly local: Column;
  readonly notes: Column;
}

interface Column {
  readonly heading: readonly string[];
  readonly cells: (index: number) => readonly string[];
}

/** The occurrences of checked fields on the clocks of their zone; nothing where they have none. */
export function localTimes(
  { cron = '', timezone = '', dialect }: PreviewedFields,
  occurrences: readonly EpochMs[],
): LocalTimes {
  const zone = zoneOf(timezone);
  const compilation = compileCron(cron, { dialect, seconds: 'refused' });
  if (zone === undefined || compilation.kind === 'invalid') {
    return { json: {}, local: NO_COLUMN, notes: NO_COLUMN };
  }
  const isMeant = (local: EpochMs): boolean =>
    nextCron(compilation.cron, plusMs(local, -1)) === local;
  const texts = occurrences.map((at) => localIso(at, zone));
  const notes = occurrences.map((at) => clockNote(at, zone, isMeant) ?? '');
  const named = occurrences.flatMap((at, index) => {
    const note = notes[index] ?? '';
    return note === '' ? [] : [[isoOf(at), note] as const];
  });
  const noted = named.length === 0 ? {} : { notes: Object.fromEntries(named) };
  return {
    json: { timezone, local: texts, ...noted },
    local: columnOf('LOCAL', texts),
    notes: named.length === 0 ? NO_COLUMN : columnOf('NOTE', notes),
  };
}

const NO_COLUMN: Column = { heading: [], cells: () => [] };

function columnOf(heading: string, texts: readonly string[]): Column {
  return { heading: [heading], cells: (index) => [texts[index] ?? ''] };
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

/**
 * What a change of clocks does to an occurrence, in words; undefined where it does nothing. `isMeant` says whether
 * the expression means a local time.
 */
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
