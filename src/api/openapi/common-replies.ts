/**
 * What replies have in common. All of their schemas are strict, so that a body with a key that is not described
 * here does not match.
 */
import { z } from 'zod';

/** How many there are of something. */
export const count = z.int().min(0);

/** A whole number, however large: users may have sent it. */
export const whole = z
  .number()
  .refine((value) => Number.isInteger(value))
  .meta({ type: 'integer' });

/** ISO 8601 in UTC, to the millisecond. */
export const instant = z.iso.datetime({ precision: 3 });

/** Links, or none. */
export const links = z.array(
  z.strictObject({ href: z.string(), rel: z.string() }).meta({ id: 'Link' }),
);

/** Why a request was refused. */
export const errorReply = z
  .strictObject({
    error: z.strictObject({
      type: z.string().meta({ description: 'What programs should look at.' }),
      code: z.int().meta({ description: 'The status once more.' }),
      message: z.string().meta({ description: 'For people: the field, the value, what is right.' }),
      details: z.literal(''),
    }),
  })
  .meta({ id: 'Error' });
