/** How commands find groups: all of a tenant's, or the one that a person means. */
import { CommandError, EXIT } from './exit.ts';
import type { NodeClient, NodeReply } from './node-client.ts';
import { plain } from './output.ts';
import {
  CONFIG_REPLY,
  GROUP_REPLY,
  GROUP_WITH_WEBHOOKS_REPLY,
  GROUPS_REPLY,
  readReply,
} from './wire.ts';
import type { GroupItem, WireConfig, WireGroup } from './wire.ts';

/** A group of a list with its configuration. */
export interface ListedGroup {
  readonly item: GroupItem;
  readonly config: WireConfig;
}

/** How many configurations are asked for at a time. */
const CONCURRENCY = 8;

/** The tenant's part of the API's paths. Throws a `CommandError` for what cannot be part of a path. */
export function tenantPath(tenant: string): string {
  return `/v1.0/${segment(tenant, 'tenant')}`;
}

/** The path of a group. */
export function groupPath(tenant: string, groupId: string): string {
  return `${tenantPath(tenant)}/groups/${segment(groupId, 'group')}`;
}

/**
 * A text as one segment of a path. Throws a `CommandError` for what cannot be one: URLs drop `.` and `..`, even
 * where they are escaped.
 */
export function segment(text: string, what: string): string {
  if (['', '.', '..'].includes(text) || /\p{Cs}/u.test(text)) {
    throw new CommandError(EXIT.usage, `${JSON.stringify(text)} cannot be the name of a ${what}`);
  }
  return encodeURIComponent(text);
}

/** What a node answers where what it was sent is wrong. */
const BAD_REQUEST = 400;

/** The body of a reply; throws a `CommandError` where the request was refused: as bad input where it says so. */
export function bodyOf(reply: NodeReply): unknown {
  if (reply.kind === 'done') return reply.body;
  throw refusalOf(reply);
}

/** How a command ends whose request was refused: as with bad input, where the node says so. */
export function refusalOf({
  status,
  message,
}: Extract<NodeReply, { readonly kind: 'refused' }>): CommandError {
  return new CommandError(status === BAD_REQUEST ? EXIT.usage : EXIT.error, plain(message));
}

/** Follows a paged list to its end. `readPage` gives the items of a page and the link to the next. */
export async function allPages<Item>(
  path: string,
  readPage: (path: string) => Promise<{
    readonly items: readonly Item[];
    readonly links: readonly { readonly href: string; readonly rel: string }[];
  }>,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  let query: string | undefined = '';
  while (query !== undefined) {
    const page: Awaited<ReturnType<typeof readPage>> = await readPage(`${path}${query}`);
    all.push(...page.items);
    // Only the query of the link counts: its host is the one that clients of the node use, and may not be ours.
    const next = page.links.find(({ rel }) => rel === 'next');
    query = next === undefined || page.items.length === 0 ? undefined : queryOf(next.href);
  }
  return all;
}

function queryOf(href: string): string {
  const start = href.indexOf('?');
  return start < 0 ? '' : href.slice(start);
}

/** All groups of a tenant, with their configurations. One that vanishes meanwhile is left out. */
export async function listGroups(
  client: NodeClient,
  tenant: string,
): Promise<readonly ListedGroup[]> {
  const items = await allPages(`${tenantPath(tenant)}/groups`, async (path) => {
    const page = readReply(GROUPS_REPLY, bodyOf(await client({ method: 'GET', path })));
    return { items: page.groups, links: page.groups_links };
  });
  const listed: ListedGroup[] = [];
  for (let start = 0; start < items.length; start += CONCURRENCY) {
    const batch = items.slice(start, start + CONCURRENCY);
    const configs = await Promise.all(batch.map(({ id }) => readConfig(client, tenant, id)));
    batch.forEach((item, index) => {
      const config = configs[index];
      if (config !== undefined) listed.push({ item, config });
    });
  }
  return listed;
}

async function readConfig(
  client: NodeClient,
  tenant: string,
  groupId: string,
): Promise<WireConfig | undefined> {
  const reply = await client({ method: 'GET', path: `${groupPath(tenant, groupId)}/config` });
  if (isGone(reply)) return undefined;
  return readReply(CONFIG_REPLY, bodyOf(reply)).groupConfiguration;
}

/** A group, whole; undefined where the tenant has none of this id. */
export async function readGroup(
  client: NodeClient,
  tenant: string,
  groupId: string,
): Promise<WireGroup | undefined> {
  const reply = await client({ method: 'GET', path: groupPath(tenant, groupId) });
  return isGone(reply) ? undefined : readReply(GROUP_REPLY, bodyOf(reply)).group;
}

/** The same with the webhooks of its policies, which takes the right to see their addresses. */
export async function readGroupWithWebhooks(
  client: NodeClient,
  tenant: string,
  groupId: string,
): Promise<WireGroup | undefined> {
  const path = `${groupPath(tenant, groupId)}?webhooks=true`;
  const reply = await client({ method: 'GET', path });
  return isGone(reply) ? undefined : readReply(GROUP_WITH_WEBHOOKS_REPLY, bodyOf(reply)).group;
}

function isGone(reply: NodeReply): boolean {
  return reply.kind === 'refused' && reply.status === 404;
}

/**
 * The group that a person means: by id, by key, or by a name that no other group has. Throws a `CommandError`
 * where there is none, or where there are several.
 */
export async function findGroup(
  client: NodeClient,
  tenant: string,
  word: string,
): Promise<WireGroup> {
  const byId = await readGroup(client, tenant, word);
  if (byId !== undefined) return byId;
  const id = idMeantBy(word, await listGroups(client, tenant));
  const found = id === undefined ? undefined : await readGroup(client, tenant, id);
  if (found !== undefined) return found;
  throw new CommandError(
    EXIT.error,
    `tenant ${JSON.stringify(tenant)} has no group with the id, key or name ${JSON.stringify(word)}; ` +
      '"lutra groups" lists those it has',
  );
}

function idMeantBy(word: string, listed: readonly ListedGroup[]): string | undefined {
  const byKey = listed.find(({ config }) => config.key === word);
  if (byKey !== undefined) return byKey.item.id;
  const [found, another] = listed.filter(({ config }) => config.name === word);
  if (another === undefined) return found?.item.id;
  const message = `several groups have the name ${JSON.stringify(word)}; use the id or key of one`;
  throw new CommandError(EXIT.usage, message);
}
