/**
 * The shapes of groups' configurations in requests, and what these and others are made of. Bounds are those of Otter's v1.0 API.
 *
 * What a test of our own decides is told to the API's document in `meta`, as JSON Schema, beside the test.
 */
import { z } from 'zod';
import { isJsonObject } from '../base/json.ts';

const NAME_MAX = 256;
const ENTITIES_MAX = 1_000;
/** The longest cooldown, of groups and of policies. */
export const COOLDOWN_MAX_SECONDS = 86_400;
const REACHED_BY_MAX_SECONDS = 86_400;

/** An object with these keys and no others; the phrase that says so names them. */
export function objectOf<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: `an object with no other keys than ${Object.keys(shape).join(', ')}`,
  });
}

/** A string of `min` to `max` code points. */
export function textOf(min: number, max: number): z.ZodType<string> {
  const error = `a string of ${String(min)} to ${String(max)} characters`;
  return z
    .string({ error })
    .refine((text) => isWithin(min, max, lengthOf(text)), { error })
    .meta({ minLength: min, maxLength: max });
}

/** A whole number between two bounds. */
export function integerOf(min: number, max: number): z.ZodType<number> {
  const error = `an integer from ${String(min)} to ${String(max)}`;
  return z
    .number({ error })
    .refine((value) => Number.isInteger(value) && isWithin(min, max, value), { error })
    .meta({ type: 'integer', minimum: min, maximum: max });
}

/** A number between two bounds. */
export function numberOf(min: number, max: number): z.ZodType<number> {
  const error = `a number from ${String(min)} to ${String(max)}`;
  return z
    .number({ error })
    .refine((value) => isWithin(min, max, value), { error })
    .meta({ minimum: min, maximum: max });
}

/** Any number that passes a test, in words; `schema` says the same as JSON Schema. */
export function numberThat(
  error: string,
  test: (value: number) => boolean,
  schema: object,
): z.ZodType<number> {
  return z
    .number({ error })
    .refine(test, { error })
    .meta({ ...schema });
}

/** Entries of a flat object: their values before and after a change are compared one by one. */
const TEXTS_MAX = 1_000;

/** A flat object of strings whose keys and values pass their tests; `keySchema` tests keys as JSON Schema. */
export function textsOf(rule: {
  readonly isKey: (key: string) => boolean;
  readonly keys: string;
  readonly keySchema: object;
  readonly valueMax: number;
}): z.ZodType<Readonly<Record<string, string>>> {
  const values = `a string of at most ${String(rule.valueMax)} characters`;
  const schema = {
    type: 'object',
    maxProperties: TEXTS_MAX,
    propertyNames: rule.keySchema,
    additionalProperties: { type: 'string', maxLength: rule.valueMax },
  };
  // Not z.record, which drops a key called __proto__ without a word.
  return z
    .custom<Readonly<Record<string, string>>>()
    .meta(schema)
    .superRefine((value: unknown, context) => {
      if (!isJsonObject(value)) {
        context.addIssue({ code: 'custom', message: 'an object of strings' });
        return;
      }
      if (Object.keys(value).length > TEXTS_MAX) {
        const message = `an object of at most ${String(TEXTS_MAX)} entries`;
        context.addIssue({ code: 'custom', message });
        return;
      }
      for (const [key, entry] of Object.entries(value)) {
        const path = [key];
        if (!rule.isKey(key)) {
          const params = { predicate: `is not a key that it may have: write ${rule.keys}` };
          context.addIssue({ code: 'custom', path, params });
        } else if (typeof entry !== 'string' || lengthOf(entry) > rule.valueMax) {
          context.addIssue({ code: 'custom', path, message: values });
        }
      }
    });
}

/** Length in code points, as Otter counted it. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

function isWithin(min: number, max: number, value: number): boolean {
  return value >= min && value <= max;
}

const NAME_ERROR = `a string of 1 to ${String(NAME_MAX)} characters, not all of them blank`;
/** What people call a group or a policy. */
export const name = textOf(1, NAME_MAX)
  .refine((text) => /\S/.test(text), { error: NAME_ERROR })
  .meta({ pattern: '\\S' });
/** What files call a group or a policy. */
export const key = textOf(1, NAME_MAX).optional();
const metadata = textsOf({
  isKey: (text) => lengthOf(text) <= NAME_MAX && !text.includes('\n'),
  keys: `at most ${String(NAME_MAX)} characters, and no line break`,
  keySchema: { maxLength: NAME_MAX, pattern: '^[^\\n]*$' },
  valueMax: NAME_MAX,
});
/** How many servers there may be, or are to be. */
export const entities = integerOf(0, ENTITIES_MAX);
/** `null` as a maximum is refused too, with an error of its own: the document does not mention it. */
const maxEntities = entities
  .nullable()
  .meta({ anyOf: [{ type: 'integer', minimum: 0, maximum: ENTITIES_MAX }] });

/** A group's configuration in a request that replaces one: complete. */
export const configSchema = objectOf({
  name,
  cooldown: integerOf(0, COOLDOWN_MAX_SECONDS),
  minEntities: entities,
  maxEntities,
  metadata,
  key,
  region: textOf(1, NAME_MAX).optional(),
  reachedBy: integerOf(1, REACHED_BY_MAX_SECONDS)
    .optional()
    .meta({
      description:
        'Seconds after a change of the desired capacity, or a drift from it, in which as many servers are to be there: ' +
        'else it is told, once, that the group is overdue.',
    }),
}).meta({
  id: 'GroupConfigurationInput',
  description: 'Complete: what is left out is not kept. minEntities must not be above maxEntities.',
});

/** The same in a request that creates a group. */
export const newConfigSchema = objectOf({
  ...configSchema.shape,
  maxEntities: maxEntities.optional(),
  metadata: metadata.optional(),
}).meta({
  id: 'NewGroupConfigurationInput',
  description:
    'minEntities must not be above maxEntities, which is 1000 where it is left out. `key` makes a repeated ' +
    'creation harmless: a second group with it is refused.',
});

export type ConfigInput = z.output<typeof newConfigSchema>;
