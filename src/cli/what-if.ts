/** Changes that nobody has made, as options and a file say them, for a forecast of what would come of them. */
import type { Command } from 'commander';

import type { EpochMs } from '../base/clock.ts';
import { problemLines } from '../config/problem.ts';
import type { Problem } from '../config/problem.ts';
import { section } from '../config/shape.ts';
import type { TextFile } from '../config/yaml-source.ts';
import type { DesiredPolicy } from './apply/desired.ts';
import { entities, groupCooldown } from './apply/file-shape.ts';
import { newPolicy, pastProblems } from './apply/plan-policy.ts';
import { readPolicyFile } from './apply/read-policies.ts';
import { CommandError, EXIT } from './exit.ts';
import { readFileFor } from './node-options.ts';
import { numberIn } from './number-option.ts';
import { bodyFrom, optionPart } from './parts.ts';
import { findPolicy } from './policies.ts';
import { nameOf } from './wire.ts';
import type { WireGroup } from './wire.ts';
import type { World } from './world.ts';

/** What is to be looked at as if it were so. */
export interface WhatIfOptions {
  readonly with?: string;
  readonly without?: readonly string[];
  readonly min?: number | string;
  readonly max?: number | string;
  readonly cooldown?: number | string;
}

/** The changes, as far as they are known without a node. */
export interface WhatIf {
  readonly policies: readonly DesiredPolicy[];
  /** Ids, keys or names. */
  readonly without: readonly string[];
  readonly limits: object;
}

/** The parts of the body that says them. */
export interface WhatIfBody {
  readonly policies?: readonly object[];
  readonly without?: readonly string[];
  readonly groupConfiguration?: object;
}

/** Stands for the input in place of a file. */
const INPUT = '-';
/** Characters that are read of the input: far more than a hundred policies have. */
const INPUT_CHARS_MAX = 1_048_576;

const LIMITS = section({
  minEntities: entities.optional(),
  maxEntities: entities.optional(),
  cooldown: groupCooldown.optional(),
});

/** Adds the options of `WhatIfOptions`. */
export function addWhatIfOptions(command: Command): Command {
  return command
    .option('--with <file>', 'as if these policies were there: YAML with policies; - reads stdin')
    .option('--without <policy>', 'as if this one were not; may be given several times', listed)
    .option('--min <number>', 'as if this were the least number of servers', numberIn)
    .option('--max <number>', 'as if this were the greatest', numberIn)
    .option('--cooldown <seconds>', 'as if this were the cooldown of the group', numberIn);
}

function listed(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** What the options say; undefined where they change nothing. Rejects with a `CommandError` where something is wrong. */
export async function readWhatIf(
  world: World,
  options: WhatIfOptions,
): Promise<WhatIf | undefined> {
  const { with: path, without = [], min, max, cooldown } = options;
  const limits = bodyFrom(LIMITS, [
    optionPart('--min', ['minEntities'], min),
    optionPart('--max', ['maxEntities'], max),
    optionPart('--cooldown', ['cooldown'], cooldown),
  ]);
  const isAsItIs = [path, min, max, cooldown].every((given) => given === undefined);
  if (isAsItIs && without.length === 0) return undefined;
  return { policies: path === undefined ? [] : await readPolicies(world, path), without, limits };
}

async function readPolicies(world: World, path: string): Promise<readonly DesiredPolicy[]> {
  const read = readPolicyFile(await readWith(world, path), world.environment);
  if (read.kind === 'invalid') throw refusal(read.problems);
  return read.policies;
}

async function readWith(world: World, path: string): Promise<TextFile> {
  if (path !== INPUT) return readFileFor(world, path, '--with');
  let text = '';
  for await (const chunk of world.readInput()) {
    text += chunk;
    if (text.length <= INPUT_CHARS_MAX) continue;
    const message = `--with -: the input is too long; write at most ${String(INPUT_CHARS_MAX)} characters`;
    throw new CommandError(EXIT.usage, message);
  }
  return { name: 'stdin', text };
}

/**
 * The changes as a node takes them. Relative times count from `now`, its clock. Throws a `CommandError` where the
 * group has none of the policies that go, or the time of one that comes has passed.
 */
export function whatIfBody(whatIf: WhatIf, group: WireGroup, now: EpochMs): WhatIfBody {
  const { policies, without, limits } = whatIf;
  const writes = policies.map((policy) => ({ policy, write: newPolicy(policy, now) }));
  const problems = writes.flatMap(({ policy, write }) => pastProblems(policy, write, now));
  if (problems.length > 0) throw refusal(problems);
  return {
    ...(policies.length === 0 ? {} : { policies: writes.map(({ write }) => write.body) }),
    ...(without.length === 0
      ? {}
      : { without: [...new Set(without.map((word) => findPolicy(group, word).id))] }),
    ...(Object.keys(limits).length === 0 ? {} : { groupConfiguration: limits }),
  };
}

/** What a forecast calls the policies that come, and what their file calls them. */
export function addedNames({ policies }: WhatIf): readonly (readonly [string, string])[] {
  return policies.map((policy, index) => [`policies[${String(index)}]`, nameOf(policy)]);
}

const OPTION_OF = new Map([
  ['minEntities', '--min'],
  ['maxEntities', '--max'],
  ['cooldown', '--cooldown'],
]);

/** A node's message about the changes, behind the option or the line of the file that it is about. */
export function placedWhatIf(message: string, { policies }: WhatIf): string {
  const [, index] = /^\w+: policies\[(\d+)\]/.exec(message) ?? [];
  const [, limit = ''] = /^\w+: groupConfiguration\.(\w+) /.exec(message) ?? [];
  const place = policies[Number(index)]?.place ?? OPTION_OF.get(limit);
  return place === undefined ? message : `${place}: ${message}`;
}

function refusal(problems: readonly Problem[]): CommandError {
  return new CommandError(EXIT.usage, problemLines(problems));
}
