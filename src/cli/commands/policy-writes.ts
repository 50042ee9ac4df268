import { Option } from 'commander';
import type { Command } from 'commander';

import { keyOf } from '../../config/problem.ts';
import type { Registry } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { bodyOf, findGroup, groupPath } from '../groups.ts';
import type { NodeClient, NodeRequest } from '../node-client.ts';
import { numberIn } from '../number-option.ts';
import { plain } from '../output.ts';
import {
  bodyFrom,
  filePartsOf,
  optionPart,
  readPartFile,
  storedPart,
  writtenOf,
} from '../parts.ts';
import type { Part } from '../parts.ts';
import { findPolicy, policyPath } from '../policies.ts';
import { POLICY_HEADING, policyRow } from '../policy-table.ts';
import { ADJUSTMENTS, NEW_POLICIES_BODY, NEW_POLICY_BODY, POLICY_BODY } from '../request-shape.ts';
import type { ScheduleArgs } from '../request-shape.ts';
import { addScheduleOptions, scheduleParts } from '../schedule-options.ts';
import type { ScheduleOptions } from '../schedule-options.ts';
import type { Session } from '../session.ts';
import { CRON_ONLY, ZONE_MEMBERS } from '../schedule-shape.ts';
import { UNTOUCHED_TIMING, watchTiming } from '../timing-change.ts';
import { addWindowOptions, windowParts } from '../window-options.ts';
import type { WindowOptions } from '../window-options.ts';
import { nameOf, POLICIES_REPLY, POLICY_REPLY, readReply } from '../wire.ts';
import type { WirePolicy } from '../wire.ts';
import { addPostOptions, addWriteOptions, carryOut } from '../write.ts';
import type { WriteOptions } from '../write.ts';

interface FieldOptions extends WriteOptions, ScheduleOptions, WindowOptions {
  readonly file?: string;
  readonly key?: string;
  readonly name?: string;
  readonly cooldown?: number | string;
  readonly change?: number | string;
  readonly changePercent?: number | string;
  readonly desired?: number | string;
}

interface UpdateOptions extends FieldOptions {
  readonly without?: readonly string[];
}

const HEADING = ['GROUP', 'POLICY', 'STATE'];
const GROUP_ARGUMENT = ['<group>', 'id, key or name of the group'] as const;
const POLICY_ARGUMENT = ['<policy>', 'id, key or name of the policy'] as const;

/** `lutra policies create GROUP`, `lutra policies update GROUP POLICY` and `lutra policies delete GROUP POLICY`. */
export function addPolicyWrites(registry: Registry): void {
  addCreate(registry);
  addUpdate(registry);
  addDelete(registry);
}

function addFieldOptions(command: Command): Command {
  command
    .option('--name <name>', 'what people call it')
    .option('--cooldown <seconds>', 'between two executions of it', numberIn);
  addScheduleOptions(command)
    .option('--change <number>', 'servers more, or less where it is negative', numberIn)
    .option('--change-percent <number>', 'the same in percent of those that are wanted', numberIn)
    .option('--desired <number>', 'servers there are to be', numberIn);
  return addWindowOptions(command);
}

function addCreate({ program, action }: Registry): void {
  const command = program
    .command('create')
    .description('create a policy, or those of a file; without a schedule it is executed by hand')
    .argument(...GROUP_ARGUMENT)
    .option('-f, --file <file>', 'YAML or JSON: a list of policies as the API takes it')
    .option(
      '--key <key>',
      'what files and commands call it, beside --name; a second policy with it is refused',
    );
  addPostOptions(addFieldOptions(command)).action(
    action<FieldOptions>(async (session, { words: [word = ''], options }) => {
      const { body, parts } = await newPolicies(session, options);
      const client = await session.connect();
      const { id } = await findGroup(client, session.tenant, word);
      return carryOut(session, options, {
        client,
        requests: [{ method: 'POST', path: `${groupPath(session.tenant, id)}/policies`, body }],
        parts,
        shown: (reply) => ({
          json: reply,
          heading: POLICY_HEADING,
          rows: readReply(POLICIES_REPLY, reply).policies.map(policyRow),
        }),
      });
    }),
  );
}

async function newPolicies(
  { world }: Session,
  options: FieldOptions,
): Promise<{ readonly body: unknown; readonly parts: readonly Part[] }> {
  const { file, key } = options;
  const parts = [...fieldParts(options), optionPart('--key', ['key'], key)];
  if (file === undefined) return { body: [bodyFrom(NEW_POLICY_BODY, parts)], parts };
  const [other] = writtenOf(parts);
  if (other !== undefined) {
    const message = `--file says all of its policies, received ${other.source.locate([])} too; give one or the other`;
    throw new CommandError(EXIT.usage, message);
  }
  const { document } = await readPartFile(world, file, '--file');
  const listed = filePartsOf(document, [], 0);
  return { body: bodyFrom(NEW_POLICIES_BODY, listed), parts: listed };
}

function addUpdate({ program, action }: Registry): void {
  const command = program
    .command('update')
    .description('change the fields that are given, where nobody else does so meanwhile')
    .argument(...GROUP_ARGUMENT)
    .argument(...POLICY_ARGUMENT)
    .option('-f, --file <file>', 'YAML or JSON with fields as the API takes them');
  addFieldOptions(command).addOption(
    new Option(
      '--without <member...>',
      'what the schedule, or the window, is no longer to have',
    ).choices([...MEMBERS, ...WINDOW_MEMBERS]),
  );
  addWriteOptions(command).action(
    action<UpdateOptions>(async (session, { words: [groupWord = '', word = ''], options }) => {
      const { world, tenant } = session;
      const { file } = options;
      const document =
        file === undefined ? undefined : (await readPartFile(world, file, '--file')).document;
      const parts = [
        ...(document === undefined ? [] : filePartsOf(document, [], 1)),
        ...fieldParts(options),
      ];
      const { without = [] } = options;
      if (writtenOf(parts).length + without.length === 0) throw nothingGiven();
      const client = await session.connect();
      const group = await findGroup(client, tenant, groupWord);
      const policy = findPolicy(group, word);
      const path = policyPath(tenant, group.id, policy.id);
      const row = [nameOf(group.groupConfiguration), nameOf(policy), 'changed'].map(plain);
      const { request, args } = await updateOf(client, path, { parts, without });
      const isTiming =
        without.length > 0 || writtenOf(parts).some(({ path: [field] }) => field === 'args');
      const timing = isTiming
        ? await watchTiming(session, client, { path, args })
        : UNTOUCHED_TIMING;
      return carryOut(session, options, {
        client,
        requests: [request],
        parts,
        foreseen: timing.foreseen,
        shown: async () => {
          const told = await timing.told();
          return {
            json: { id: policy.id, ...told.json },
            heading: [...HEADING, ...told.heading],
            rows: [[...row, ...told.cells]],
          };
        },
      });
    }),
  );
}

/** What a schedule may have beside it. */
const MEMBERS = [...CRON_ONLY, ...ZONE_MEMBERS, 'misfire'];
const WINDOW_MEMBERS = ['window-min', 'window-max', 'window-desired', 'measured', 'priority'];
const CRON_MEMBERS = ['cron', ...CRON_ONLY, ...ZONE_MEMBERS];
const AT_MEMBERS = ['at', ...ZONE_MEMBERS];

interface Update {
  readonly request: NodeRequest;
  /** The schedule as it is to be. */
  readonly args: ScheduleArgs | undefined;
}

/** Changed only where it is still what the fields were added to. */
async function updateOf(
  client: NodeClient,
  path: string,
  { parts, without }: { readonly parts: readonly Part[]; readonly without: readonly string[] },
): Promise<Update> {
  const reply = await client({ method: 'GET', path });
  const { policy } = readReply(POLICY_REPLY, bodyOf(reply));
  const { name, cooldown, type } = policy;
  if (policy.window !== undefined) refuseExecuted(parts);
  const args = keptArgs(policy, parts, without);
  const given = new Set(writtenOf(parts).map(({ path: [field] }) => field));
  // Another way to say what an execution does takes the place of the one before.
  const isReplaced = ADJUSTMENTS.some((adjustment) => given.has(adjustment));
  const { change, changePercent, desiredCapacity } = policy;
  const adjustment = isReplaced ? {} : { change, changePercent, desiredCapacity };
  const stored = { name, cooldown, type, args, ...adjustment, window: keptWindow(policy, without) };
  const body = bodyFrom(POLICY_BODY, [storedPart(stored), ...parts]);
  const tag = reply.kind === 'done' ? reply.tag : undefined;
  return {
    request: { method: 'PUT', path, body, ...(tag === undefined ? {} : { ifMatch: tag }) },
    args: body.args,
  };
}

/** A window is changed by what it sets; what executions do is no matter of it, and no policy changes its type. */
function refuseExecuted(parts: readonly Part[]): void {
  const fields: readonly unknown[] = ADJUSTMENTS;
  const other = writtenOf(parts).find(({ path: [field] }) => fields.includes(field));
  if (other === undefined) return;
  const { path, source } = other;
  const [at, key] = [source.locate(path), keyOf(path)];
  throw new CommandError(
    EXIT.usage,
    `${at}: ${key}: goes with a policy that is executed, and this one is a window, received ${source.shown(path)}; ` +
      'change what it sets (--window-min, --window-max, --window-desired), or create another policy',
  );
}

/** What a policy keeps of its schedule: another kind of schedule takes the place of the one before and of what only that has. */
function keptArgs(
  { args }: WirePolicy,
  parts: readonly Part[],
  without: readonly string[],
): WirePolicy['args'] {
  if (args === undefined) return undefined;
  const given = new Set(writtenOf(parts).map(({ path }) => keyOf(path)));
  const left = new Set([
    ...without,
    ...(given.has('args.cron') && args.at !== undefined ? AT_MEMBERS : []),
    ...(given.has('args.at') && args.cron !== undefined ? CRON_MEMBERS : []),
  ]);
  return Object.fromEntries(Object.entries(args).filter(([name]) => !left.has(name)));
}

/** What a policy keeps of its window; options change members of it. */
function keptWindow({ window }: WirePolicy, without: readonly string[]): object | undefined {
  if (window === undefined) return undefined;
  const left = without.map((name) => name.replace(/^window-/, ''));
  return Object.fromEntries(Object.entries(window).filter(([name]) => !left.includes(name)));
}

function addDelete({ program, action }: Registry): void {
  addWriteOptions(
    program
      .command('delete')
      .description('delete a policy and its webhooks')
      .argument(...GROUP_ARGUMENT)
      .argument(...POLICY_ARGUMENT),
  ).action(
    action<WriteOptions>(async (session, { words: [groupWord = '', word = ''], options }) => {
      const client = await session.connect();
      const group = await findGroup(client, session.tenant, groupWord);
      const policy = findPolicy(group, word);
      const row = [nameOf(group.groupConfiguration), nameOf(policy), 'deleted'].map(plain);
      return carryOut(session, options, {
        client,
        requests: [{ method: 'DELETE', path: policyPath(session.tenant, group.id, policy.id) }],
        shown: () => ({ json: { id: policy.id }, heading: HEADING, rows: [row] }),
      });
    }),
  );
}

/** What the options of both commands say. */
function fieldParts(options: FieldOptions): readonly Part[] {
  const { name, cooldown, change, changePercent, desired } = options;
  return [
    optionPart('--name', ['name'], name),
    optionPart('--cooldown', ['cooldown'], cooldown),
    ...scheduleParts(options),
    optionPart('--change', ['change'], change),
    optionPart('--change-percent', ['changePercent'], changePercent),
    optionPart('--desired', ['desiredCapacity'], desired),
    ...windowParts(options),
  ];
}

function nothingGiven(): CommandError {
  return new CommandError(
    EXIT.usage,
    'nothing to change, received no field; give at least one of --name, --cooldown, --change, ' +
      '--change-percent, --desired, --file, or of the options of a window, or that say when it fires',
  );
}
