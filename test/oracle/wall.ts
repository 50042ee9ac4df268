/** Local time by the minute, as Intl tells it. Nothing of the program is used here. */

export const MINUTE_MS = 60_000;
export const DAY_MINUTES = 1440;

/** What clocks of one zone show: minutes since 1970-01-01T00:00 on these clocks, at a minute of UTC since 1970. */
export type Walls = (minute: number) => number;

/** Days of minutes that are kept, for all zones together. */
const DAYS_MAX = 4_000;

/** Reads the clocks of zones, each minute once as long as it is kept. */
export function createWallReader(): (zone: string) => Walls {
  const formats = new Map<string, Intl.DateTimeFormat>();
  const days = new Map<string, Int32Array>();
  const dayOf = (zone: string, day: number): Int32Array => {
    const key = `${zone} ${String(day)}`;
    const known = days.get(key);
    if (known !== undefined) return known;
    const [oldest] = days.keys();
    if (oldest !== undefined && days.size >= DAYS_MAX) days.delete(oldest);
    const format = formats.get(zone) ?? formatOf(zone);
    formats.set(zone, format);
    const minutes = new Int32Array(DAY_MINUTES);
    for (let hour = 0; hour < DAY_MINUTES; hour += 60) {
      const start = readWall(format, day * DAY_MINUTES + hour);
      // Nothing is set within an hour whose two ends fit: no zone changes twice in one.
      const isEven = readWall(format, day * DAY_MINUTES + hour + 60) === start + 60;
      for (let index = 0; index < 60; index += 1) {
        const minute = day * DAY_MINUTES + hour + index;
        minutes[hour + index] = isEven ? start + index : readWall(format, minute);
      }
    }
    days.set(key, minutes);
    return minutes;
  };
  return (zone) => {
    // The days in use, without the text of a key for every minute.
    const near = new Map<number, Int32Array>();
    let start = Number.NaN;
    let minutes: Int32Array = new Int32Array();
    return (minute) => {
      // Most minutes that are asked for are of the day of the one before.
      if (!(minute >= start && minute < start + DAY_MINUTES)) {
        const day = Math.floor(minute / DAY_MINUTES);
        minutes = near.get(day) ?? dayOf(zone, day);
        near.set(day, minutes);
        start = day * DAY_MINUTES;
      }
      return minutes[minute - start] ?? Number.NaN;
    };
  };
}

/** The minutes from `from` to `until` from which clocks are set otherwise: looked for by days, then narrowed down. */
export function changesOf(zone: string, from: number, until: number): readonly number[] {
  const format = formatOf(zone);
  const offsetAt = (minute: number): number => readWall(format, minute) - minute;
  const changes: number[] = [];
  for (let day = from; day < until; day += DAY_MINUTES) {
    const before = offsetAt(day);
    if (offsetAt(day + DAY_MINUTES) === before) continue;
    let first = day + DAY_MINUTES;
    for (let size = DAY_MINUTES / 2; size >= 0.5; size /= 2) {
      const earlier = first - Math.ceil(size);
      if (earlier > day && offsetAt(earlier) !== before) first = earlier;
    }
    while (offsetAt(first - 1) !== before) first -= 1;
    changes.push(first);
  }
  return changes;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric' },
  });
}

function readWall(format: Intl.DateTimeFormat, minute: number): number {
  const numbers = format.format(minute * MINUTE_MS).match(/\d+/g) ?? [];
  const [month = 0, day = 0, year = 0, hour = 0, minuteOfHour = 0] = numbers.map(Number);
  return Date.UTC(year, month - 1, day, hour, minuteOfHour) / MINUTE_MS;
}
