/** One tenant of one test, whose requests go to all nodes in turn. */
import { expect } from 'chai';
import { aGroup, aPolicy, aWebhook } from './bodies.ts';
import type { HttpReply, HttpRequest } from './client.ts';
import { expectBody, expectEmpty, jsonOf, listAt, textAt } from './replies.ts';

/** What a request carries besides its method and path. */
type Content = Omit<HttpRequest, 'method' | 'path'>;

/** How requests reach the nodes, and how links begin. */
export interface Nodes {
  /** What links begin with. */
  readonly root: string;
  /** Sends to the node whose turn it is. */
  readonly send: (request: HttpRequest) => Promise<HttpReply>;
  /** Sends to every node at once. */
  readonly sendAll: (request: HttpRequest) => Promise<readonly HttpReply[]>;
}

export class Tenant {
  readonly id: string;
  readonly #nodes: Nodes;

  constructor(id: string, nodes: Nodes) {
    this.id = id;
    this.#nodes = nodes;
  }

  /** What links begin with. */
  get root(): string {
    return this.#nodes.root;
  }

  /** Where a path of this tenant is, by the links of replies. */
  link(path: string): string {
    return `${this.root}${this.path(path)}`;
  }

  /** A path of this tenant, such as `/groups`, as it goes over the wire. */
  path(path: string): string {
    return `/v1.0/${encodeURIComponent(this.id)}${path}`;
  }

  /** Sends a request to a path below the tenant. */
  send(method: string, path: string, content: Content = {}): Promise<HttpReply> {
    return this.#nodes.send({ method, path: this.path(path), ...content });
  }

  get(path: string): Promise<HttpReply> {
    return this.send('GET', path);
  }

  /** Sends JSON that is created from. */
  post(path: string, json?: unknown): Promise<HttpReply> {
    return this.send('POST', path, json === undefined ? {} : { json });
  }

  put(path: string, json: unknown): Promise<HttpReply> {
    return this.send('PUT', path, { json });
  }

  delete(path: string): Promise<HttpReply> {
    return this.send('DELETE', path);
  }

  /** Expects this body of every node. */
  async expectEverywhere(path: string, body: unknown): Promise<void> {
    for (const reply of await this.#nodes.sendAll({ method: 'GET', path: this.path(path) })) {
      expectBody(reply, 200, body);
    }
  }

  /** Creates a group; gives its path below the tenant. */
  async group(changes: Parameters<typeof aGroup>[0] = {}): Promise<string> {
    const reply = await this.post('/groups', aGroup(changes));
    expect(reply.status, reply.text).to.equal(201);
    return `/groups/${textAt(jsonOf(reply), 'group', 'id')}`;
  }

  /** Creates a policy in a group; gives its path below the tenant. */
  async policy(group: string, changes: Parameters<typeof aPolicy>[0] = {}): Promise<string> {
    const [policy = ''] = await this.policies(group, [aPolicy(changes)]);
    return policy;
  }

  /** Creates policies in a group; gives their paths below the tenant, in the order of the bodies. */
  async policies(group: string, bodies: readonly unknown[]): Promise<readonly string[]> {
    const reply = await this.post(`${group}/policies`, bodies);
    expect(reply.status, reply.text).to.equal(201);
    const policies = listAt(jsonOf(reply), 'policies');
    return policies.map((policy) => `${group}/policies/${textAt(policy, 'id')}`);
  }

  /** Creates a webhook of a policy; gives its path below the tenant. */
  async webhook(policy: string): Promise<string> {
    const reply = await this.post(`${policy}/webhooks`, [aWebhook()]);
    expect(reply.status, reply.text).to.equal(201);
    return `${policy}/webhooks/${textAt(jsonOf(reply), 'webhooks', 0, 'id')}`;
  }

  /** Executes a policy and expects that it changed something. */
  async execute(policy: string): Promise<void> {
    expectBody(await this.post(`${policy}/execute`), 202, {});
  }

  /** The desired capacity of a group. */
  async desired(group: string): Promise<unknown> {
    const body = jsonOf(await this.get(`${group}/state`)) as {
      readonly group?: { readonly desiredCapacity?: unknown };
    };
    return body.group?.desiredCapacity;
  }

  /** Pauses or resumes a group. */
  async turn(group: string, deed: 'pause' | 'resume'): Promise<void> {
    expectEmpty(await this.post(`${group}/${deed}`), 204);
  }
}

/** The id at the end of a path. */
export function idIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
