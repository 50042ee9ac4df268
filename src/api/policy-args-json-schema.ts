/** The arguments of a policy as the API's document describes them. */
import { CALENDAR_NAME_MAX } from '../domain/calendar/read-calendar.ts';
import {
  AT_MAX,
  JITTER_MAX_SECONDS,
  SCHEDULE_CALENDARS_MAX,
  TIMEZONE_MAX,
  WITHIN_MAX_SECONDS,
} from '../domain/schedule/bounds.ts';

/** JSON Schema of what can be done about late occurrences. */
const misfire = {
  type: 'object',
  description:
    'What to do with occurrences that are found late: act on the latest (as without misfire), on all, at most ' +
    '100 of them, oldest first, or on none that is later than within.',
  properties: {
    policy: { enum: ['latest', 'all', 'skip'] },
    within: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: WITHIN_MAX_SECONDS,
      description:
        'How many seconds late an occurrence may be and still be acted on. Without it: any number for latest and all, 60 for skip.',
    },
  },
  required: ['policy'],
  additionalProperties: false,
};

/** JSON Schema of names of calendars. */
function calendars(description: string): object {
  return {
    type: 'array',
    items: { type: 'string', maxLength: CALENDAR_NAME_MAX, pattern: '^[A-Za-z0-9._-]+$' },
    minItems: 1,
    maxItems: SCHEDULE_CALENDARS_MAX,
    uniqueItems: true,
    description,
  };
}

/** An instant, which has a form of its own. */
function instant(description: string): object {
  return { type: 'string', maxLength: AT_MAX, description };
}

const timezone = {
  type: 'string',
  maxLength: TIMEZONE_MAX,
  description: 'Whose clocks it follows: UTC or an IANA name such as Europe/Berlin.',
};

const gap = { enum: ['shift', 'skip'] };

const at = {
  type: 'object',
  properties: {
    at: instant(
      'A time to come, in UTC, such as 2030-01-01T00:00:00Z; with timezone what clocks there show, without Z.',
    ),
    timezone,
    dst: {
      type: 'object',
      description:
        'What becomes of a time that the clocks of timezone skip (shift: it is that much later; skip: it never ' +
        'comes, and is refused) or show twice. Without it: shift and first.',
      properties: { gap, overlap: { enum: ['first', 'second'] } },
      additionalProperties: false,
    },
    misfire,
  },
  required: ['at'],
  dependentRequired: { dst: ['timezone'] },
  additionalProperties: false,
};

const cron = {
  type: 'object',
  properties: {
    cron: {
      type: 'string',
      description:
        'Minute, hour, day of month, month and day of week, in UTC where there is no timezone. It must fire at least once from now.',
    },
    timezone,
    dialect: {
      const: 'extended',
      description: 'A grammar with seconds, L, W, # and macros such as @daily.',
    },
    dst: {
      type: 'object',
      description:
        'What becomes of a time of day that the clocks of timezone skip (shift: it is that much later; skip: it is ' +
        'left out) or show twice. Without it: shift and first.',
      properties: {
        gap,
        overlap: { enum: ['first', 'second', 'both'] },
      },
      additionalProperties: false,
    },
    start: instant('Nothing before this time, in UTC.'),
    end: instant('Nothing from this time on, in UTC. It is after start, and to come.'),
    jitter: {
      type: 'integer',
      minimum: 1,
      maximum: JITTER_MAX_SECONDS,
      description:
        'Seconds over which policies of one schedule are spread. Each occurrence is late by a part of it that is ' +
        'always the same, and never as late as the next one.',
    },
    exclude: calendars(
      'Calendars of the tenant: nothing at times that one of them covers, on the clocks of timezone.',
    ),
    only: calendars(
      'Calendars of the tenant: nothing at times that none of them covers, on the clocks of timezone.',
    ),
    misfire,
  },
  required: ['cron'],
  dependentRequired: { dst: ['timezone'] },
  additionalProperties: false,
};

/** The forms that are taken. */
export const argsJsonSchema = { oneOf: [at, cron] };

/** The same beside a window, which is neither late nor spread. */
export const windowArgsJsonSchema = {
  oneOf: [without(at, ['misfire']), without(cron, ['misfire', 'jitter'])],
};

function without(schema: { readonly properties: object }, members: readonly string[]): object {
  const kept = Object.entries(schema.properties).filter(([name]) => !members.includes(name));
  return { ...schema, properties: Object.fromEntries(kept) };
}
