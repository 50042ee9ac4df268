/**
 * An independent calendar for the summary of the quickstart: which occurrences the rules planned, found by
 * trying every minute. It shares nothing with the code that schedules, so that the two can disagree.
 */
const MINUTE_MS = 60_000;

/** The planned instants (epoch ms) of `{ cron }` or `{ at }` after `from` and not after `to`. Cron in UTC, five fields. */
export function plannedBetween(args, from, to) {
  if (args.at !== undefined) {
    const at = Date.parse(args.at.replace(' ', 'T'));
    return at > from && at <= to ? [at] : [];
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = args.cron.trim().split(/\s+/);
  const matches = (time) => {
    const date = new Date(time);
    const day = {
      ofMonth: isIn(dayOfMonth, date.getUTCDate(), 1, 31),
      ofWeek: isIn(dayOfWeek, date.getUTCDay(), 0, 6),
    };
    const isDay =
      dayOfMonth !== '*' && dayOfWeek !== '*'
        ? day.ofMonth || day.ofWeek
        : day.ofMonth && day.ofWeek;
    return (
      isIn(minute, date.getUTCMinutes(), 0, 59) &&
      isIn(hour, date.getUTCHours(), 0, 23) &&
      isIn(month, date.getUTCMonth() + 1, 1, 12) &&
      isDay
    );
  };
  const planned = [];
  const first = Math.floor(from / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  for (let time = first; time <= to; time += MINUTE_MS) if (matches(time)) planned.push(time);
  return planned;
}

/** Whether a value is in a field of numbers, ranges, steps and lists. Names are not known here. */
function isIn(field, value, low, high) {
  return field.split(',').some((item) => {
    const [range, step = '1'] = item.split('/');
    const [from, to = from] = range === '*' ? [low, high] : range.split('-').map(Number);
    return value >= from && value <= to && (value - from) % Number(step) === 0;
  });
}
