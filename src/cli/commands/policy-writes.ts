import type { Command } from 'commander';

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
import type { Session } from '../session.ts';
import { nameOf, POLICIES_REPLY, POLICY_REPLY, readReply } from '../wire.ts';
import { addPostOptions, addWriteOptions, carryOut } from '../write.ts';
import type { WriteOptions } from '../write.ts';

interface FieldOptions extends WriteOptions {
  readonly file?: string;
  readonly key?: string;
  readonly name?: string;
  readonly cooldown?: number | string;
  readonly cron?: string;
  readonly at?: string;
  readonly change?: number | string;
  readonly changePercent?: number | string;
  readonly desired?: number | string;
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
  return command
    .option('--name <name>', 'what people call it')
    .option('--cooldown <seconds>', 'between two executions of it', numberIn)
    .option('--cron <cron>', "when it fires: five fields in quotes, in UTC, such as '0 9 * * 1-5'")
    .option('--at <instant>', 'when it fires, once, such as 2030-01-31T09:30:00Z')
    .option('--change <number>', 'servers more, or less where it is negative', numberIn)
    .option('--change-percent <number>', 'the same in percent of those that are wanted', numberIn)
    .option('--desired <number>', 'servers there are to be', numberIn);
}

function addCreate({ program, action }: Registry): void {
  const command = program
    .command('create')
    .description('create a policy, or those of a file; without a schedule it is executed by hand')
    .argument(...GROUP_ARGUMENT)
    .option('-f, --file <file>', 'YAML or JSON: a list of policies as the API takes it')
    .option('--key <key>', 'what files and commands call it; a second policy with it is refused');
  addPostOptions(addFieldOptions(command)).action(
    action<FieldOptions>(async (session, { words: [word = ''], options }) => {
      const body = await newPolicies(session, options);
      const client = await session.connect();
      const { id } = await findGroup(client, session.tenant, word);
      return carryOut(session, options, {
        client,
        requests: [{ method: 'POST', path: `${groupPath(session.tenant, id)}/policies`, body }],
        shown: (reply) => ({
          json: reply,
          heading: POLICY_HEADING,
          rows: readReply(POLICIES_REPLY, reply).policies.map(policyRow),
        }),
      });
    }),
  );
}

async function newPolicies({ world }: Session, options: FieldOptions): Promise<unknown> {
  const { file, key } = options;
  const parts = [...fieldParts(options), optionPart('--key', ['key'], key)];
  if (file === undefined) return [bodyFrom(NEW_POLICY_BODY, parts)];
  const [other] = writtenOf(parts);
  if (other !== undefined) {
    const message = `--file says all of its policies, received ${other.source.locate([])} too; give one or the other`;
    throw new CommandError(EXIT.usage, message);
  }
  const { document } = await readPartFile(world, file, '--file');
  return bodyFrom(NEW_POLICIES_BODY, filePartsOf(document, [], 0));
}

function addUpdate({ program, action }: Registry): void {
  const command = program
    .command('update')
    .description('change the fields that are given, where nobody else does so meanwhile')
    .argument(...GROUP_ARGUMENT)
    .argument(...POLICY_ARGUMENT)
    .option('-f, --file <file>', 'YAML or JSON with fields as the API takes them');
  addWriteOptions(addFieldOptions(command)).action(
    action<FieldOptions>(async (session, { words: [groupWord = '', word = ''], options }) => {
      const { world, tenant } = session;
      const { file } = options;
      const document =
        file === undefined ? undefined : (await readPartFile(world, file, '--file')).document;
      const parts = [
        ...(document === undefined ? [] : filePartsOf(document, [], 1)),
        ...fieldParts(options),
      ];
      if (writtenOf(parts).length === 0) throw nothingGiven();
      const client = await session.connect();
      const group = await findGroup(client, tenant, groupWord);
      const policy = findPolicy(group, word);
      const path = policyPath(tenant, group.id, policy.id);
      const row = [nameOf(group.groupConfiguration), nameOf(policy), 'changed'].map(plain);
      return carryOut(session, options, {
        client,
        requests: [await updateOf(client, path, parts)],
        shown: () => ({ json: { id: policy.id }, heading: HEADING, rows: [row] }),
      });
    }),
  );
}

/** Changed only where it is still what the fields were added to. */
async function updateOf(
  client: NodeClient,
  path: string,
  parts: readonly Part[],
): Promise<NodeRequest> {
  const reply = await client({ method: 'GET', path });
  const { policy } = readReply(POLICY_REPLY, bodyOf(reply));
  const { name, cooldown, type, args } = policy;
  const given = new Set(writtenOf(parts).map(({ path: [field] }) => field));
  // Another way to say what an execution does takes the place of the one before.
  const isReplaced = ADJUSTMENTS.some((adjustment) => given.has(adjustment));
  const { change, changePercent, desiredCapacity } = policy;
  const adjustment = isReplaced ? {} : { change, changePercent, desiredCapacity };
  const stored = { name, cooldown, type, args, ...adjustment };
  const body = bodyFrom(POLICY_BODY, [storedPart(stored), ...parts]);
  const tag = reply.kind === 'done' ? reply.tag : undefined;
  return { method: 'PUT', path, body, ...(tag === undefined ? {} : { ifMatch: tag }) };
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
  const { name, cooldown, cron, at, change, changePercent, desired } = options;
  if (cron !== undefined && at !== undefined) {
    const message = `--cron and --at are two schedules, received ${JSON.stringify(cron)} and ${JSON.stringify(at)}; give one of them`;
    throw new CommandError(EXIT.usage, message);
  }
  return [
    optionPart('--name', ['name'], name),
    optionPart('--cooldown', ['cooldown'], cooldown),
    optionPart('--cron', ['args'], cron === undefined ? undefined : { cron }),
    optionPart('--at', ['args'], at === undefined ? undefined : { at }),
    optionPart('--change', ['change'], change),
    optionPart('--change-percent', ['changePercent'], changePercent),
    optionPart('--desired', ['desiredCapacity'], desired),
  ];
}

function nothingGiven(): CommandError {
  return new CommandError(
    EXIT.usage,
    'nothing to change, received no field; give at least one of --name, --cooldown, --cron, --at, --change, ' +
      '--change-percent, --desired, --file',
  );
}
