import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import { LutraError, messageOf } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { closeServer, Exchanges } from './close-server.ts';
import { ApiError, envelopeOf, stopping } from './errors.ts';

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly clock: Clock;
  /** Makes the ids of replies to requests that do not reach the application. */
  readonly random: Pick<Random, 'uuid'>;
  /** How long nothing may come or go over a connection, in ms; half a minute unless given. */
  readonly stalledMs?: number;
}

/** A server that listens. */
export interface ListeningServer {
  /** `http://host:port` as this machine calls it, the port as it turned out. */
  readonly url: string;
  /**
   * Stops: answers new requests 503, lets those under way finish for at most `graceMs`, then cuts what is left.
   * Resolves when no connection is open any more.
   */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Connections at once; more are refused, so that a flood of them cannot use up the process. */
const CONNECTIONS_MAX = 1_000;
/** Requests of a connection that have not been answered as a whole; a client that sends more ahead is hung up on. */
const PIPELINED_MAX = 16;
/** How long nothing may come or go, in ms: replies that nobody takes are not kept for ever. Streams say something more often. */
const STALLED_MS = 30_000;
/**
 * How large headers may be, in bytes, and how long a client may take for them and for its whole request, in ms.
 * That is checked often: the default is every 30 s.
 */
const LIMITS = {
  maxHeaderSize: 16_384,
  requireHostHeader: false, // Node would refuse it without a word
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 2_000,
};

/** Serves `app`. Rejects with `config-invalid` where the address cannot be listened on. */
export async function listen(
  app: RequestListener,
  options: ListenOptions,
): Promise<ListeningServer> {
  const { clock, random } = options;
  const exchanges = new Exchanges();
  const underWay = new WeakMap<Duplex, ServerResponse>();
  const ahead = new Ahead();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    if (!ahead.take(response)) {
      socket.destroy();
      return;
    }
    underWay.set(socket, response);
    // Not a moment before: until then the connection is the reply's, which no other can be given.
    response.on('finish', () => {
      if (underWay.get(socket) === response) underWay.delete(socket);
    });
    if (exchanges.isClosing) {
      // Not before the body is here: a connection that is closed with a body on its way loses the reply, too.
      request.resume().once('end', () => {
        refuse(response, stopping(), random);
      });
      return;
    }
    const problem = problemOf(request);
    request.url = pathOf(request);
    if (problem === undefined) {
      exchanges.add(response);
      app(request, response);
    } else refuse(response, new ApiError('InvalidRequest', problem), random);
  };
  const server = createServer(LIMITS, answer);
  // A client that has said all it has to say waits for the answer; Node would drop one that comes later than that, and
  // its types do not know this member.
  Object.assign(server, { httpAllowHalfOpen: true });
  // Expectations that nobody knows may be passed over; Node would refuse them without a word.
  server.on('checkExpectation', answer);
  server.on('connection', (socket) => {
    exchanges.addConnection(socket);
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.timeout = options.stalledMs ?? STALLED_MS;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    refuseUnreadable(socket, { error, underWay: underWay.get(socket), random });
  });
  await listening(server, options);
  return {
    url: urlOf(server, options),
    close: (graceMs) => closeServer(server, exchanges, { clock, graceMs }),
  };
}

/** How many requests of each connection wait for their replies to leave. */
class Ahead {
  readonly #counts = new WeakMap<Duplex, number>();

  /** Counts a request until its reply has left; false where there are too many before it. */
  take(response: ServerResponse): boolean {
    const { socket } = response.req;
    const count = this.#counts.get(socket) ?? 0;
    if (count >= PIPELINED_MAX) return false;
    this.#counts.set(socket, count + 1);
    response.on('close', () => this.#counts.set(socket, (this.#counts.get(socket) ?? 1) - 1));
    return true;
  }
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
  const tell = (): void => {
    if (!response.headersSent) refuse(response, unreadable(error), random);
  };
  const request = underWay?.req;
  // Whoever does not wait for what cannot be read goes on, and tells what came of it.
  if (request === undefined || isAwaited(request)) tell();
  else if (!request.complete) request.once('resume', tell);
}

/** Whether some of a reply has left, and more of it is to come. */
function isHalf(reply: ServerResponse | undefined): boolean {
  return reply?.headersSent === true && !reply.writableEnded;
}

/** Whether somebody reads the body, of which there is more to come. */
function isAwaited(request: IncomingMessage): boolean {
  return request.readableFlowing === true && !request.complete;
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

/** What comes before a path in a target; a target is a path, the same behind the name of a host, or `*`. */
const TARGET = /^(?:https?:\/\/[\w.:[\]-]+(?=[/?]|$)|(?=\/)|(?=\*$))/i;

/** The target without a host: which one a client thinks that it calls is in the Host header, too. */
function pathOf({ url = '' }: IncomingMessage): string {
  if (url.startsWith('/')) return url; // as nearly always
  return url.replace(TARGET, '').replace(/^(?![/*])/, '/');
}

/** Why a request cannot be read although it is nearly HTTP, in a sentence; undefined where it can. */
function problemOf({ headers, httpVersion, url = '' }: IncomingMessage): string | undefined {
  if (headers.host === undefined && httpVersion === '1.1') return 'The Host header is missing';
  // No client sends a fragment, and express would read a path differently that has one.
  if (!TARGET.test(url) || url.includes('#')) return 'The target of the request must be a path';
  // Node finds out only after it has handed the request over, and what ignores its body would carry it out.
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return `The Transfer-Encoding must be chunked, not ${JSON.stringify(coding)}`;
  }
  return undefined;
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
