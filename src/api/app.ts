/**
 * The HTTP API as an express application: the only place that knows express.
 *
 * A request passes: usual headers, callers and sizes, its route under a deadline, and the one place where
 * replies and refusals are written. Headers are set one by one with `setHeader`, because express's own
 * methods add a charset to Content-Type and drop it from replies without a body.
 */
import express from 'express';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import { LutraError } from '../base/errors.ts';
import type { Observe } from '../ports/observe.ts';
import type { ScalingDeps } from '../scaling/scaling-deps.ts';
import { answerWithin } from './answer-within.ts';
import { readJson } from './body.ts';
import { ApiError, apiErrorOf, envelopeOf, invalid } from './errors.ts';
import type { LaunchTypes } from './launch-schemas.ts';
import { linksUnder } from './links.ts';
import { callerProblem } from './local-callers.ts';
import { clusterRoutes } from './routes/cluster.ts';
import type { ClusterRouteDeps } from './routes/cluster.ts';
import { groupPartRoutes } from './routes/group-parts.ts';
import { groupRoutes } from './routes/groups.ts';
import { historyRoutes } from './routes/history.ts';
import { nodeRoutes } from './routes/node.ts';
import type { NodeRouteDeps } from './routes/node.ts';
import { policyRoutes } from './routes/policies.ts';
import type { Call, Handler, Reply, Route } from './routes/route.ts';

/** What the application is made of. */
export interface AppDeps extends Omit<NodeRouteDeps, 'scaling'>, ClusterRouteDeps {
  readonly scaling: ScalingDeps;
  readonly observe: Observe;
  /** The launch configuration types that this node can serve, besides Otter's own two. */
  readonly launchTypes: LaunchTypes;
  readonly limits: { readonly pageMax: number; readonly bodyMaxBytes: number };
  /** Where clients find this node; a function, since the port may be known only once it listens. */
  readonly urlRoot: () => string;
}

/** A handler that never ends is cut off after this. Longer than the store takes for anything. */
const REPLY_MS = 10_000;
const URL_MAX_LENGTH = 8_192;
/** What metrics and logs call a path that is none. */
const NO_ROUTE = 'none';

/** Builds the application. It keeps no state of its own. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.set('query parser', () => ({})); // ours is URLSearchParams: the first of repeated keys counts
  app.use(begin(deps));
  app.use(refuseStrangers(deps));
  for (const route of routesOf(deps)) app.all(route.path, serve(deps, route));
  app.use(() => {
    throw new ApiError('NotFound', 'There is nothing at this path');
  });
  app.use(refuse(deps));
  return app;
}

function routesOf(deps: AppDeps): readonly Route[] {
  const { scaling, observe, launchTypes, limits } = deps;
  const links = (): ReturnType<typeof linksUnder> => linksUnder(deps.urlRoot());
  const routeDeps = { scaling, observe, links, launchTypes, pageMax: limits.pageMax };
  return [
    ...nodeRoutes(deps),
    ...clusterRoutes(deps),
    ...groupRoutes(routeDeps),
    ...groupPartRoutes(routeDeps),
    ...policyRoutes(routeDeps),
    ...historyRoutes(routeDeps),
  ];
}

/** Sets what every reply carries, and tells when it was sent. */
function begin({ scaling, observe }: AppDeps): RequestHandler {
  const { clock, random } = scaling;
  return (request, response, next) => {
    const startedMs = clock.monotonicMs();
    const responseId = random.uuid();
    response.setHeader('Server', 'Lutra');
    response.setHeader('X-Response-Id', responseId);
    response.setHeader('Content-Type', 'application/json');
    response.on('finish', () => {
      observe({
        event: 'request.answered',
        method: request.method,
        route: routeOf(response),
        status: response.statusCode,
        durationMs: clock.monotonicMs() - startedMs,
        responseId,
      });
    });
    next();
  };
}

function refuseStrangers(deps: AppDeps): RequestHandler {
  return (request, _response, next) => {
    const problem = callerProblem(request.headers, deps.urlRoot());
    if (problem !== undefined) throw new ApiError('Forbidden', problem);
    if (request.url.length > URL_MAX_LENGTH) {
      const max = String(URL_MAX_LENGTH);
      throw new ApiError('UriTooLong', `The URL must not be longer than ${max} characters`);
    }
    next();
  };
}

/** Answers every method of a path: those that it has, HEAD where it has GET, and 405 to all others. */
function serve(deps: AppDeps, route: Route): RequestHandler {
  const handlers = new Map<string, Handler>(Object.entries(route.methods));
  const get = handlers.get('GET');
  if (get !== undefined) handlers.set('HEAD', get);
  const allow = [...handlers.keys()].sort().join(', ');
  const { clock } = deps.scaling;
  return async (request, response) => {
    response.locals['route'] = route.path;
    const handler = handlers.get(request.method);
    if (handler === undefined) {
      const message = `${request.method} is not possible here, only ${allow}`;
      throw new ApiError('InvalidMethod', message, { headers: { Allow: allow } });
    }
    let isReading = false;
    const body = async (): Promise<unknown> => {
      isReading = true;
      const json = await readJson(request, deps.limits.bodyMaxBytes);
      isReading = false;
      return json;
    };
    const late = (): Error => (isReading ? bodyTooSlow() : storeTooSlow());
    const reply = await answerWithin({ clock, ms: REPLY_MS, late }, (signal) =>
      handler(callOf(request, body, signal)),
    );
    send(response, reply);
  };
}

/** The client's fault, not the store's. What is left of the body is not waited for. */
function bodyTooSlow(): Error {
  const message = `The body did not arrive within ${String(REPLY_MS / 1_000)} seconds`;
  return new ApiError('RequestTimeout', message, { headers: { Connection: 'close' } });
}

function storeTooSlow(): Error {
  return new LutraError('store-unavailable', `no reply within ${String(REPLY_MS)} ms`);
}

function callOf(request: Request, body: Call['body'], signal: AbortSignal): Call {
  const queryAt = request.url.indexOf('?');
  return {
    param: (name) => {
      const value = request.params[name];
      return typeof value === 'string' ? value : '';
    },
    query: new URLSearchParams(queryAt < 0 ? '' : request.url.slice(queryAt)),
    body,
    signal,
  };
}

/** The status of a request that nothing is wrong with, and that cannot be answered now. */
const UNAVAILABLE = 503;

/** Turns whatever was thrown into the error body that its client is told. */
function refuse({ observe }: AppDeps): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    const error = apiErrorOf(isUndecodable(thrown) ? invalid('The path is not UTF-8') : thrown);
    if (error.status >= 500) {
      observe({
        event: error.status === UNAVAILABLE ? 'request.unavailable' : 'request.failed',
        method: request.method,
        route: routeOf(response),
        responseId: String(response.getHeader('X-Response-Id')),
        err: thrown,
      });
    }
    // Half a reply cannot be mended: express cuts the connection, which tells the client.
    if (response.headersSent) next(thrown);
    else send(response, { status: error.status, headers: error.headers, body: envelopeOf(error) });
  };
}

/** Whether the router could not decode a segment of the path. */
function isUndecodable(thrown: unknown): boolean {
  return thrown instanceof URIError;
}

function routeOf(response: Response): string {
  const route: unknown = response.locals['route'];
  return typeof route === 'string' ? route : NO_ROUTE;
}

/** Writes a reply, unless the client has gone. */
function send(
  response: Response,
  reply: Omit<Reply, 'status'> & { readonly status: number },
): void {
  if (response.destroyed) return;
  const { status, headers = {}, body } = reply;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (status === 204) {
    response.end();
    return;
  }
  const bytes = Buffer.from(typeof body === 'object' ? JSON.stringify(body) : (body ?? ''));
  response.setHeader('Content-Length', bytes.length);
  response.end(bytes);
}
