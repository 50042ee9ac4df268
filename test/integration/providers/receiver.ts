import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedCall {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a PUT carries. */
interface Ordered {
  readonly desired: number;
  readonly evict?: readonly { readonly id: string; readonly purge: boolean }[];
}

/** Answers one call. */
export type Answer = (response: ServerResponse, call: ReceivedCall) => void;

/**
 * What stands at the other end of a webhook: it keeps one capacity for each path, or answers as it is told
 * with `answer`, and remembers every call.
 */
export class Receiver {
  readonly calls: ReceivedCall[] = [];
  answer: Answer | undefined;
  connectionCount = 0;
  readonly #server: Server;
  readonly #servers = new Map<string, readonly string[]>();
  #startedCount = 0;

  static async open(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#receive(request, response);
    });
    this.#server.on('connection', () => (this.connectionCount += 1));
  }

  get port(): number {
    // Listening on TCP, so it is no path.
    return (this.#server.address() as AddressInfo).port;
  }

  url(path: string): string {
    return `http://127.0.0.1:${String(this.port)}${path}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const call: ReceivedCall = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    this.calls.push(call);
    if (this.answer !== undefined) this.answer(response, call);
    else this.#serve(response, call);
  }

  #serve(response: ServerResponse, { method, target, body }: ReceivedCall): void {
    if (method === 'PUT') {
      this.#carryOut(target, JSON.parse(body) as Ordered);
      response.writeHead(204).end();
      return;
    }
    const servers = (this.#servers.get(target) ?? []).map((id) => ({ id }));
    const actual = servers.length;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ actual, servers }));
  }

  /** Keeps as many as are wanted, without those that are to leave, and gives no id twice. */
  #carryOut(target: string, { desired, evict = [] }: Ordered): void {
    const evicted = new Set(evict.map(({ id }) => id));
    const kept = (this.#servers.get(target) ?? []).filter((id) => !evicted.has(id));
    const servers = kept.slice(Math.max(kept.length - desired, 0));
    while (servers.length < desired) servers.push(`server-${String(this.#startedCount++)}`);
    this.#servers.set(target, servers);
  }
}
