/** A client that follows a stream of events over a connection of its own. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** One connection over which a stream comes, as text. */
export class Follower {
  readonly socket: Socket;
  readonly ended: Promise<unknown>;
  #text = '';

  constructor(url: string, path: string, headers: Readonly<Record<string, string>> = {}) {
    const { hostname, port, host } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.ended = once(this.socket, 'close');
    this.socket.on('data', (chunk) => {
      this.#text += chunk.toString();
    });
    const lines = Object.entries({ Host: host, Accept: 'text/event-stream', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    this.socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  }

  /** All that was received, once there is this in it. */
  async until(text: string | RegExp): Promise<string> {
    const isThere = (): boolean =>
      typeof text === 'string' ? this.#text.includes(text) : text.test(this.#text);
    while (!isThere()) {
      if (this.socket.closed) throw new Error(`it ended before ${String(text)}: ${this.#text}`);
      await Promise.race([once(this.socket, 'data'), this.ended]);
    }
    return this.#text;
  }

  get text(): string {
    return this.#text;
  }

  /** The ids of the events that have data, in order. */
  get ids(): readonly number[] {
    return [...this.#text.matchAll(/id: (\d+)\ndata: /g)].map(([, id]) => Number(id));
  }
}
