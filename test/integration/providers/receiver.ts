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
  readonly #capacities = new Map<string, number>();

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
      const { desired } = JSON.parse(body) as { readonly desired: number };
      this.#capacities.set(target, desired);
      response.writeHead(204).end();
      return;
    }
    const actual = this.#capacities.get(target) ?? 0;
    const servers = Array.from({ length: actual }, (_, index) => ({
      id: `server-${String(index)}`,
    }));
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ actual, servers }));
  }
}
