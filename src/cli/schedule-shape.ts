/**
 * When a policy fires, as files, options and lines of input spell it: the shape of each member, and what the
 * members owe one another. What makes an expression, a zone or an instant right is the domain's word.
 */
import { z } from 'zod';

import { isJsonObject } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { oneOf, section, textThat, wholeNumber } from '../config/shape.ts';
import { CALENDAR_NAME_RIGHT, isCalendarName } from '../domain/calendar/read-calendar.ts';
import { parseAt } from '../domain/schedule/at.ts';
import {
  AT_MAX,
  JITTER_MAX_SECONDS,
  SCHEDULE_CALENDARS_MAX,
  TIMEZONE_MAX,
  WITHIN_MAX_SECONDS,
} from '../domain/schedule/bounds.ts';
import { compileCron } from '../domain/schedule/cron.ts';
import { zoneOf } from '../domain/schedule/zone.ts';
import type { Zone } from '../domain/schedule/zone.ts';
import { atProblems } from './at-rules.ts';
import type { TimingProblem } from './at-rules.ts';

/** Grammars of cron expressions. */
export const DIALECTS = ['v1', 'extended'] as const;
/** What becomes of a time of day that clocks skip. */
export const GAPS = ['shift', 'skip'] as const;
/** Which instants of a time of day that clocks show twice. */
export const OVERLAPS = ['first', 'second', 'both'] as const;
/** What to do about occurrences that are found late. */
export const MISFIRES = ['latest', 'all', 'skip'] as const;
const WITHIN_RIGHT = `write seconds above 0, up to ${String(WITHIN_MAX_SECONDS)}`;

/** An instant in UTC. */
export const instant = textThat('write an instant in UTC such as 2030-01-31T09:30:00Z', (text) =>
  text.length > AT_MAX || parseAt(text) === undefined ? 'is not an instant' : undefined,
);

/** The name of a zone that `zones` knows. */
export function timezoneIn(zones: (name: string) => Zone | undefined): z.ZodString {
  return textThat('write UTC or the name of a zone such as Europe/Berlin', (text) =>
    text.length > TIMEZONE_MAX || zones(text) === undefined ? 'is no time zone' : undefined,
  );
}

/** A cron expression and what decides on which instants it falls. */
export const CALENDAR = {
  cron: z.string({ error: "write five fields in quotes, such as '0 9 * * 1-5'" }).optional(),
  timezone: timezoneIn(zoneOf).optional(),
  dialect: oneOf(DIALECTS).optional(),
  dst: section({ gap: oneOf(GAPS).optional(), overlap: oneOf(OVERLAPS).optional() }).optional(),
  start: instant.optional(),
  end: instant.optional(),
};

const CALENDARS_RIGHT = `write a list of 1 to ${String(SCHEDULE_CALENDARS_MAX)} names of calendars`;
/** Names of calendars; whether there are such ones only a node knows. */
const calendars = z
  .array(
    textThat(`write ${CALENDAR_NAME_RIGHT}`, (text) =>
      isCalendarName(text) ? undefined : 'is not the name of a calendar',
    ),
    { error: CALENDARS_RIGHT },
  )
  .min(1, { error: CALENDARS_RIGHT })
  .max(SCHEDULE_CALENDARS_MAX, { error: CALENDARS_RIGHT })
  .readonly();

/**
 * The same, the tenant's calendars that it is subject to, and how exactly and how late what falls on its instants
 * may be done.
 */
export const TIMING = {
  ...CALENDAR,
  exclude: calendars.optional(),
  only: calendars.optional(),
  jitter: wholeNumber(1, JITTER_MAX_SECONDS).optional(),
  misfire: section({
    policy: oneOf(MISFIRES),
    within: z
      .number({ error: WITHIN_RIGHT })
      .gt(0, { error: WITHIN_RIGHT })
      .max(WITHIN_MAX_SECONDS, { error: WITHIN_RIGHT })
      .optional(),
  }).optional(),
};

/** Members that only a cron expression can have beside it. */
export const CRON_ONLY = ['dialect', 'start', 'end', 'jitter', 'exclude', 'only'] as const;
/** Members that an `at` can have beside it as well: they say on which clocks it is. */
export const ZONE_MEMBERS = ['timezone', 'dst'] as const;

/** The rules between members that are broken. Reads raw data: what has not its shape breaks no rule. */
export function timingProblems(raw: JsonObject): readonly TimingProblem[] {
  return [
    ...cronProblems(raw),
    ...companyProblems(raw),
    ...atProblems(raw),
    ...spanProblems(raw),
    ...calendarProblems(raw),
  ];
}

/** Checks the same rules of data that have their shape. */
export function refuseBadTiming(timing: object, context: z.core.$RefinementCtx): void {
  if (!isJsonObject(timing)) return;
  for (const { path, wrong, right } of timingProblems(timing)) {
    context.addIssue({ code: 'custom', path: [...path], message: right, params: { wrong } });
  }
}

function cronProblems(raw: JsonObject): readonly TimingProblem[] {
  const cron = textOf(raw, 'cron');
  if (cron === undefined) return [];
  const dialect = textOf(raw, 'dialect') === 'extended' ? 'extended' : 'v1';
  const compilation = compileCron(cron, { dialect, seconds: 'refused' });
  if (compilation.kind === 'compiled') return [];
  const right = compilation.problem;
  return [{ path: ['cron'], wrong: 'is not a schedule', received: cron, right }];
}

/** What stands alone and means nothing so. */
function companyProblems(raw: JsonObject): readonly TimingProblem[] {
  const isGiven = (name: string): boolean => Object.hasOwn(raw, name) && raw[name] !== undefined;
  const lonely = (name: string, wrong: string, right: string): readonly TimingProblem[] =>
    isGiven(name) ? [{ path: [name], wrong, received: raw[name], right }] : [];
  const dst = isGiven('dst') && !isGiven('timezone') ? lonelyDst(raw['dst']) : [];
  if (isGiven('cron')) return dst;
  const right = 'write cron, or leave it out';
  const cronOnly = CRON_ONLY.flatMap((name) => lonely(name, 'goes with cron only', right));
  if (isGiven('at')) return [...cronOnly, ...dst];
  return [
    ...ZONE_MEMBERS.flatMap((name) =>
      lonely(name, 'goes with cron or at only', 'write cron or at, or leave it out'),
    ),
    ...cronOnly,
    ...lonely('misfire', 'goes with a schedule only', 'write cron or at, or leave it out'),
  ];
}

/** Each member, since an option may have said it alone. */
function lonelyDst(dst: unknown): readonly TimingProblem[] {
  if (!isJsonObject(dst)) return [];
  const wrong = 'goes with a time zone only';
  const right = 'write timezone, or leave it out';
  return Object.entries(dst).map(([name, received]) => ({
    ...{ path: ['dst', name], wrong, received, right },
  }));
}

function spanProblems(raw: JsonObject): readonly TimingProblem[] {
  const [start, end] = ['start', 'end'].map((name) => parseAt(textOf(raw, name) ?? ''));
  if (start === undefined || end === undefined || start < end) return [];
  const right = `write an instant after start, which is ${JSON.stringify(textOf(raw, 'start'))}`;
  return [{ path: ['end'], wrong: 'is not after start', received: textOf(raw, 'end'), right }];
}

function calendarProblems(raw: JsonObject): readonly TimingProblem[] {
  return ['exclude', 'only'].flatMap((member) => {
    const names = raw[member];
    if (!Array.isArray(names)) return [];
    const repeated = names.findIndex((name, index) => names.indexOf(name) < index);
    if (repeated < 0) return [];
    const received: unknown = names[repeated];
    const right = 'write each calendar once';
    return [{ path: [member, repeated], wrong: 'is there twice', received, right }];
  });
}

function textOf(raw: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** What stands beside `cron` or `at`, as it was written. */
export type Timing = {
  readonly [Name in keyof typeof TIMING]?: z.output<(typeof TIMING)[Name]>;
};

/** What stands beside `cron` or `at`, as it is sent. */
export interface TimingArgs {
  readonly timezone?: string;
  readonly dialect?: 'extended';
  readonly dst?: {
    readonly gap?: (typeof GAPS)[number];
    readonly overlap?: (typeof OVERLAPS)[number];
  };
  readonly start?: string;
  readonly end?: string;
  readonly jitter?: number;
  readonly exclude?: readonly string[];
  readonly only?: readonly string[];
  readonly misfire?: { readonly policy: (typeof MISFIRES)[number]; readonly within?: number };
}

/**
 * The members in the one way that they are sent: what only says what is so without it is left out, since a
 * node shows what was set and nothing else.
 */
export function timingArgs(timing: Timing): TimingArgs {
  const { timezone, dialect, dst, start, end, jitter, exclude, only, misfire } = timing;
  const changes = withoutAbsent({ gap: dst?.gap, overlap: dst?.overlap });
  return withoutAbsent({
    ...{ timezone, start, end, jitter, exclude, only },
    dialect: dialect === 'extended' ? dialect : undefined,
    dst: Object.keys(changes).length === 0 ? undefined : changes,
    misfire:
      misfire === undefined
        ? undefined
        : { policy: misfire.policy, ...withoutAbsent({ within: misfire.within }) },
  });
}

function withoutAbsent<Members extends object>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  // What was not filtered out is as it was.
  return Object.fromEntries(given) as {
    [Name in keyof Members]?: Exclude<Members[Name], undefined>;
  };
}
