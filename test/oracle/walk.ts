/**
 * Occurrences found by looking at a clock every minute: the next one, and all of a span of time. Nothing of
 * the program is used here.
 */
import type { Expression } from './expression.ts';
import { DAY_MINUTES, MINUTE_MS } from './wall.ts';
import type { Walls } from './wall.ts';

export interface Question {
  readonly walls: Walls;
  readonly expression: Expression;
  readonly gap: 'shift' | 'skip';
  readonly overlap: 'first' | 'second' | 'both';
}

/** Clocks are never set by more than this: a whole day, once, and two hours to be safe. */
const SHIFT_MAX_MINUTES = 26 * 60;
const EVERY_MINUTE_DAYS = 3;
const DAYS_MAX = 50 * 366;

/** The first occurrence after an instant, in milliseconds; undefined where 50 years have none. */
export function nextByWalk(question: Question, afterMs: number): number | undefined {
  const firstDay = Math.floor(afterMs / MINUTE_MS / DAY_MINUTES);
  for (let day = firstDay; day < firstDay + DAYS_MAX; day += 1) {
    // A clock is less than a day from UTC, so dates further away do not matter.
    const isNear = day <= firstDay + EVERY_MINUTE_DAYS;
    if (!isNear && ![day - 1, day, day + 1].some(question.expression.matchesDate)) continue;
    const from = Math.max(day * DAY_MINUTES, Math.floor(afterMs / MINUTE_MS));
    for (const minute of minutesThatMatch(question, from, (day + 1) * DAY_MINUTES)) {
      const at = question.expression.seconds
        .map((second) => minute * MINUTE_MS + second * 1000)
        .find((instant) => instant > afterMs);
      if (at !== undefined) return at;
    }
  }
  return undefined;
}

/** The minutes from `from` to before `until` in which the expression has an occurrence. */
export function* minutesThatMatch(
  question: Question,
  from: number,
  until: number,
): Generator<number> {
  const { walls, expression } = question;
  const jump = { at: from, wallBefore: 0, wallAfter: 0 };
  const start = expression.hasAllHours ? from : Math.max(from - SHIFT_MAX_MINUTES, 1);
  let before = walls(Math.max(start - 1, 0));
  for (let minute = start; minute < until; minute += 1) {
    const wall = walls(minute);
    if (wall > before + 1) Object.assign(jump, { at: minute, wallBefore: before, wallAfter: wall });
    before = wall;
    if (minute < from) continue;
    // What the clock would show had nobody set it forward, until it is there.
    const unset = jump.wallBefore + 1 + minute - jump.at;
    const skipped = jump.wallAfter > 0 && unset < jump.wallAfter ? unset : undefined;
    if (isOccurrence(question, minute, skipped)) yield minute;
  }
}

function isOccurrence(question: Question, minute: number, skipped: number | undefined): boolean {
  const { walls, expression, gap } = question;
  const isRegular = matches(expression, walls(minute));
  if (expression.hasAllHours) return isRegular;
  if (gap === 'shift' && skipped !== undefined && matches(expression, skipped)) return true;
  return isRegular && isChosen(question, minute, walls(minute));
}

function matches(expression: Expression, wall: number): boolean {
  const day = Math.floor(wall / DAY_MINUTES);
  return expression.matchesTime(wall - day * DAY_MINUTES) && expression.matchesDate(day);
}

/** Of the minutes that show the same local time, whether this one counts. */
function isChosen({ walls, overlap }: Question, minute: number, wall: number): boolean {
  if (overlap === 'both') return true;
  const direction = overlap === 'first' ? -1 : 1;
  for (let distance = 1; distance <= SHIFT_MAX_MINUTES; distance += 1) {
    const other = minute + direction * distance;
    if (other >= 0 && walls(other) === wall) return false;
  }
  return true;
}
