import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isJsonObject } from '../../../base/json.ts';
import type { JsonObject } from '../../../base/json.ts';
import type { ArgsProblem } from '../../../ports/provider.ts';

/** What runs, and how. */
export interface LaunchArgs {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Where it runs; undefined means where Lutra does. */
  readonly cwd: string | undefined;
  /** How long it may take to end after SIGTERM. */
  readonly stopTimeoutMs: number;
  readonly output: 'file' | 'discard';
}

export type ParsedArgs =
  | { readonly kind: 'args'; readonly args: LaunchArgs }
  | { readonly kind: 'malformed'; readonly problems: readonly ArgsProblem[] };

const COMMAND_MAX_WORDS = 64;
const ENV_MAX_ENTRIES = 100;
/** Linux takes no single argument or variable above 128 KiB. */
const TEXT_MAX_LENGTH = 32_768;
const STOP_TIMEOUT_MAX_SECONDS = 20;

const text = z
  .string({ error: 'must be a string' })
  .max(TEXT_MAX_LENGTH, { error: `must have at most ${String(TEXT_MAX_LENGTH)} characters` })
  .refine((value) => !value.includes('\0'), { error: 'must not contain a NUL character' });

const program = text
  .min(1, { error: 'must name a program' })
  .refine((value) => isAbsolute(value) || !value.includes('/'), {
    error: 'must be an absolute path, or a name to be found on PATH',
  });

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'is not the name of an environment variable' })
  .refine((name) => !name.startsWith('LUTRA_'), { error: 'is set by Lutra itself' });

/** z.record drops this key without looking at it. */
const withoutProto = z
  .unknown()
  .refine((env) => !isJsonObject(env) || !Object.hasOwn(env, '__proto__'), {
    path: ['__proto__'],
    error: 'is not a name that can be used here',
  });

const argsSchema = z.strictObject(
  {
    command: z
      .tuple([program], text, { error: 'must be a list of strings, the first a program' })
      .refine((words) => words.length <= COMMAND_MAX_WORDS, {
        error: `must have at most ${String(COMMAND_MAX_WORDS)} entries`,
      }),
    env: withoutProto
      .pipe(z.record(variableName, text, { error: 'must be an object of strings' }))
      .refine((env) => Object.keys(env).length <= ENV_MAX_ENTRIES, {
        error: `must have at most ${String(ENV_MAX_ENTRIES)} entries`,
      })
      .optional(),
    cwd: text.refine(isAbsolute, { error: 'must be an absolute path' }).optional(),
    stop_timeout: z
      .number({ error: 'must be a number of seconds' })
      .min(0, { error: 'must be from 0 to 20 seconds' })
      .max(STOP_TIMEOUT_MAX_SECONDS, { error: 'must be from 0 to 20 seconds' })
      .default(5),
    output: z.enum(['file', 'discard'], { error: 'must be "file" or "discard"' }).default('file'),
  },
  { error: 'must be an object' },
);

/** Reads the arguments of a launch configuration, or says everything that is wrong with them. */
export function parseArgs(input: JsonObject): ParsedArgs {
  const parsed = argsSchema.safeParse(input);
  if (!parsed.success) {
    return { kind: 'malformed', problems: parsed.error.issues.flatMap(toProblems) };
  }
  const { command, env, cwd, stop_timeout, output } = parsed.data;
  return {
    kind: 'args',
    args: { command, env: env ?? {}, cwd, stopTimeoutMs: stop_timeout * 1000, output },
  };
}

function toProblems(issue: z.core.$ZodIssue): readonly ArgsProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: pathOf([...issue.path, key]),
      message: 'is not known',
    }));
  }
  // The name of an entry is at fault: what is wrong with it lies one level deeper.
  const issues = issue.code === 'invalid_key' ? issue.issues : [issue];
  return issues.map(({ message }) => ({ path: pathOf(issue.path), message }));
}

/** `['command', 0]` as `command[0]`. */
function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${String(part)}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
