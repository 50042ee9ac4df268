import { z } from 'zod';
import { isJsonObject } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { parseAt } from '../domain/schedule/at.ts';
import { compileCron } from '../domain/schedule/cron.ts';

/** The arguments of a policy. The third form belongs to a type that no deployment offers. */
export type PolicyArgsInput =
  | { readonly at: string }
  | { readonly cron: string }
  | { readonly check: JsonObject; readonly alarm_criteria: JsonObject };

export const ARGS_ERROR =
  'an object with "at", or with "cron", or with "check" and "alarm_criteria", and nothing else';

/** Far longer than an instant needs: it is stored and shown as it was written. */
const AT_MAX = 64;
const AT_ERROR = 'a UTC time such as 2030-01-01T00:00:00Z';
const CRON_ERROR = 'a cron expression: minute, hour, day of month, month, day of week';

/** The arguments of a policy, their times and expressions readable. */
export const policyArgsSchema = z
  .custom<PolicyArgsInput>()
  .meta({
    oneOf: [
      {
        type: 'object',
        properties: {
          at: {
            type: 'string',
            maxLength: AT_MAX,
            description: 'A time to come, in UTC, such as 2030-01-01T00:00:00Z.',
          },
        },
        required: ['at'],
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: {
          cron: {
            type: 'string',
            description:
              'Minute, hour, day of month, month and day of week, in UTC. It must fire at least once from now.',
          },
        },
        required: ['cron'],
        additionalProperties: false,
      },
    ],
  })
  .superRefine((args: unknown, context) => {
    const issue = issueOf(args);
    if (issue !== undefined) context.addIssue({ code: 'custom', ...issue });
  });

interface Issue {
  readonly path?: string[];
  readonly message?: string;
  readonly params?: Record<string, string>;
}

function issueOf(args: unknown): Issue | undefined {
  if (!isJsonObject(args)) return { message: ARGS_ERROR };
  switch (Object.keys(args).sort().join()) {
    case 'at':
      return atIssue(args['at']);
    case 'cron':
      return cronIssue(args['cron']);
    case 'alarm_criteria,check': {
      const key = ['check', 'alarm_criteria'].find((name) => !isJsonObject(args[name]));
      return key === undefined ? undefined : { path: [key], message: 'an object' };
    }
    default:
      return { message: ARGS_ERROR };
  }
}

function atIssue(at: unknown): Issue | undefined {
  const isInstant = typeof at === 'string' && at.length <= AT_MAX && parseAt(at) !== undefined;
  return isInstant ? undefined : { path: ['at'], message: AT_ERROR };
}

function cronIssue(cron: unknown): Issue | undefined {
  const path = ['cron'];
  if (typeof cron !== 'string') return { path, message: CRON_ERROR };
  const compilation = compileCron(cron, { seconds: 'allowed' });
  if (compilation.kind === 'invalid') {
    return { path, params: { predicate: `is no cron expression: ${compilation.problem}` } };
  }
  if (compileCron(cron, { seconds: 'refused' }).kind === 'compiled') return undefined;
  return { params: { sentence: `Invalid "${cron}" cron entry: Seconds not allowed` } };
}
