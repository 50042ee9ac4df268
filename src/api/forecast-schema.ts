import { z } from 'zod';
import { parseAt } from '../domain/schedule/at.ts';
import { AT_MAX } from '../domain/schedule/bounds.ts';
import { policiesSchema } from './policy-schema.ts';
import { configSchema, objectOf } from './schemas.ts';

/** Ids in `without`: as many as a request may add policies. */
const WITHOUT_MAX = 100;

const AT_ERROR = 'a UTC time such as 2030-01-01T00:00:00Z';
const instant = z
  .string({ error: AT_ERROR })
  .refine((text) => text.length <= AT_MAX && parseAt(text) !== undefined, { error: AT_ERROR })
  .meta({ format: 'date-time', maxLength: AT_MAX });

const WITHOUT_ERROR = `an array of at most ${String(WITHOUT_MAX)} ids of policies`;
const { minEntities, maxEntities, cooldown } = configSchema.shape;

/** Which steps of a forecast are listed. */
export const STEPS = ['changes', 'all'] as const;

/** A forecast of a group with changes that nobody has made. */
export const forecastSchema = objectOf({
  from: instant.optional(),
  to: instant.optional(),
  steps: z.enum(STEPS, { error: '"changes" or "all"' }).optional(),
  policies: policiesSchema(0).optional(),
  without: z
    .array(
      z
        .string({ error: 'the id of a policy of the group' })
        .max(64, { error: 'the id of a policy of the group' }),
      {
        error: WITHOUT_ERROR,
      },
    )
    .max(WITHOUT_MAX, { error: WITHOUT_ERROR })
    .optional(),
  groupConfiguration: objectOf({
    minEntities: minEntities.optional(),
    maxEntities: maxEntities.unwrap().optional(),
    cooldown: cooldown.optional(),
  }).optional(),
}).meta({
  id: 'ForecastInput',
  description:
    'The changes count as made now: `groupConfiguration` in place of what the group has, `policies` as created, those ' +
    'of `without` as deleted. Nothing is written.',
});
