/** What is stored on the node before anything is measured. */
import { ask } from './client.ts';
import type { Server } from './client.ts';
import type { Stored, Steps } from './operation.ts';

/** A page, as long as a node gives them by default. */
const GROUP_COUNT = 100;
/** In the middle of what the groups may have: a turn brings them up and down by one. */
const BEGIN_WITH = 10;

interface Created {
  readonly group: {
    readonly id: string;
    readonly scalingPolicies: readonly { readonly id: string; readonly name: string }[];
  };
}

interface Webhooks {
  readonly webhooks: readonly {
    readonly links: readonly { readonly rel: string; readonly href: string }[];
  }[];
}

/** Stores groups that are read, groups that are executed, and groups whose policies have webhooks. */
export async function storeGroups(
  node: Server,
  receiverUrlOf: (name: string) => string,
): Promise<Stored> {
  const read = await createAll(node, 'read', receiverUrlOf('read'));
  const executed = await createAll(node, 'executed', receiverUrlOf('executed'));
  const hooked = await createAll(node, 'hooked', receiverUrlOf('hooked'));
  return {
    groups: read.map(({ path }) => path),
    list: `${pathOf('read')}?limit=${String(GROUP_COUNT)}`,
    creation: pathOf('created'),
    created: JSON.stringify(groupBody(receiverUrlOf('created'))),
    executions: stepsOf(executed.map(({ up, down }) => ({ up: up.execute, down: down.execute }))),
    capabilities: stepsOf(await hooks(node, hooked)),
  };
}

/** A group and the paths of its two policies. */
interface StoredGroup {
  readonly path: string;
  readonly up: PolicyPaths;
  readonly down: PolicyPaths;
}

interface PolicyPaths {
  readonly execute: string;
  readonly webhooks: string;
}

async function createAll(
  node: Server,
  tenant: string,
  url: string,
): Promise<readonly StoredGroup[]> {
  const groups: StoredGroup[] = [];
  for (let index = 0; index < GROUP_COUNT; index += 1) {
    const { group } = (await post(node, pathOf(tenant), groupBody(url))) as Created;
    const path = `${pathOf(tenant)}/${group.id}`;
    const policy = (name: string): PolicyPaths => {
      const id = group.scalingPolicies.find((one) => one.name === name)?.id;
      if (id === undefined) throw new Error(`the group was created without its policy ${name}`);
      const at = `${path}/policies/${id}`;
      return { execute: `${at}/execute`, webhooks: `${at}/webhooks` };
    };
    await post(node, policy('begin').execute);
    groups.push({ path, up: policy('up'), down: policy('down') });
  }
  return groups;
}

async function hooks(
  node: Server,
  groups: readonly StoredGroup[],
): Promise<readonly { readonly up: string; readonly down: string }[]> {
  const made: { readonly up: string; readonly down: string }[] = [];
  for (const { up, down } of groups) {
    made.push({ up: await hook(node, up), down: await hook(node, down) });
  }
  return made;
}

/** The path that whoever has the capability posts to. */
async function hook(node: Server, { webhooks: path }: PolicyPaths): Promise<string> {
  const { webhooks } = (await post(node, path, [{ name: 'hook' }])) as Webhooks;
  const link = webhooks[0]?.links.find(({ rel }) => rel === 'capability');
  if (link === undefined) throw new Error(`${path} made a webhook without a capability`);
  return new URL(link.href).pathname;
}

function stepsOf(groups: readonly { readonly up: string; readonly down: string }[]): Steps {
  return { up: groups.map(({ up }) => up), down: groups.map(({ down }) => down) };
}

function groupBody(url: string): object {
  const policy = { type: 'webhook', cooldown: 0 };
  return {
    groupConfiguration: {
      ...{ name: 'workers', cooldown: 0, minEntities: 0, maxEntities: 2 * BEGIN_WITH },
      metadata: {},
    },
    launchConfiguration: { type: 'webhook', args: { url } },
    scalingPolicies: [
      { ...policy, name: 'begin', change: BEGIN_WITH },
      { ...policy, name: 'up', change: 1 },
      { ...policy, name: 'down', change: -1 },
    ],
  };
}

function pathOf(tenant: string): string {
  return `/v1.0/${tenant}/groups`;
}

async function post(node: Server, path: string, body?: unknown): Promise<unknown> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const { status, text } = await ask(node, { method: 'POST', path, ...sent });
  if (status >= 300) throw new Error(`POST ${path}: ${String(status)} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
