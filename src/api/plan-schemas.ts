/** The shapes of what people do to the plan of a group. */
import { z } from 'zod';
import { parseAt } from '../domain/schedule/at.ts';
import { AT_MAX } from '../domain/schedule/bounds.ts';
import { configSchema, objectOf, textOf } from './schemas.ts';

const INSTANT_ERROR = 'an instant in UTC such as 2030-01-01T00:00:00Z';
const instant = z
  .string({ error: INSTANT_ERROR })
  .refine((text) => text.length <= AT_MAX && parseAt(text) !== undefined, { error: INSTANT_ERROR })
  .meta({ format: 'date-time', maxLength: AT_MAX });

const REASON_MAX = 256;
const REASON_ERROR = `a string of 1 to ${String(REASON_MAX)} characters, not all of them blank`;
const { minEntities: entities } = configSchema.shape;

/** What a group is to keep to for a while. */
export const overrideSchema = objectOf({
  min: entities.optional(),
  max: entities.optional(),
  desired: entities.optional(),
  until: instant,
  reason: textOf(1, REASON_MAX)
    .refine((text) => /\S/.test(text), { error: REASON_ERROR })
    .meta({ pattern: '\\S' }),
}).meta({
  id: 'OverrideInput',
  description:
    'At least one of min, max and desired. They hold up to, but without, `until`, which is at most 366 days ahead. ' +
    'min must not be above max, nor desired outside of them, with the bounds of the group, or of a window that is ' +
    'open, where it does not set them.',
  anyOf: ['min', 'max', 'desired'].map((member) => ({ required: [member] })),
});

export type OverrideInput = z.output<typeof overrideSchema>;

/** How long a pause lasts. */
export const pauseSchema = objectOf({ until: instant.optional() }).meta({
  id: 'PauseInput',
  description:
    'The pause ends by itself at `until`, at most 366 days ahead; without it nothing but a resume ends it.',
});

/** Which occurrence is meant. */
export const skipSchema = objectOf({ occurrence: instant.optional() }).meta({
  id: 'SkipInput',
  description:
    'The occurrence that is meant: refused where it is not the next one. Without it, whichever is next.',
});
