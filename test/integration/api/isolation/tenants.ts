/** Two tenants of one node, each with one of everything, and whose texts can be told apart wherever they turn up. */
import type { GroupId } from '../../../../src/domain/ids.ts';
import {
  aGroupBody,
  aPolicyBody,
  at,
  checkExchange,
  putState,
} from '../../../support/api-server.ts';
import type { Json } from '../../../support/json-schema.ts';
import { ADMIN_SECRET, bearer, startSecuredApi } from '../../../support/secured-api.ts';
import type { SecuredApi } from '../../../support/secured-api.ts';
import { converse } from '../../../fuzz/wire.ts';
import { operationsOf } from '../../../fuzz/request.ts';
import type { Operation } from '../../../fuzz/request.ts';

/** What the segments of a path stand for, by their names. */
export type Segments = Readonly<Record<string, string>>;

export interface Tenant {
  /** Every thing that it has, by what it is called in paths. */
  readonly segments: Segments;
  readonly token: string;
  /** Every text that is its alone. */
  readonly secrets: readonly string[];
}

/** Ids that nothing has, as long as those of things. */
export const ABSENT: Segments = {
  tenantId: 'tenant-of-eve',
  groupId: '00000000-0000-4000-8000-00000000000a',
  policyId: '00000000-0000-4000-8000-00000000000b',
  webhookId: '00000000-0000-4000-8000-00000000000c',
  serverId: 'server-of-eve',
  calendarName: 'none',
  tokenId: '00000000-0000-4000-8000-00000000000d',
  node: 'node-9',
  version: '1',
  hash: '0'.repeat(64),
};

export interface Answer {
  readonly status: number;
  /** Headers and body; what differs from one reply to the next is left out. */
  readonly text: string;
}

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class TwoTenants {
  readonly api: SecuredApi;
  readonly ada: Tenant;
  readonly bob: Tenant;
  readonly document: Json;

  private constructor(
    api: SecuredApi,
    document: Json,
    tenants: readonly [ada: Tenant, bob: Tenant],
  ) {
    this.api = api;
    this.document = document;
    [this.ada, this.bob] = tenants;
  }

  static async start(): Promise<TwoTenants> {
    const limits = { maxGroups: 3, maxPoliciesPerGroup: 5, maxWebhooksPerPolicy: 5 };
    const api = await startSecuredApi({ limits, urlRoot: 'http://lutra.example' });
    const { body } = await api.call('GET', '/openapi.json');
    const tenants = [await aTenant(api, 'ada'), await aTenant(api, 'bob')] as const;
    return new TwoTenants(api, body as Json, tenants);
  }

  get operations(): readonly Operation[] {
    return operationsOf(this.document);
  }

  /** Asks, and reads the whole reply. Rejects where the document says that there is no such reply. */
  async ask({ method, path, token, body, headers = {} }: Question): Promise<Answer> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const all = {
      ...{ Host: 'lutra.example', Connection: 'close' },
      ...(token === undefined ? {} : bearer(token)),
      ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(text)) }),
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    const head = [`${method} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n');
    const bytes = Buffer.from(head + text);
    const { port } = new URL(this.api.url);
    const { replies } = await converse(Number(port), { bytes, method, isCutShort: false });
    const [reply] = replies;
    if (reply === undefined || replies.length > 1) throw new Error(`${method} ${path}: no reply`);
    const contentType = reply.headers.get('content-type');
    checkExchange({
      method,
      path,
      sent: text,
      status: reply.status,
      contentType,
      text: reply.text,
    });
    const lasting = [...reply.headers].filter(
      ([name]) => !['date', 'x-response-id'].includes(name),
    );
    return {
      status: reply.status,
      text: [...lasting.map(([name, value]) => `${name}: ${value}`), '', reply.text].join('\n'),
    };
  }

  close(): Promise<void> {
    return this.api.close(0);
  }
}

/** The path with these things in it. Throws where one has no name yet: say above what it stands for. */
export function pathWith(path: string, segments: Segments): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const segment = segments[name];
    if (segment === undefined) throw new Error(`say what {${name}} of ${path} stands for`);
    return encodeURIComponent(segment);
  });
}

async function aTenant(api: SecuredApi, who: string): Promise<Tenant> {
  const tenantId = `tenant-of-${who}`;
  const text = (what: string): string => `${what}-of-${who}`;
  const headers = bearer(ADMIN_SECRET);
  const create = async (path: string, body: unknown): Promise<unknown> => {
    const reply = await api.call('POST', path, { body, headers });
    if (reply.status !== 201) throw new Error(`POST ${path}: ${reply.text}`);
    return reply.body;
  };
  const groups = `/v1.0/${tenantId}/groups`;
  // Tenants name calendars themselves, and so may both have one of the same name.
  const calendarName = 'holidays';
  await putCalendar(api, { tenantId, name: text('calendar'), entries: [] });
  const entries = [{ calendar: text('calendar') }];
  await putCalendar(api, { tenantId, name: calendarName, entries });
  const metadata = { [text('metadata-key')]: text('metadata-value') };
  const group = await create(
    groups,
    aGroupBody({
      config: { name: text('group'), key: text('key'), maxEntities: 5, metadata },
      launch: { type: 'process', args: { command: [text('command')] } },
    }),
  );
  const groupId = String(at(group, 'group', 'id'));
  const policies = await create(`${groups}/${groupId}/policies`, [
    aPolicyBody({ name: text('policy'), key: text('policy-key') }),
  ]);
  const policyId = String(at(policies, 'policies', 0, 'id'));
  const webhooks = await create(`${groups}/${groupId}/policies/${policyId}/webhooks`, [
    { name: text('webhook'), metadata },
  ]);
  const webhookId = String(at(webhooks, 'webhooks', 0, 'id'));
  const capability = String(at(webhooks, 'webhooks', 0, 'links', 1, 'href'));
  const hash = /[0-9a-f]{64}/.exec(capability)?.[0] ?? '';
  const token = await create('/lutra/v1/tokens', {
    ...{ name: text('token'), role: 'admin', tenants: [tenantId] },
  });
  const tokenId = String(at(token, 'token', 'id'));
  const secret = String(at(token, 'token', 'secret'));
  const serverId = text('server');
  await putState(
    api,
    groupId as GroupId,
    { desired: 1 },
    { actual: 1, servers: [{ id: serverId }], ...WELL },
  );
  return {
    segments: {
      ...{ tenantId, groupId, policyId, webhookId, serverId, calendarName, tokenId, hash },
      ...{ version: '1', node: 'node-1' },
    },
    token: secret,
    secrets: [
      ...[groupId, policyId, webhookId, serverId, tokenId, hash, secret],
      ...[`-of-${who}`],
    ],
  };
}

async function putCalendar(
  api: SecuredApi,
  calendar: { readonly tenantId: string; readonly name: string; readonly entries: unknown },
): Promise<void> {
  const { tenantId, name, entries } = calendar;
  const reply = await api.call('PUT', `/v1.0/${tenantId}/calendars/${name}`, {
    ...{ headers: bearer(ADMIN_SECRET), body: { entries } },
  });
  if (reply.status !== 201) throw new Error(`PUT calendar ${name}: ${reply.text}`);
}

const WELL = { status: 'ACTIVE', reasons: [], failureCount: 0 } as const;
