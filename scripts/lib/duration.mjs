/** What `--for` was given, in ms; undefined where it was left out. Throws where it is no duration. */
export function durationOf(text) {
  if (text === undefined) return undefined;
  const [, count, unit] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0) {
    throw new Error(`--for takes a duration such as 150s or 5m, received "${text}"`);
  }
  return Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit];
}
