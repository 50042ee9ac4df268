/** Recurring rules of a benchmark: when each is due, in the words of those who are to fire it. */

/** The finest that a scheduler can be told. */
export type Grain = 'second' | 'minute';

/** So many rules. Rule `index` is due at each instant t, in ms, for which t mod `periodMs` is its offset. */
export interface Rules {
  readonly count: number;
  /** An hour, a minute, or a whole number of seconds that divides a minute. */
  readonly periodMs: number;
  /** Rule `index` has the one at `index` modulo their number. Whole seconds; whole minutes for a grain of minutes. */
  readonly offsetsMs: readonly number[];
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** A timer may come this much before its time: that is a firing of the instant that follows. */
const EARLY_MS = 250;

/** So many rules that are due at the instant, and every hour after it. */
export function dueAt(instant: number, count: number): Rules {
  return { count, periodMs: HOUR_MS, offsetsMs: [instant % HOUR_MS] };
}

/** So many rules that fire every period, the same number of them at each second of it. */
export function everySecond(count: number, periodSeconds: number): Rules {
  return {
    count,
    periodMs: periodSeconds * 1_000,
    offsetsMs: Array.from({ length: periodSeconds }, (_, second) => second * 1_000),
  };
}

/** When in its period the rule is due, in ms. */
export function offsetOf({ offsetsMs }: Rules, index: number): number {
  const offset = offsetsMs[index % offsetsMs.length];
  if (offset === undefined) throw new Error('the rules are never due');
  return offset;
}

/** The instant at which a rule was due that fires now. */
export function plannedAtOf({ periodMs }: Rules, offsetMs: number, now: number): number {
  const sinceMs = (((now - offsetMs) % periodMs) + periodMs) % periodMs;
  return sinceMs > periodMs - EARLY_MS ? now - sinceMs + periodMs : now - sinceMs;
}

/** The first instant after `now` at which the rule is due. */
export function nextAt(rules: Rules, index: number, now: number): number {
  const { periodMs } = rules;
  const offsetMs = offsetOf(rules, index);
  return Math.floor((now - offsetMs) / periodMs) * periodMs + offsetMs + periodMs;
}

/** The first instant not before `notBefore` that a scheduler of this grain can be told. */
export function instantFor(grain: Grain, notBefore: number): number {
  const unitMs = grain === 'second' ? 1_000 : MINUTE_MS;
  return Math.ceil(notBefore / unitMs) * unitMs;
}

/** The rule as a cron expression in UTC: of six fields, seconds first, or of five. */
export function cronOf(rules: Rules, index: number, grain: Grain): string {
  const offsetMs = offsetOf(rules, index);
  const minute = rules.periodMs === HOUR_MS ? String(Math.floor(offsetMs / MINUTE_MS)) : '*';
  if (grain === 'minute') {
    if (offsetMs % MINUTE_MS !== 0 || rules.periodMs < MINUTE_MS) {
      throw new Error('a rule of this kind needs seconds');
    }
    return `${minute} * * * *`;
  }
  return `${secondsOf(rules.periodMs, offsetMs).join(',')} ${minute} * * * *`;
}

function secondsOf(periodMs: number, offsetMs: number): readonly number[] {
  const first = (offsetMs % MINUTE_MS) / 1_000;
  if (periodMs >= MINUTE_MS) return [first];
  const periodSeconds = periodMs / 1_000;
  return Array.from({ length: 60 / periodSeconds }, (_, turn) => first + turn * periodSeconds);
}
