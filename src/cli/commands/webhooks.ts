import type { Command } from 'commander';

import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { allPages, bodyOf, findGroup, segment } from '../groups.ts';
import type { NodeClient } from '../node-client.ts';
import { plain } from '../output.ts';
import { bodyFrom, filePartsOf, optionPart, readPartFile } from '../parts.ts';
import { findPolicy, policyPath } from '../policies.ts';
import { NEW_WEBHOOK_BODY } from '../request-shape.ts';
import type { Session } from '../session.ts';
import { readReply, WEBHOOK_REPLY, WEBHOOKS_REPLY } from '../wire.ts';
import type { WireWebhook } from '../wire.ts';
import { addPostOptions, addWriteOptions, carryOut } from '../write.ts';
import type { WriteOptions } from '../write.ts';

interface CreateOptions extends WriteOptions {
  readonly name?: string;
  readonly metadata?: string;
}

const HEADING = ['ID', 'NAME', 'CAPABILITY'];

/** `lutra webhooks`. */
export function addWebhooks({ program, action }: Registry): void {
  const webhooks = program
    .command('webhooks')
    .description('list, create, rotate and delete addresses that execute a policy for anybody')
    .helpCommand(false);
  addList({ program: webhooks, action });
  addCreate({ program: webhooks, action });
  addRotate({ program: webhooks, action });
  addDelete({ program: webhooks, action });
}

function addPolicyArguments(command: Command): Command {
  return command
    .argument('<group>', 'id, key or name of the group')
    .argument('<policy>', 'id, key or name of the policy');
}

function addWebhookArguments(command: Command): Command {
  return addPolicyArguments(command).argument(
    '<webhook>',
    'its id, as "lutra webhooks list" shows it',
  );
}

function addList({ program, action }: Registry): void {
  addPolicyArguments(
    program.command('list').description("list a policy's webhooks with their capabilities"),
  ).action(
    action(async (session, { words }) => {
      const { client, path } = await placeOf(session, words);
      const webhooks = await allPages(path, async (page) => {
        const body = bodyOf(await client({ method: 'GET', path: page }));
        const { webhooks: items, webhooks_links: links } = readReply(WEBHOOKS_REPLY, body);
        return { items, links };
      });
      session.show({ json: { webhooks }, heading: HEADING, rows: webhooks.map(rowOf) });
      return EXIT.ok;
    }),
  );
}

function addCreate({ program, action }: Registry): void {
  const command = program
    .command('create')
    .description('create a webhook; whoever knows its capability may execute the policy')
    .option('--name <name>', 'what people call it')
    .option('--metadata <file>', 'YAML or JSON: texts by name');
  addPostOptions(addPolicyArguments(command)).action(
    action<CreateOptions>(async (session, { words, options }) => {
      const { name, metadata } = options;
      const file =
        metadata === undefined
          ? undefined
          : await readPartFile(session.world, metadata, '--metadata');
      const webhook = bodyFrom(NEW_WEBHOOK_BODY, [
        optionPart('--name', ['name'], name),
        ...(file === undefined ? [] : filePartsOf(file.document, ['metadata'], 0)),
      ]);
      const { client, path, called } = await placeOf(session, words);
      return carryOut(session, options, {
        ...{ client, called },
        requests: [{ method: 'POST', path, body: [webhook] }],
        shown: (reply) => ({
          json: reply,
          heading: HEADING,
          rows: readReply(WEBHOOKS_REPLY, reply).webhooks.map(rowOf),
        }),
      });
    }),
  );
}

function addRotate({ program, action }: Registry): void {
  const command = program
    .command('rotate')
    .description('give a webhook another capability; the one before does nothing from then on');
  addPostOptions(addWebhookArguments(command)).action(
    action<WriteOptions>(async (session, { words, options }) => {
      const { client, path, called } = await webhookOf(session, words);
      return carryOut(session, options, {
        ...{ client, called },
        requests: [{ method: 'POST', path: `${path}/rotate` }],
        shown: (reply) => ({
          json: reply,
          heading: HEADING,
          rows: [rowOf(readReply(WEBHOOK_REPLY, reply).webhook)],
        }),
      });
    }),
  );
}

function addDelete({ program, action }: Registry): void {
  const command = program
    .command('delete')
    .description('delete a webhook; its capability does nothing from then on');
  addWriteOptions(addWebhookArguments(command)).action(
    action<WriteOptions>(async (session, { words, options }) => {
      const { client, path, called, id } = await webhookOf(session, words);
      return carryOut(session, options, {
        ...{ client, called },
        requests: [{ method: 'DELETE', path }],
        shown: () => ({ json: { id }, heading: ['ID', 'STATE'], rows: [[plain(id), 'deleted']] }),
      });
    }),
  );
}

interface WebhookPlace {
  readonly client: NodeClient;
  readonly path: string;
  /** Ids of the group and the policy with the words for them. */
  readonly called: readonly (readonly [id: string, word: string])[];
}

/** Where the webhooks of the policy are that the first two words mean. */
async function placeOf(
  session: Session,
  [groupWord = '', policyWord = '']: readonly string[],
): Promise<WebhookPlace> {
  const client = await session.connect();
  const group = await findGroup(client, session.tenant, groupWord);
  const policy = findPolicy(group, policyWord);
  const called = [[group.id, groupWord] as const, [policy.id, policyWord] as const];
  return { client, path: `${policyPath(session.tenant, group.id, policy.id)}/webhooks`, called };
}

/** The webhook that the third word names, of the policy that the first two words mean. */
async function webhookOf(
  session: Session,
  words: readonly string[],
): Promise<WebhookPlace & { readonly id: string }> {
  const [, , id = ''] = words;
  const webhook = segment(id, 'webhook');
  const { client, path, called } = await placeOf(session, words);
  return { client, path: `${path}/${webhook}`, called, id };
}

function rowOf({ id, name, links }: WireWebhook): readonly string[] {
  const capability = links.find(({ rel }) => rel === 'capability')?.href ?? '-';
  return [id, name, capability].map(plain);
}
