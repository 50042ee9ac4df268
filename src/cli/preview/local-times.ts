/** Occurrences on the clocks of their zone, in columns and in JSON. */
import type { EpochMs } from '../../base/clock.ts';
import type { Schedule } from '../../domain/group/policy.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import { localTimesOf } from '../../domain/schedule/local-times.ts';
import { zoneOf } from '../../domain/schedule/zone.ts';
import { columnOf, NO_COLUMN, optionalColumn } from './columns.ts';
import type { Column } from './columns.ts';

/** What a preview shows of a zone. */
interface LocalTimes {
  readonly json: {
    readonly timezone?: string | undefined;
    readonly local?: readonly string[];
    /** By occurrence; absent where clocks change at none. */
    readonly notes?: Readonly<Record<string, string>>;
  };
  /** No column, or one: its heading, and its text for each occurrence. */
  readonly local: Column;
  readonly notes: Column;
}

/** The occurrences of a schedule on the clocks of its zone; nothing where it has none. */
export function localTimes(schedule: Schedule, occurrences: readonly EpochMs[]): LocalTimes {
  const localTimeAt = localTimesOf(schedule, zoneOf);
  if (localTimeAt === undefined) {
    return { json: {}, local: NO_COLUMN, notes: NO_COLUMN };
  }
  const times = occurrences.map(localTimeAt);
  const texts = times.map(({ local }) => local);
  const notes = times.map(({ note }) => note);
  const named = occurrences.flatMap((at, index) => {
    const note = notes[index];
    return note === undefined ? [] : [[isoOf(at), note] as const];
  });
  const noted = named.length === 0 ? {} : { notes: Object.fromEntries(named) };
  return {
    json: { timezone: schedule.timezone, local: texts, ...noted },
    local: columnOf('LOCAL', texts),
    notes: optionalColumn('NOTE', notes),
  };
}
