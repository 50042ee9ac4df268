import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { LutraError, messageOf } from '../base/errors.ts';
import { envelopeOf, unavailable } from './errors.ts';

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly clock: Clock;
}

/** A server that listens. */
export interface ListeningServer {
  /** `http://host:port`, the port as it turned out. */
  readonly url: string;
  /**
   * Stops: takes no new requests, lets those under way finish for at most `graceMs`, then cuts what is left.
   * Resolves when no connection is open any more.
   */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Connections at once; more are refused, so that a flood of them cannot use up the process. */
const CONNECTIONS_MAX = 1_000;
/** How often idle connections are looked for while the server stops. */
const CLOSING_POLL_MS = 50;
/** What a client has for sending its headers, and its whole request. Checked often: the default is every 30 s. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 2_000,
};

/** Serves `app`. Rejects with `config-invalid` where the address cannot be listened on. */
export async function listen(
  app: RequestListener,
  options: ListenOptions,
): Promise<ListeningServer> {
  let isClosing = false;
  const server = createServer(TIMEOUTS, (request: IncomingMessage, response: ServerResponse) => {
    if (isClosing) refuse(response);
    else app(request, response);
  });
  server.maxConnections = CONNECTIONS_MAX;
  await listening(server, options);
  return {
    url: urlOf(server, options),
    close: (graceMs) => {
      isClosing = true;
      return closeServer(server, options.clock, graceMs);
    },
  };
}

function listening(server: Server, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const where = `${host}:${String(port)}`;
      reject(
        new LutraError('config-invalid', `cannot listen on ${where}: ${messageOf(cause)}`, {
          cause,
        }),
      );
    });
    server.listen({ host, port }, resolve);
  });
}

function urlOf(server: Server, { host }: ListenOptions): string {
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

async function closeServer(server: Server, clock: Clock, graceMs: number): Promise<void> {
  const closed = new AbortController();
  const done = new Promise<void>((resolve) => {
    server.close(() => {
      closed.abort();
      resolve();
    });
  });
  const endsAtMs = clock.monotonicMs() + graceMs;
  while (!closed.signal.aborted && clock.monotonicMs() < endsAtMs) {
    // A connection becomes idle only when its request is over; nobody else closes it then.
    server.closeIdleConnections();
    await clock.sleep(CLOSING_POLL_MS, closed.signal);
  }
  server.closeAllConnections();
  await done;
}

/** A request that came over a connection that was still open when the stop began. */
function refuse(response: ServerResponse): void {
  const error = unavailable('This node is stopping');
  response.statusCode = error.status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Connection', 'close');
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  response.end(JSON.stringify(envelopeOf(error)));
}
