/** How stored fields are checked as they are read: shapes, member by member. What does not have its shape is `record-malformed`. */
import { LutraError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import type { JsonObject } from '../../base/json.ts';

type Check = (value: unknown) => boolean;

/** What each key of a field must pass. */
export type Checks<Value> = Readonly<Record<keyof Value, Check>>;

/** Reads a field whose every key passes its check. The type is what the checks amount to. */
export function parse<Value extends object>(
  name: string,
  text: string | undefined,
  checks: Checks<Value>,
): Value {
  const value = parseObject(name, text);
  for (const key in checks) {
    if (!checks[key](value[key])) throw malformed(name, `${key} is ${shown(value[key])}`);
  }
  return value as Value; // checked key by key above
}

function parseObject(name: string, text: string | undefined): JsonObject {
  if (text === undefined) throw malformed(name, 'it is missing');
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch (cause) {
    throw malformed(name, `it is not JSON: ${shown(text)}`, cause);
  }
  throw malformed(name, `it is not an object: ${shown(text)}`);
}

export function malformed(name: string, what: string, cause?: unknown): LutraError {
  return new LutraError('record-malformed', `cannot read the stored field "${name}": ${what}`, {
    cause,
  });
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) as string | undefined); // undefined has no JSON
  return (text ?? 'missing').slice(0, 80);
}

export const isString: Check = (value) => typeof value === 'string';
export const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
export const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isWhole: Check = (value) => Number.isInteger(value) && Number(value) >= 0;
/** Whole milliseconds: a fraction of one would give an occurrence two names, and no store arms it. */
export const isInstant: Check = (value) => Number.isSafeInteger(value);
export const isBoolean: Check = (value) => typeof value === 'boolean';
export const isObject: Check = (value) => isJsonObject(value);
export const isTexts: Check = (value) =>
  isJsonObject(value) && Object.values(value).every(isString);

export function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function oneOf(...words: readonly string[]): Check {
  return (value) => typeof value === 'string' && words.includes(value);
}

export function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

export const isEviction: Check = (value) =>
  isJsonObject(value) && isString(value['id']) && isBoolean(value['isPurged']);

export const isAdjustment: Check = (value) =>
  isJsonObject(value) &&
  ((value['kind'] === 'change' && Number.isInteger(value['amount'])) ||
    (value['kind'] === 'changePercent' && isNumber(value['percent'])) ||
    // Clamped when it is executed, so it may be any whole number, beyond the safe ones too.
    (value['kind'] === 'desiredCapacity' && isWhole(value['amount'])) ||
    (value['kind'] === 'window' && passes(isWindowMember, value)));

const isPlannedMember: Readonly<Record<string, Check>> = {
  min: optional(isCount),
  max: optional(isCount),
  desired: optional(isCount),
};

const isWindowMember: Readonly<Record<string, Check>> = {
  ...isPlannedMember,
  durationSeconds: (value) => isCount(value) && value !== 0,
  measured: optional(oneOf('wall', 'elapsed')),
  priority: optional((value) => Number.isSafeInteger(value)),
};

const isOpenWindowMember: Readonly<Record<string, Check>> = {
  ...isPlannedMember,
  policyId: isString,
  opensAt: isInstant,
  closesAt: isInstant,
  priority: (value) => Number.isSafeInteger(value),
};

const isOverrideMember: Readonly<Record<string, Check>> = {
  ...isPlannedMember,
  since: isInstant,
  until: isInstant,
  by: isString,
  reason: isString,
};

export const isOpenWindow: Check = (value) =>
  isJsonObject(value) && passes(isOpenWindowMember, value);
export const isOverride: Check = (value) => isJsonObject(value) && passes(isOverrideMember, value);
export const isUnreached: Check = (value) =>
  isJsonObject(value) &&
  isCount(value['desired']) &&
  isInstant(value['since']) &&
  optional(isInstant)(value['overdueAt']);
export const isSpan: Check = (value) =>
  isJsonObject(value) && isInstant(value['first']) && isInstant(value['last']);

const isClockChange: Readonly<Record<string, Check>> = {
  gap: optional(oneOf('shift', 'skip')),
  overlap: optional(oneOf('first', 'second', 'both')),
};

/** Whether texts can be compiled shows when they are. */
const isAtMember: Readonly<Record<string, Check>> = {
  at: isString,
  timezone: optional(isString),
  dst: optional(
    (value) => isJsonObject(value) && passes(isClockChange, value) && value['overlap'] !== 'both',
  ),
};

const isCronMember: Readonly<Record<string, Check>> = {
  cron: isString,
  timezone: optional(isString),
  dialect: optional(oneOf('extended')),
  dst: optional((value) => isJsonObject(value) && passes(isClockChange, value)),
  start: optional(isString),
  end: optional(isString),
  jitterSeconds: optional((value) => isWhole(value) && value !== 0),
  exclude: optional(listOf(isString)),
  only: optional(listOf(isString)),
};

/** Whether its days and hours exist shows when a schedule is compiled. */
const isDaysMember: Readonly<Record<string, Check>> = {
  date: optional(isString),
  from: optional(isString),
  to: optional(isString),
  weekdays: optional(listOf(isString)),
  start: optional(isString),
  end: optional(isString),
};

/** One calendar as a group holds it. */
export const isCalendarCopy: Check = (value) =>
  isJsonObject(value) && isString(value['version']) && listOf(isDays)(value['entries']);

function isDays(value: unknown): boolean {
  if (!isJsonObject(value) || !passes(isDaysMember, value)) return false;
  const { date, from, to, weekdays } = value;
  return date !== undefined || weekdays !== undefined || (from !== undefined && to !== undefined);
}

const isMisfireMember: Readonly<Record<string, Check>> = {
  policy: oneOf('latest', 'all', 'skip'),
  withinSeconds: optional((value) => isNumber(value) && Number(value) >= 0),
};

function passes(checks: Readonly<Record<string, Check>>, value: JsonObject): boolean {
  for (const key in checks) if (checks[key]?.(value[key]) !== true) return false;
  return true;
}

export const isSchedule: Check = (value) =>
  isJsonObject(value) &&
  ((value['kind'] === 'at' && passes(isAtMember, value)) ||
    (value['kind'] === 'cron' && passes(isCronMember, value)));

export const isMisfire: Check = (value) => isJsonObject(value) && passes(isMisfireMember, value);
