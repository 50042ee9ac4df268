/**
 * How a server stops, in three steps with one deadline:
 * 1. Requests that were taken on go on. Whatever else comes, over connections old and new, is told to go elsewhere.
 * 2. Once nothing is under way the listener closes, and so do connections over which nothing comes.
 * 3. What is left at the deadline is cut.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';

/** How often it is looked whether something is still under way. */
const POLL_MS = 50;

/** What a server has under way. */
export class Exchanges {
  readonly #open = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  #isClosing = false;

  /** Whether no more requests are taken on. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Whether a request that was taken on has not been answered as a whole. */
  get isBusy(): boolean {
    return this.#open.size > 0;
  }

  /** Takes a request on, by its reply. */
  add(response: ServerResponse): void {
    this.#open.add(response);
    response.on('close', () => this.#open.delete(response));
  }

  addConnection(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** Takes no more requests on; the last reply of each connection says that there will be none behind it. */
  close(): void {
    this.#isClosing = true;
    const lasts = new Map([...this.#open].map((response) => [response.req.socket, response]));
    for (const response of lasts.values()) {
      if (!response.headersSent) response.setHeader('Connection', 'close');
    }
  }

  /** Ends connections over which nothing ever came. Node takes them for busy, as it waits for a first request. */
  endSilent(): void {
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}

/** Stops the server within `graceMs`, and resolves when no connection is open any more. */
export async function closeServer(
  server: Server,
  exchanges: Exchanges,
  { clock, graceMs }: { readonly clock: Clock; readonly graceMs: number },
): Promise<void> {
  const endsAtMs = clock.monotonicMs() + graceMs;
  const closed = new AbortController();
  exchanges.close();
  while (exchanges.isBusy && clock.monotonicMs() < endsAtMs) {
    await clock.sleep(POLL_MS, closed.signal);
  }
  const done = new Promise<void>((resolve) => {
    server.close(() => {
      closed.abort();
      resolve();
    });
  });
  while (!closed.signal.aborted && clock.monotonicMs() < endsAtMs) {
    // A connection becomes idle only when its request is over; nobody else closes it then.
    server.closeIdleConnections();
    await clock.sleep(POLL_MS, closed.signal);
    // After a wait: what has only just connected may be about to ask, and is told 503 then.
    exchanges.endSilent();
  }
  server.closeAllConnections();
  await done;
}
