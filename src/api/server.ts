import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import { LutraError, messageOf } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { ApiError, envelopeOf, unavailable } from './errors.ts';

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly clock: Clock;
  /** Makes the ids of replies to requests that do not reach the application. */
  readonly random: Pick<Random, 'uuid'>;
}

/** A server that listens. */
export interface ListeningServer {
  /** `http://host:port` as this machine calls it, the port as it turned out. */
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
/**
 * How large headers may be, in bytes, and how long a client may take for them and for its whole request, in ms.
 * That is checked often: the default is every 30 s.
 */
const LIMITS = {
  maxHeaderSize: 16_384,
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
  const { random } = options;
  const underWay = new WeakMap<Duplex, ServerResponse>();
  const server = createServer(LIMITS, (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    underWay.set(socket, response);
    // Not a moment before: until then the connection is the reply's, which no other can be given.
    response.once('finish', () => {
      if (underWay.get(socket) === response) underWay.delete(socket);
    });
    if (isClosing) refuse(response, unavailable('This node is stopping'), random);
    else app(request, response);
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    refuseUnreadable(socket, { error, underWay: underWay.get(socket), random });
  });
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
  const reachable = NEAR[host] ?? host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${String(port)}`;
}

/** Where this machine finds what listens on all of its addresses: none of these is one to call. */
const NEAR: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

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

/**
 * Tells a client that what it sent is no request that can be read, and ends the connection: where its next request
 * would begin is not known.
 */
function refuseUnreadable(
  socket: Duplex,
  {
    error,
    underWay,
    random,
  }: {
    readonly error: NodeJS.ErrnoException;
    /** The reply to the connection's last request, if that has not left as a whole. */
    readonly underWay: ServerResponse | undefined;
    readonly random: ListenOptions['random'];
  },
): void {
  // Half a reply cannot be mended.
  if (!(socket instanceof Socket) || !socket.writable || isHalf(underWay)) {
    socket.destroy();
    return;
  }
  const response = underWay ?? replyOn(socket);
  response.once('finish', () => socket.destroy());
  // A reply that is on its way as a whole stays as it is.
  if (!response.headersSent) refuse(response, unreadable(error), random);
}

/** Whether some of a reply has left, and more of it is to come. */
function isHalf(reply: ServerResponse | undefined): boolean {
  return reply?.headersSent === true && !reply.writableEnded;
}

/** A reply to what never became a request. */
function replyOn(socket: Socket): ServerResponse {
  const request = new IncomingMessage(socket);
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  return response;
}

function unreadable({ code }: NodeJS.ErrnoException): ApiError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const max = String(LIMITS.maxHeaderSize);
    return new ApiError('HeadersTooLarge', `The headers must not be longer than ${max} bytes`);
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ApiError('RequestTimeout', 'The request did not arrive in time');
  }
  return new ApiError('InvalidRequest', 'The request is not HTTP/1.1');
}

/** Replies in the place of the application. */
function refuse(response: ServerResponse, error: ApiError, random: ListenOptions['random']): void {
  response.statusCode = error.status;
  response.setHeader('Server', 'Lutra');
  response.setHeader('X-Response-Id', random.uuid());
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Connection', 'close');
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  response.end(JSON.stringify(envelopeOf(error)));
}
