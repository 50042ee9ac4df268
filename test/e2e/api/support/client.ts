/**
 * HTTP as it is on the wire: paths go out as they are written, bodies as any bytes in any pieces, and every
 * byte and header of a reply can be looked at.
 */
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';

/** One request. At most one of `json`, `body` and `chunks` is given. */
export interface HttpRequest {
  readonly method: string;
  /** With its query, encoded already. */
  readonly path: string;
  /** Sent as JSON, and called so. */
  readonly json?: unknown;
  /** Sent as it is, with its length. */
  readonly body?: string | Buffer;
  /** Sent one after the other, without a length in front. */
  readonly chunks?: readonly (string | Buffer)[];
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpReply {
  /** The request, for messages. */
  readonly to: string;
  readonly status: number;
  /** By name in lower case; a header that comes twice has both values, separated by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** A reply that takes longer is none. */
const REPLY_TIMEOUT_MS = 20_000;

/** The way to one server; keeps connections open until it is closed. */
export class HttpClient {
  readonly #url: URL;
  readonly #agent: Agent;

  constructor(url: string, socketsMax = 32) {
    this.#url = new URL(url);
    this.#agent = new Agent({ keepAlive: true, maxSockets: socketsMax });
  }

  send(request: HttpRequest): Promise<HttpReply> {
    const { method, path } = request;
    const { hostname, port } = this.#url;
    const { headers, bytes, chunks } = contentOf(request);
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        { hostname, port, method, path, headers, agent: this.#agent, timeout: REPLY_TIMEOUT_MS },
        (incoming) => {
          replyOf(`${method} ${path}`, incoming).then(resolve, reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no reply to ${method} ${path}`)));
      for (const chunk of chunks) outgoing.write(chunk);
      outgoing.end(bytes);
    });
  }

  /** Sends, and hangs up as soon as it is sent or a reply begins: the client never learns what came of it. */
  sendAndLeave(request: HttpRequest, when: 'sent' | 'answered'): Promise<void> {
    const { method, path } = request;
    const { hostname, port } = this.#url;
    const { headers, bytes } = contentOf(request);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        outgoing.destroy();
        resolve();
      };
      const outgoing = httpRequest({ hostname, port, method, path, headers, agent: false }, leave);
      outgoing.on('error', reject);
      outgoing.end(bytes, () => {
        if (when === 'sent') leave();
      });
    });
  }

  /** Sends a text that need not be HTTP, and reads until the server hangs up. */
  sendText(text: string): Promise<string> {
    const { hostname, port } = this.#url;
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      const received: Buffer[] = [];
      socket.setTimeout(REPLY_TIMEOUT_MS, () => socket.destroy(new Error('no end of the reply')));
      socket.on('error', reject);
      socket.on('data', (bytes: Buffer) => received.push(bytes));
      socket.on('end', () => {
        resolve(Buffer.concat(received).toString());
      });
      socket.write(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** What goes over the wire after the first line. Node by itself would frame a body by the method. */
function contentOf(request: HttpRequest): {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer | undefined;
  readonly chunks: readonly (string | Buffer)[];
} {
  const { json, chunks = [] } = request;
  const body = json === undefined ? request.body : JSON.stringify(json);
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const headers = {
    ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(bytes === undefined ? {} : { 'Content-Length': String(bytes.length) }),
    ...(chunks.length === 0 ? {} : { 'Transfer-Encoding': 'chunked' }),
    ...request.headers,
  };
  return { headers, bytes, chunks };
}

async function replyOf(to: string, incoming: IncomingMessage): Promise<HttpReply> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const headers = new Map<string, string>();
  const raw = incoming.rawHeaders;
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const before = headers.get(name);
    const value = raw[index + 1] ?? '';
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const text = Buffer.concat(chunks).toString();
  return { to, status: incoming.statusCode ?? 0, headers, text };
}
