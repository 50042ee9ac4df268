import { assert } from '../../src/base/assert.ts';
import { FakeStreams } from './fake-streams.ts';

interface StoredPolicy {
  readonly id: string;
  readonly key?: string;
  readonly type: string;
}

interface StoredWebhook {
  readonly id: string;
  readonly name: string;
  readonly metadata: unknown;
}

interface StoredGroup {
  readonly id: string;
  readonly tenant: string;
  config: Readonly<Record<string, unknown>>;
  launch: unknown;
  policies: readonly StoredPolicy[];
}

/** A request that changes something. */
export interface Write {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

type Answer = { readonly status: number; readonly body?: unknown };

/**
 * As much of a node's API as commands use, over a map. It keeps what is written, so that a test can ask
 * what a command did, and run another against the result.
 */
export class FakeNodeApi {
  /** Items of a page. */
  pageMax = 100;
  /** What the Date header says. */
  nowMs: number;
  /** Answers instead of the API where it has an answer; throws to break the connection. */
  intercept: (request: Write) => Answer | undefined = () => undefined;
  /** By group id. */
  events = new Map<string, readonly object[]>();
  readonly streams = new FakeStreams();
  status: unknown = {};
  cluster: unknown = {};
  /** What the nodes at other addresses (`http://host:port`) say of themselves. */
  readonly others = new Map<string, unknown>();
  readonly writes: Write[] = [];
  readonly groups = new Map<string, StoredGroup>();
  /** By policy id. */
  readonly webhooks = new Map<string, readonly StoredWebhook[]>();
  #idCount = 0;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  readonly fetch = (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { origin, pathname, searchParams } = new URL(url instanceof Request ? url.url : url);
    const { body: text } = init;
    const body: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
    const request = { method: init.method ?? 'GET', path: pathname, body };
    const intercepted = this.intercept(request);
    if (intercepted === undefined && this.streams.isAskedFor(init)) {
      return Promise.resolve(this.#stream(pathname, searchParams, init));
    }
    const answer =
      intercepted ?? this.#otherAnswer(origin, pathname) ?? this.#answer(request, searchParams);
    const headers = { date: new Date(this.nowMs).toUTCString() };
    const reply = answer.body === undefined ? null : JSON.stringify(answer.body);
    return Promise.resolve(new Response(reply, { status: answer.status, headers }));
  };

  /** Something happens to a group, and all who follow it are told. */
  happen(groupId: string, events: readonly object[]): void {
    this.events.set(groupId, [...(this.events.get(groupId) ?? []), ...events]);
    this.streams.tell(groupId, events);
  }

  /** The group of a tenant under a key, as the API shows it. */
  group(tenant: string, key: string): Readonly<Record<string, unknown>> | undefined {
    const found = [...this.groups.values()].find(
      (group) => group.tenant === tenant && group.config['key'] === key,
    );
    return found === undefined ? undefined : this.#manifest(found);
  }

  #stream(path: string, query: URLSearchParams, init: RequestInit): Response {
    const [, groupId = ''] = /\/groups\/([^/]+)\/history$/.exec(path) ?? [];
    const asked = { groupId, passes: (event: object) => isWanted(event, query), init };
    return this.streams.open(asked, this.events.get(groupId) ?? []);
  }

  #otherAnswer(origin: string, path: string): Answer | undefined {
    if (path !== '/lutra/v1/status' || !this.others.has(origin)) return undefined;
    return { status: 200, body: this.others.get(origin) };
  }

  #answer(request: Write, query: URLSearchParams): Answer {
    if (request.method !== 'GET') this.writes.push(request);
    if (request.path === '/lutra/v1/status') return { status: 200, body: this.status };
    if (request.path === '/lutra/v1/cluster') return { status: 200, body: this.cluster };
    const [, version, tenant = '', , groupId, ...steps] = request.path
      .split('/')
      .map(decodeURIComponent);
    assert(version === 'v1.0', `${request.path} is a path of the API`);
    if (groupId === undefined) return this.#collection(request, tenant, query);
    const group = this.groups.get(groupId);
    if (group?.tenant !== tenant) return notFound(`No such scaling group ${groupId}`);
    // As of a node that does not know previews; `intercept` can say more.
    if (request.path.endsWith('/preview')) return notFound('There is nothing at this path');
    return request.method === 'GET'
      ? this.#show(group, query, steps)
      : this.#write(group, request, steps);
  }

  #show(group: StoredGroup, query: URLSearchParams, steps: readonly string[]): Answer {
    const [part, policyId] = steps;
    if (part === 'history') return this.#history(group.id, query);
    const isRevealing = part === undefined && query.get('webhooks') === 'true';
    const body = isRevealing ? this.#revealed(group) : this.#read(group, part, policyId);
    return { status: 200, body };
  }

  #write(group: StoredGroup, request: Write, steps: readonly string[]): Answer {
    const [part, policyId, webhooks, webhookId] = steps;
    return webhooks === 'webhooks' && policyId !== undefined
      ? this.#changeWebhooks(policyId, webhookId, request)
      : this.#change(group, request, { part, policyId });
  }

  #collection({ method, body }: Write, tenant: string, query: URLSearchParams): Answer {
    if (method === 'POST') return this.#create(tenant, body as Readonly<Record<string, unknown>>);
    const marker = query.get('marker') ?? '';
    const page = [...this.groups.values()]
      .filter((group) => group.tenant === tenant && group.id > marker)
      .slice(0, this.pageMax);
    const last = page.length === this.pageMax ? page.at(-1)?.id : undefined;
    const href = `http://other.example/groups/?limit=${String(this.pageMax)}&marker=${last ?? ''}`;
    return {
      status: 200,
      body: {
        groups: page.map((group) => ({ id: group.id, links: [], state: stateOf(group) })),
        groups_links: last === undefined ? [] : [{ href, rel: 'next' }],
      },
    };
  }

  #create(tenant: string, body: Readonly<Record<string, unknown>>): Answer {
    const group: StoredGroup = {
      id: this.#nextId('group'),
      tenant,
      config: { maxEntities: 1000, metadata: {}, ...(body['groupConfiguration'] as object) },
      launch: body['launchConfiguration'],
      policies: this.#withIds((body['scalingPolicies'] ?? []) as readonly object[]),
    };
    this.groups.set(group.id, group);
    return { status: 201, body: { group: this.#manifest(group) } };
  }

  #read(group: StoredGroup, part: string | undefined, policyId: string | undefined): unknown {
    if (part === undefined) return { group: this.#manifest(group) };
    if (part === 'policies') return { policy: group.policies.find(({ id }) => id === policyId) };
    assert(part === 'config', 'commands read a group, its configuration or a policy');
    return { groupConfiguration: group.config };
  }

  #change(
    group: StoredGroup,
    { method, body }: Write,
    {
      part,
      policyId,
    }: { readonly part: string | undefined; readonly policyId: string | undefined },
  ): Answer {
    if (part === 'config') {
      const { key, region } = group.config;
      group.config = { ...(body as object), key, region };
      return { status: 204 };
    }
    if (part === 'launch') {
      group.launch = body;
      return { status: 204 };
    }
    assert(part === 'policies', 'commands write a group, its parts or its policies');
    if (method === 'POST') {
      const created = this.#withIds(body as readonly object[]);
      group.policies = [...group.policies, ...created];
      return { status: 201, body: { policies: created } };
    }
    const before = group.policies.find(({ id }) => id === policyId);
    if (before === undefined) return notFound('No such scaling policy');
    const others = group.policies.filter((policy) => policy !== before);
    if (method === 'DELETE') {
      group.policies = others;
      return { status: 204 };
    }
    const { id, key } = before;
    group.policies = [
      ...others,
      { ...(body as StoredPolicy), id, ...(key === undefined ? {} : { key }) },
    ];
    return { status: 204 };
  }

  #changeWebhooks(policyId: string, webhookId: string | undefined, request: Write): Answer {
    const { method, body } = request;
    const before = this.webhooks.get(policyId) ?? [];
    if (method === 'POST') {
      const created = (body as readonly Omit<StoredWebhook, 'id'>[]).map((webhook) => ({
        ...webhook,
        id: this.#nextId('webhook'),
      }));
      this.webhooks.set(policyId, [...before, ...created]);
      return { status: 201, body: { webhooks: created.map(withAddress) } };
    }
    const others = before.filter(({ id }) => id !== webhookId);
    if (others.length === before.length) return notFound('No such webhook');
    const changed = { ...(body as StoredWebhook), id: webhookId ?? '' };
    this.webhooks.set(policyId, method === 'DELETE' ? others : [...others, changed]);
    return { status: 204 };
  }

  #revealed(group: StoredGroup): unknown {
    const scalingPolicies = group.policies.map((policy) => ({
      ...policy,
      webhooks: (this.webhooks.get(policy.id) ?? []).map(withAddress),
    }));
    return { group: { ...this.#manifest(group), scalingPolicies } };
  }

  #history(groupId: string, query: URLSearchParams): Answer {
    const marker = Number(query.get('marker') ?? Number.NaN);
    const isNewestFirst = query.get('order') !== 'oldest-first';
    const limit = Math.min(Number(query.get('limit') ?? this.pageMax), this.pageMax);
    const all = (this.events.get(groupId) ?? []) as readonly { readonly sequence: number }[];
    const ordered = isNewestFirst ? all.toReversed() : all;
    const events = ordered
      .filter(({ sequence }) => {
        if (Number.isNaN(marker)) return true;
        return isNewestFirst ? sequence < marker : sequence > marker;
      })
      .filter((event) => isWanted(event, query))
      .slice(0, limit);
    return { status: 200, body: { events, events_links: [] } };
  }

  #manifest(group: StoredGroup): Readonly<Record<string, unknown>> {
    return {
      id: group.id,
      links: [],
      groupConfiguration: group.config,
      launchConfiguration: group.launch,
      scalingPolicies: group.policies,
      scalingPolicies_links: [],
      state: stateOf(group),
    };
  }

  #withIds(policies: readonly object[]): readonly StoredPolicy[] {
    return policies.map((policy) => ({ ...(policy as StoredPolicy), id: this.#nextId('policy') }));
  }

  #nextId(what: string): string {
    this.#idCount += 1;
    return `${what}-${String(this.#idCount).padStart(4, '0')}`;
  }
}

function stateOf(group: StoredGroup): object {
  return {
    name: group.config['name'],
    status: 'ACTIVE',
    paused: false,
    active: [],
    activeCapacity: 1,
    pendingCapacity: 1,
    desiredCapacity: 2,
  };
}

/** A webhook as the API shows it: with the address that executes its policy. */
function withAddress(webhook: StoredWebhook): object {
  const href = `http://127.0.0.1:1/v1.0/execute/1/secret-of-${webhook.id}/`;
  return { ...webhook, links: [{ href, rel: 'capability' }] };
}

/** The reply of the API to what it refuses. */
export function refusal(status: number, type: string, message: string): Answer {
  return { status, body: { error: { type, code: status, message, details: '' } } };
}

/** Whether an event meets the conditions of a query, where it has some. */
function isWanted(event: object, query: URLSearchParams): boolean {
  const facts = event as Readonly<Record<string, unknown>>;
  const isOneOf = (key: string): boolean =>
    query.get(key)?.split(',').includes(String(facts[key])) ?? true;
  // Instants of one form are in order where their texts are.
  const isIn =
    String(facts['at']) >= (query.get('from') ?? '') &&
    String(facts['at']) < (query.get('to') ?? '~');
  return isIn && ['policyId', 'event', 'outcome'].every(isOneOf);
}

function notFound(message: string): Answer {
  return refusal(404, 'NoSuchThingError', message);
}
