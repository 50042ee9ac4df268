import cronstrue from 'cronstrue';

/**
 * A cron expression in English; undefined where it is beyond the words that we have, which is no sign that it is
 * wrong. Times are those of its zone.
 */
export function cronWords(text: string, dialect: 'v1' | 'extended' = 'v1'): string | undefined {
  const written = text.trim().split(/\s+/);
  const macro = dialect === 'extended' ? MACROS[text.trim().toLowerCase()] : undefined;
  if (macro !== undefined) return macro;
  const fields = written.length === MINUTES_FIRST ? ['0', ...written] : written;
  return fields.some(isBeyondWords) ? undefined : wordsOfFields(fields);
}

function wordsOfFields(fields: readonly string[]): string | undefined {
  const [day, weekday] = [fields[DAY], fields[WEEKDAY]].map(
    (field) => field === '*' || field === '?',
  );
  if (day === true || weekday === true) return words(fields);
  // Either day field may match, where the library says "and". Two sentences say it right.
  const byDay = words(fields.with(WEEKDAY, '*'));
  const byWeekday = words(fields.with(DAY, '*'));
  return byDay === undefined || byWeekday === undefined
    ? undefined
    : `${byDay}, or ${byWeekday.charAt(0).toLowerCase()}${byWeekday.slice(1)}`;
}

/** The names of the extended dialect. */
const MACROS: Readonly<Record<string, string>> = {
  '@yearly': 'At 00:00, on day 1 of the month, only in January',
  '@annually': 'At 00:00, on day 1 of the month, only in January',
  '@monthly': 'At 00:00, on day 1 of the month',
  '@weekly': 'At 00:00, only on Sunday',
  '@daily': 'At 00:00',
  '@midnight': 'At 00:00',
  '@hourly': 'Every hour',
};

/** How many fields an expression has without seconds. */
const MINUTES_FIRST = 5;
/** Seconds, minutes and hours there are, any day (which is not counted), months and days of the week. */
const SIZES = [60, 60, 24, undefined, 12, 7];
const DAY = 3;
const WEEKDAY = 5;

function isBeyondWords(field: string, index: number): boolean {
  // Minutes start anew with each hour and hours with each day, so "every 7 minutes" would be wrong.
  return isUneven(field, SIZES[index]) || (index >= DAY && isMixed(field));
}

function isUneven(field: string, size: number | undefined): boolean {
  const step = /^\*\/(\d+)$/.exec(field)?.[1];
  if (step === undefined) return field.includes('/') && field.includes(',');
  return size !== undefined && size % Number(step) > 0;
}

/** Of a list with `L`, `W` or `#` in it the library drops parts, or refuses it. */
function isMixed(field: string): boolean {
  return field.includes(',') && /[#]|\bL|\dL|\dW|[A-Z]{3}L/i.test(field);
}

function words(fields: readonly string[]): string | undefined {
  const [second = '', ...others] = fields.map((field) => withoutZeros(field).toUpperCase());
  const expression = (second === '0' ? others : [second, ...others]).join(' ');
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
