import { z } from 'zod';
import { isJsonObject } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import type { AtSchedule, CronSchedule, MisfireChoice } from '../domain/group/policy.ts';
import { CALENDAR_NAME_RIGHT, isCalendarName } from '../domain/calendar/read-calendar.ts';
import { parseAt } from '../domain/schedule/at.ts';
import { compileCron } from '../domain/schedule/cron.ts';
import { instantOfAt } from '../domain/schedule/local-at.ts';
import { zoneOf } from '../domain/schedule/zone.ts';
import {
  AT_MAX,
  JITTER_MAX_SECONDS,
  SCHEDULE_CALENDARS_MAX,
  TIMEZONE_MAX,
  WITHIN_MAX_SECONDS,
} from '../domain/schedule/bounds.ts';
import { argsJsonSchema } from './policy-args-json-schema.ts';

/** What to do with late occurrences, as it stands in `args`. */
export interface MisfireInput {
  readonly policy: MisfireChoice['policy'];
  /** Seconds. */
  readonly within?: number;
}

/** A repeated schedule, as it stands in `args`. */
export interface CronInput extends Omit<CronSchedule, 'kind' | 'jitterSeconds' | 'calendars'> {
  /** Seconds. */
  readonly jitter?: number;
  readonly misfire?: MisfireInput;
}

/** A schedule that fires once, as it stands in `args`. */
interface AtInput extends Omit<AtSchedule, 'kind'> {
  readonly misfire?: MisfireInput;
}

/** The arguments of a policy. The third form belongs to a type that no deployment offers. */
export type PolicyArgsInput =
  AtInput | CronInput | { readonly check: JsonObject; readonly alarm_criteria: JsonObject };

export const ARGS_ERROR =
  'an object with "at", or with "cron", or with "check" and "alarm_criteria", and nothing else';

const AT_ERROR = 'a UTC time such as 2030-01-01T00:00:00Z';
const LOCAL_ERROR = 'a local time such as 2030-01-01T00:00:00, without Z where "timezone" is there';
const CRON_ERROR = 'a cron expression: minute, hour, day of month, month, day of week';

/** The arguments of a policy, their times, expressions and names readable. */
export const policyArgsSchema = z
  .custom<PolicyArgsInput>()
  .meta(argsJsonSchema)
  .superRefine((args: unknown, context) => {
    const issue = issueOf(args);
    if (issue !== undefined) context.addIssue({ code: 'custom', ...issue });
  });

interface Issue {
  readonly path?: (string | number)[];
  readonly message?: string;
  readonly params?: Record<string, string>;
}

/** What is wrong with a member, where it is there. */
type MemberRule = (value: unknown, args: JsonObject) => Issue | undefined;

/** What may stand beside `at`, and beside `cron`. */
const AT_RULES: Readonly<Record<string, MemberRule>> = {
  timezone: timezoneIssue,
  dst: (dst, args) => dstIssue(dst, args, ['first', 'second']),
  at: atIssue,
  misfire: misfireIssue,
};
const CRON_RULES: Readonly<Record<string, MemberRule>> = {
  dialect: (value) =>
    valueIssue(['dialect'], value === 'extended', '"extended", or absent for the grammar of v1.0'),
  cron: cronIssue,
  timezone: timezoneIssue,
  dst: (dst, args) => dstIssue(dst, args, ['first', 'second', 'both']),
  start: (value) => valueIssue(['start'], isInstant(value), AT_ERROR),
  end: endIssue,
  jitter: (value) =>
    valueIssue(
      ['jitter'],
      Number.isInteger(value) && isWithin(1, JITTER_MAX_SECONDS, value),
      `an integer from 1 to ${String(JITTER_MAX_SECONDS)}, in seconds`,
    ),
  exclude: (names) => calendarsIssue('exclude', names),
  only: (names) => calendarsIssue('only', names),
  misfire: misfireIssue,
};

function issueOf(args: unknown): Issue | undefined {
  if (!isJsonObject(args)) return { message: ARGS_ERROR };
  if (Object.keys(args).sort().join() === 'alarm_criteria,check') {
    const key = ['check', 'alarm_criteria'].find((name) => !isJsonObject(args[name]));
    return key === undefined ? undefined : { path: [key], message: 'an object' };
  }
  const rules = rulesOf(args);
  if (rules === undefined) return { message: ARGS_ERROR };
  const unknown = Object.keys(args).find((key) => !Object.hasOwn(rules, key));
  if (unknown !== undefined) return unknownIssue([unknown], rules);
  for (const [key, rule] of Object.entries(rules)) {
    const issue = Object.hasOwn(args, key) ? rule(args[key], args) : undefined;
    if (issue !== undefined) return issue;
  }
  return undefined;
}

/** Undefined where it says neither or both. */
function rulesOf(args: JsonObject): Readonly<Record<string, MemberRule>> | undefined {
  const hasAt = Object.hasOwn(args, 'at');
  if (hasAt === Object.hasOwn(args, 'cron')) return undefined;
  return hasAt ? AT_RULES : CRON_RULES;
}

function unknownIssue(path: string[], known: object): Issue {
  const names = Object.keys(known).sort().join(', ');
  return { path, params: { predicate: `is not known: write no other keys than ${names}` } };
}

function valueIssue(path: string[], isRight: boolean, message: string): Issue | undefined {
  return isRight ? undefined : { path, message };
}

/** Beside `timezone` and `dst`, which are right by now. */
function atIssue(at: unknown, { timezone, dst }: JsonObject): Issue | undefined {
  if (typeof timezone !== 'string') return valueIssue(['at'], isInstant(at), AT_ERROR);
  if (typeof at !== 'string' || at.length > AT_MAX) return { path: ['at'], message: LOCAL_ERROR };
  // What is right about `dst` is checked by its own rule.
  const changes = dst as AtSchedule['dst'];
  const { kind } = instantOfAt({ at, timezone, ...(changes && { dst: changes }) }, zoneOf);
  if (kind === 'unreadable') return { path: ['at'], message: LOCAL_ERROR };
  return valueIssue(['at'], kind === 'instant', shownError(timezone));
}

/** What a local time must be where clocks skip it, and `gap` says that it is left out. */
function shownError(timezone: string): string {
  return `a time that clocks show in ${timezone}, or it never fires with dst.gap "skip"`;
}

function isInstant(value: unknown): boolean {
  return instantOf(value) !== undefined;
}

function instantOf(value: unknown): number | undefined {
  return typeof value === 'string' && value.length <= AT_MAX ? parseAt(value) : undefined;
}

function cronIssue(cron: unknown, { dialect }: JsonObject): Issue | undefined {
  const path = ['cron'];
  if (typeof cron !== 'string') return { path, message: CRON_ERROR };
  const isExtended = dialect === 'extended';
  const options = { dialect: isExtended ? 'extended' : 'v1', seconds: 'allowed' } as const;
  const compilation = compileCron(cron, options);
  if (compilation.kind === 'invalid') {
    return { path, params: { predicate: `is no cron expression: ${compilation.problem}` } };
  }
  if (isExtended || compileCron(cron, { seconds: 'refused' }).kind === 'compiled') return undefined;
  return { params: { sentence: `Invalid "${cron}" cron entry: Seconds not allowed` } };
}

function timezoneIssue(name: unknown): Issue | undefined {
  const isZone =
    typeof name === 'string' && name.length <= TIMEZONE_MAX && zoneOf(name) !== undefined;
  return valueIssue(['timezone'], isZone, 'UTC or an IANA name such as Europe/Berlin');
}

/** Whether there are such calendars is known to nobody yet. */
function calendarsIssue(member: string, names: unknown): Issue | undefined {
  const isList = Array.isArray(names) && names.length > 0 && names.length <= SCHEDULE_CALENDARS_MAX;
  if (!isList) {
    const message = `a list of 1 to ${String(SCHEDULE_CALENDARS_MAX)} names of calendars`;
    return { path: [member], message };
  }
  const wrong = names.findIndex((name) => !isCalendarName(name));
  if (wrong >= 0) {
    return {
      path: [member, wrong],
      message: `the name of a calendar, ${CALENDAR_NAME_RIGHT}`,
    };
  }
  const repeated = names.findIndex((name, index) => names.indexOf(name) < index);
  if (repeated < 0) return undefined;
  const predicate = 'is there twice: write each calendar once';
  return { path: [member, repeated], params: { predicate } };
}

function dstIssue(dst: unknown, args: JsonObject, overlaps: readonly string[]): Issue | undefined {
  if (!Object.hasOwn(args, 'timezone')) {
    const predicate = 'is about the clocks of a time zone: add "timezone", or leave it out';
    return { path: ['dst'], params: { predicate } };
  }
  return membersIssue('dst', dst, {
    gap: { isRight: oneOf('shift', 'skip'), message: '"shift" or "skip"' },
    overlap: { isRight: oneOf(...overlaps), message: wordsText(overlaps) },
  });
}

/** `"first", "second" or "both"`. */
function wordsText(words: readonly string[]): string {
  const shown = words.map((word) => JSON.stringify(word));
  return `${shown.slice(0, -1).join(', ')} or ${shown.slice(-1).join()}`;
}

function endIssue(end: unknown, { start }: JsonObject): Issue | undefined {
  const [endAt, startAt] = [instantOf(end), instantOf(start)];
  if (endAt === undefined || startAt === undefined || endAt > startAt) {
    return valueIssue(['end'], endAt !== undefined, AT_ERROR);
  }
  return { path: ['end'], message: `after start, which is ${JSON.stringify(start)}` };
}

function misfireIssue(misfire: unknown): Issue | undefined {
  const policy = {
    isRight: oneOf('latest', 'all', 'skip'),
    message: '"latest", "all" or "skip"',
  };
  if (isJsonObject(misfire) && !Object.hasOwn(misfire, 'policy')) {
    return { path: ['misfire', 'policy'], message: policy.message };
  }
  return membersIssue('misfire', misfire, {
    policy,
    within: {
      isRight: (value) => value !== 0 && isWithin(0, WITHIN_MAX_SECONDS, value),
      message: `a number above 0 and up to ${String(WITHIN_MAX_SECONDS)}, in seconds`,
    },
  });
}

interface Member {
  readonly isRight: (value: unknown) => boolean;
  readonly message: string;
}

/** What is wrong with the members of an object inside of the arguments. */
function membersIssue(
  name: string,
  value: unknown,
  members: Readonly<Record<string, Member>>,
): Issue | undefined {
  if (!isJsonObject(value)) {
    return { path: [name], message: `an object with ${Object.keys(members).join(' and ')}` };
  }
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(members, key));
  if (unknown !== undefined) return unknownIssue([name, unknown], members);
  const wrong = Object.entries(members).find(
    ([key, { isRight }]) => Object.hasOwn(value, key) && !isRight(value[key]),
  );
  return wrong && { path: [name, wrong[0]], message: wrong[1].message };
}

function oneOf(...words: readonly string[]): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && words.includes(value);
}

function isWithin(min: number, max: number, value: unknown): boolean {
  return typeof value === 'number' && value >= min && value <= max;
}
