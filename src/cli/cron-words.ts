import cronstrue from 'cronstrue';

/**
 * A cron expression of five fields in English; undefined where it is beyond the words that we have,
 * which is no sign that it is wrong. Times are UTC.
 */
export function cronWords(text: string): string | undefined {
  const fields = text.trim().split(/\s+/);
  // Minutes start anew with each hour and hours with each day, so "every 7 minutes" would be wrong.
  if (SIZES.some((size, index) => isUneven(fields[index] ?? '', size))) return undefined;
  if (fields[DAY] === '*' || fields[WEEKDAY] === '*') return words(fields);
  // Either day field may match, where the library says "and". Two sentences say it right.
  const byDay = words(fields.with(WEEKDAY, '*'));
  const byWeekday = words(fields.with(DAY, '*'));
  return byDay === undefined || byWeekday === undefined
    ? undefined
    : `${byDay}, or ${byWeekday.charAt(0).toLowerCase()}${byWeekday.slice(1)}`;
}

/** How many minutes and hours there are. */
const SIZES = [60, 24];
const DAY = 2;
const WEEKDAY = 4;

function isUneven(field: string, size: number): boolean {
  const step = /^\*\/(\d+)$/.exec(field)?.[1];
  return step === undefined ? field.includes('/') && field.includes(',') : size % Number(step) > 0;
}

function words(fields: readonly string[]): string | undefined {
  const expression = fields.map((field) => withoutZeros(field).toUpperCase()).join(' ');
  try {
    return cronstrue.toString(expression, { use24HourTimeFormat: true });
  } catch {
    return undefined; // such as day 0, which we read as day 1
  }
}

/** `007` is 7. */
function withoutZeros(field: string): string {
  return field.replace(/\b0+(?=\d)/g, '');
}
