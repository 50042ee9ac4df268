/** The shapes of policies in requests. Bounds are those of Otter's v1.0 API, windows apart, which it did not have. */
import { z } from 'zod';
import { windowArgsJsonSchema } from './policy-args-json-schema.ts';
import { ARGS_ERROR, policyArgsSchema } from './policy-args-schema.ts';
import { COOLDOWN_MAX_SECONDS, key, name, numberOf, numberThat, objectOf } from './schemas.ts';
import { windowSchema } from './window-schema.ts';

const POLICIES_MAX = 100;

/** What an execution does. */
const ADJUSTMENTS = ['change', 'changePercent', 'desiredCapacity'] as const;
/** What a policy does: exactly one of them. */
const EFFECTS = [...ADJUSTMENTS, 'window'] as const;

const fields = objectOf({
  name,
  cooldown: numberOf(0, COOLDOWN_MAX_SECONDS),
  // The last has always been refused with an error of its own, so the document does not mention it.
  type: z
    .enum(['webhook', 'schedule', 'window', 'cloud_monitoring'], {
      error: '"webhook", "schedule" or "window"',
    })
    .meta({ enum: ['webhook', 'schedule', 'window'] }),
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
  window: windowSchema.optional(),
  args: policyArgsSchema.optional(),
  key,
});

/** A policy in a request. Whether its `at` is still to come depends on the clock and is checked elsewhere. */
export const policySchema = fields
  .superRefine((policy, context) => {
    for (const issue of [...windowIssues(policy), effectIssue(policy), argsIssue(policy)]) {
      if (issue !== undefined) context.addIssue({ code: 'custom', ...issue });
    }
  })
  .meta({
    id: 'PolicyInput',
    description:
      'Exactly one of change, changePercent, desiredCapacity and window. args where the type is schedule or window; ' +
      'window where, and only where, the type is window: then the cooldown is 0, for a window is not executed.',
    oneOf: [
      ...ADJUSTMENTS.map((kind) => ({
        properties: { type: { enum: ['webhook', 'schedule'] } },
        required: [kind],
        not: { required: ['window'] },
      })),
      {
        properties: {
          type: { const: 'window' },
          cooldown: { const: 0 },
          args: windowArgsJsonSchema,
        },
        required: ['window'],
        not: { anyOf: ADJUSTMENTS.map((kind) => ({ required: [kind] })) },
      },
    ],
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

interface Issue {
  readonly path?: string[];
  readonly message?: string;
  readonly params?: Readonly<Record<string, string>>;
}

type Fields = z.output<typeof fields>;

function effectIssue(policy: Fields): Issue | undefined {
  const count = EFFECTS.filter((kind) => policy[kind] !== undefined).length;
  if (count === 1) return undefined;
  return { message: `an object with exactly one of ${EFFECTS.join(', ')}` };
}

function argsIssue({ type, args }: Fields): Issue | undefined {
  const path = ['args'];
  if (type === 'webhook') {
    return args && { path, message: 'absent in a policy of type webhook' };
  }
  return args === undefined ? { path, message: ARGS_ERROR } : undefined;
}

/** What is wrong with a window beside the rest of its policy. */
function windowIssues({ type, window, cooldown, args }: Fields): readonly Issue[] {
  if (type !== 'window') {
    const message = `absent in a policy of type ${type}, and is there in one of type window`;
    return window === undefined ? [] : [{ path: ['window'], message }];
  }
  if (window === undefined) {
    return [
      {
        path: ['window'],
        message: 'there in a policy of type window, and nothing else that changes capacity',
      },
    ];
  }
  const beside = ['jitter', 'misfire'].filter((member) => args !== undefined && member in args);
  return [
    ...(cooldown === 0
      ? []
      : [{ path: ['cooldown'], message: '0 in a policy of type window, which is not executed' }]),
    ...beside.map((member) => ({
      path: ['args', member],
      params: {
        predicate: 'does not go with a window, which holds from its opening on: leave it out',
      },
    })),
  ];
}
