/** The shape of launch configurations in requests: Otter's two types, and one per provider of this node. */
import { z } from 'zod';
import { isJsonObject } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import type { CapacityProvider } from '../ports/provider.ts';
import { numberOf, numberThat, objectOf, textOf, textsOf } from './schemas.ts';

/** What a provider knows about the arguments of its launch configurations, by type. */
export type LaunchTypes = ReadonlyMap<string, Pick<CapacityProvider, 'check'>>;

/** A launch configuration of one of the types. */
export interface LaunchInput {
  readonly type: string;
  readonly args: object;
}

const LOAD_BALANCERS_MAX = 5;
const PERSONALITY_PATH_MAX = 255;
const METADATA_VALUE_MAX = 255;

/** A non-empty string without white space. */
const SOLID_ERROR = 'a non-empty string without white space';
const solid = z.string({ error: SOLID_ERROR }).regex(/^\S+$/, { error: SOLID_ERROR });

const object = z.custom<JsonObject>(isJsonObject, { error: 'an object' }).meta({ type: 'object' });
const blockDevices = z.array(object, { error: 'an array of objects' });

const personality = z.array(
  z.looseObject(
    {
      path: textOf(1, PERSONALITY_PATH_MAX),
      contents: z.string({ error: 'a string' }),
    },
    { error: 'an object with path and contents' },
  ),
  { error: 'an array of objects with path and contents' },
);

const serverMetadata = textsOf({
  isKey: (key) => /^[a-zA-Z0-9\-_:. ]{1,255}$/.test(key),
  keys: '1 to 255 letters, digits, blanks and -_:.',
  keySchema: { pattern: '^[a-zA-Z0-9\\-_:. ]{1,255}$' },
  valueMax: METADATA_VALUE_MAX,
});

/** Either of them stands in for an image. */
const BLOCK_DEVICE_KEYS = ['block_device_mapping', 'block_device_mapping_v2'];

/** A server to build. What Nova alone understands passes through unchecked. */
const server = z
  .looseObject(
    {
      flavorRef: solid,
      imageRef: z.unknown().optional(),
      block_device_mapping: blockDevices.optional(),
      personality: personality.optional(),
      metadata: serverMetadata.nullable().optional(),
    },
    { error: 'an object' },
  )
  .superRefine((value, context) => {
    if (hasImage(value)) return;
    const message = `${SOLID_ERROR}, or left out where there is a block device mapping`;
    context.addIssue({ code: 'custom', path: ['imageRef'], message });
  })
  .meta({
    description: 'What is not named here is passed on unchecked.',
    anyOf: [
      { properties: { imageRef: { type: 'string', pattern: '^\\S+$' } }, required: ['imageRef'] },
      ...BLOCK_DEVICE_KEYS.map((key) => ({
        properties: {
          imageRef: { enum: [null, ''] },
          [key]: { type: 'array', items: { type: 'object' } },
        },
        required: [key],
      })),
    ],
  });

function hasImage(value: Readonly<Record<string, unknown>>): boolean {
  const image = value['imageRef'];
  if (typeof image === 'string' && /^\S+$/.test(image)) return true;
  const isLeftOut = image === undefined || image === null || image === '';
  return (
    isLeftOut &&
    BLOCK_DEVICE_KEYS.some((key) => {
      const mapping = value[key];
      return Array.isArray(mapping) && mapping.every(isJsonObject);
    })
  );
}

const LOAD_BALANCERS_ERROR = `an array of at most ${String(LOAD_BALANCERS_MAX)} different load balancers`;
const loadBalancers = z
  .array(
    z.discriminatedUnion(
      'type',
      [
        z.strictObject(
          {
            loadBalancerId: z.union([integer(), solid], {
              error: `an integer or ${SOLID_ERROR}`,
            }),
            port: integer(),
            type: z.literal('CloudLoadBalancer').optional(),
          },
          { error: 'an object with loadBalancerId, port and perhaps type' },
        ),
        objectOf({ loadBalancerId: solid, type: z.literal('RackConnectV3') }),
      ],
      {
        error: ({ input }) =>
          isJsonObject(input) ? '"CloudLoadBalancer" or "RackConnectV3"' : 'an object',
      },
    ),
    { error: LOAD_BALANCERS_ERROR },
  )
  .max(LOAD_BALANCERS_MAX, { error: LOAD_BALANCERS_ERROR })
  .refine((items) => new Set(items.map(identityOf)).size === items.length, {
    error: LOAD_BALANCERS_ERROR,
  })
  .meta({ uniqueItems: true });

function integer(): z.ZodType<number> {
  return numberThat('an integer', Number.isInteger, { type: 'integer' });
}

/** Two load balancers with the same text are the same: flat objects, compared key by key. */
function identityOf(item: object): string {
  return JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const launchServer = objectOf({
  type: z.literal('launch_server'),
  args: objectOf({
    server,
    loadBalancers: loadBalancers.optional(),
    draining_timeout: numberOf(30, 3_600).optional(),
  }),
}).meta({ id: 'LaunchServerInput' });

const textOrObject = z.union([z.string(), object], {
  error: 'a string or an object',
});
const launchStack = objectOf({
  type: z.literal('launch_stack'),
  args: objectOf({
    stack: objectOf({
      template: textOrObject.optional(),
      template_url: z.string({ error: 'a string' }).optional(),
      disable_rollback: z.boolean({ error: 'true or false' }).optional(),
      environment: textOrObject.optional(),
      files: object.optional(),
      parameters: object.optional(),
      timeout_mins: z.number({ error: 'a number' }).optional(),
    })
      .refine((stack) => (stack.template === undefined) !== (stack.template_url === undefined), {
        error: 'an object with either template or template_url',
      })
      .meta({ oneOf: [{ required: ['template'] }, { required: ['template_url'] }] }),
  }),
}).meta({ id: 'LaunchStackInput' });

/** Launch configurations of Otter's types and of the given ones. */
export function launchSchema(launchTypes: LaunchTypes): z.ZodType<LaunchInput> {
  const ours = [...launchTypes].map(([type, provider]) =>
    objectOf({
      type: z.literal(type),
      args: z
        .custom<JsonObject>()
        .meta({ type: 'object', description: 'Checked by the provider of this type.' })
        .superRefine((args: unknown, context) => {
          if (!isJsonObject(args)) {
            context.addIssue({ code: 'custom', message: 'an object' });
            return;
          }
          for (const { path, message } of provider.check(args)) {
            context.addIssue({ code: 'custom', params: { predicate: message, below: path } });
          }
        }),
    }),
  );
  const known = ['launch_server', 'launch_stack', ...launchTypes.keys()];
  return z
    .discriminatedUnion('type', [launchServer, launchStack, ...ours], {
      error: ({ input }) =>
        isJsonObject(input)
          ? `one of ${known.map((type) => `"${type}"`).join(', ')}`
          : 'an object with type and args',
    })
    .meta({ id: 'LaunchConfigurationInput' });
}
