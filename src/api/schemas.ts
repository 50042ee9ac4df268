/**
 * The shapes of configurations and policies in requests. Bounds are those of Otter's v1.0 API.
 *
 * What a test of our own decides is told to the API's document in `meta`, as JSON Schema, beside the test.
 */
import { z } from 'zod';
import { isJsonObject } from '../base/json.ts';
import { ARGS_ERROR, policyArgsSchema } from './policy-args-schema.ts';

const NAME_MAX = 256;
const ENTITIES_MAX = 1_000;
const COOLDOWN_MAX_SECONDS = 86_400;
const POLICIES_MAX = 100;

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
function integerOf(min: number, max: number): z.ZodType<number> {
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
const name = textOf(1, NAME_MAX)
  .refine((text) => /\S/.test(text), { error: NAME_ERROR })
  .meta({ pattern: '\\S' });
const key = textOf(1, NAME_MAX).optional();
const metadata = textsOf({
  isKey: (text) => lengthOf(text) <= NAME_MAX && !text.includes('\n'),
  keys: `at most ${String(NAME_MAX)} characters, and no line break`,
  keySchema: { maxLength: NAME_MAX, pattern: '^[^\\n]*$' },
  valueMax: NAME_MAX,
});
const entities = integerOf(0, ENTITIES_MAX);
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

const ADJUSTMENTS = ['change', 'changePercent', 'desiredCapacity'] as const;

/** A policy in a request. Whether its `at` is still to come depends on the clock and is checked elsewhere. */
export const policySchema = objectOf({
  name,
  cooldown: numberOf(0, COOLDOWN_MAX_SECONDS),
  // The third has always been refused with an error of its own, so the document does not mention it.
  type: z
    .enum(['webhook', 'schedule', 'cloud_monitoring'], { error: '"webhook" or "schedule"' })
    .meta({ enum: ['webhook', 'schedule'] }),
  change: numberThat('an integer other than 0', (value) => Number.isInteger(value) && value !== 0, {
    type: 'integer',
    not: { const: 0 },
  }).optional(),
  changePercent: numberThat('a number other than 0', (value) => value !== 0, {
    not: { const: 0 },
  }).optional(),
  desiredCapacity: numberThat(
    'an integer from 0 on',
    (value) => Number.isInteger(value) && value >= 0,
    { type: 'integer', minimum: 0 },
  ).optional(),
  args: policyArgsSchema.optional(),
  key,
})
  .superRefine((policy, context) => {
    if (ADJUSTMENTS.filter((kind) => policy[kind] !== undefined).length !== 1) {
      const message = `an object with exactly one of ${ADJUSTMENTS.join(', ')}`;
      context.addIssue({ code: 'custom', message });
    }
    const path = ['args'];
    if (policy.type === 'webhook' && policy.args !== undefined) {
      const message = 'absent in a policy of type webhook';
      context.addIssue({ code: 'custom', path, message });
    }
    if (policy.type !== 'webhook' && policy.args === undefined) {
      context.addIssue({ code: 'custom', path, message: ARGS_ERROR });
    }
  })
  .meta({
    id: 'PolicyInput',
    description:
      'Exactly one of change, changePercent and desiredCapacity; args where the type is schedule.',
    oneOf: ADJUSTMENTS.map((kind) => ({ required: [kind] })),
    if: { properties: { type: { const: 'webhook' } } },
    then: { not: { required: ['args'] } },
    else: { required: ['args'] },
  });

export type PolicyInput = z.output<typeof policySchema>;

/** Policies in a request that creates them: `min` to 100. */
export function policiesSchema(min: 0 | 1): z.ZodType<PolicyInput[]> {
  const error = `an array of ${String(min)} to ${String(POLICIES_MAX)} policies`;
  return z.array(policySchema, { error }).min(min, { error }).max(POLICIES_MAX, { error });
}
