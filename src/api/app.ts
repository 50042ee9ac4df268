/**
 * The HTTP API as an express application: the only place that knows express.
 *
 * A request passes: usual headers, pages of others and sizes, who its caller is and what they may do, its route
 * under a deadline, and the one place where replies and refusals are written. Headers are set one by one with
 * `setHeader`, because express's own methods add a charset to Content-Type and drop it from replies without a body.
 */
import express from 'express';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import { LutraError } from '../base/errors.ts';
import type { Observe } from '../ports/observe.ts';
import type { RateLimiters } from '../ports/rate-limiter.ts';
import type { ScalingDeps } from '../scaling/scaling-deps.ts';
import { answerWithin } from './answer-within.ts';
import { accessOf, accessToMethods, askedOfNothing } from './asked.ts';
import { admit } from './authenticate.ts';
import type { AuthenticateDeps } from './authenticate.ts';
import { readJson, readOptionalJson } from './body.ts';
import { ApiError, apiErrorOf, envelopeOf, invalid } from './errors.ts';
import { Guesses } from './guesses.ts';
import { HttpCall, paramOf } from './http-call.ts';
import type { LaunchCatalogue } from './launch-catalogue.ts';
import type { LaunchTypes } from './launch-schemas.ts';
import { linksUnder } from './links.ts';
import type { Links } from './links.ts';
import { callerProblem } from './local-callers.ts';
import { keepWithinRate } from './rate-limits.ts';
import { remoteAddressOf } from './remote-address.ts';
import { HEAD_SENT, isReading, routeOf, setReading, setRoute } from './route-of.ts';
import { calendarRoutes } from './routes/calendars.ts';
import { clusterRoutes } from './routes/cluster.ts';
import type { ClusterRouteDeps } from './routes/cluster.ts';
import { executeRoutes } from './routes/execute.ts';
import { documentRoutes } from './routes/document.ts';
import { forecastRoutes } from './routes/forecast.ts';
import { groupPartRoutes } from './routes/group-parts.ts';
import { groupRoutes } from './routes/groups.ts';
import { historyRoutes } from './routes/history.ts';
import { limitsRoutes } from './routes/limits.ts';
import { nodeRoutes } from './routes/node.ts';
import type { NodeRouteDeps } from './routes/node.ts';
import { planRoutes } from './routes/plan.ts';
import { policyRoutes } from './routes/policies.ts';
import { previewRoutes } from './routes/preview.ts';
import type { Operation, Reply, Route } from './routes/route.ts';
import { serverRoutes } from './routes/servers.ts';
import { sendStream } from './send-stream.ts';
import type { Streams } from './streams.ts';
import { tokenRoutes } from './routes/tokens.ts';
import type { TokenRouteDeps } from './routes/tokens.ts';
import { webhookRoutes } from './routes/webhooks.ts';

/** What the application is made of. */
export interface AppDeps
  extends Omit<NodeRouteDeps, 'scaling'>, ClusterRouteDeps, TokenRouteDeps, AuthenticateDeps {
  readonly scaling: ScalingDeps;
  readonly observe: Observe;
  /** The launch configuration types that this node can serve, besides Otter's own two. */
  readonly launchTypes: LaunchTypes;
  /** What launch configurations of servers may ask for. */
  readonly catalogue: LaunchCatalogue;
  readonly limits: { readonly pageMax: number; readonly bodyMaxBytes: number };
  /** What counts streams, and ends them when the node stops. */
  readonly streams: Streams;
  /** What counts requests. */
  readonly rateLimiters: RateLimiters;
  /** Where clients find this node; a function, since the port may be known only once it listens. */
  readonly urlRoot: () => string;
}

/** A handler that never ends is cut off after this. Longer than the store takes for anything. */
const REPLY_MS = 10_000;
const URL_MAX_LENGTH = 8_192;

/** Builds the application. It keeps nothing that could not be made again. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.set('query parser', () => ({})); // ours is URLSearchParams: the first of repeated keys counts
  app.use(begin(deps));
  // One layer each: `app.all` would make one for every method that there is.
  for (const route of routesOf(deps)) app.route(patternOf(route)).all(serve(deps, route));
  app.use(async (request, response) => {
    await admit(deps, { request, response }, askedOfNothing(request.path));
    throw new ApiError('NotFound', 'There is nothing at this path');
  });
  app.use(refuse(deps));
  return app;
}

/** What express looks for. It would take `//`, which has an empty segment, for `/` and a slash that is optional. */
function patternOf({ path }: Route): string | RegExp {
  return path === '/' ? /^\/$/ : path;
}

/** Every route of the application. */
export function routesOf(deps: AppDeps): readonly Route[] {
  const { scaling, observe, launchTypes, catalogue, limits, rateLimiters } = deps;
  const links = linksAt(deps.urlRoot);
  const { pageMax } = limits;
  const routeDeps = { scaling, observe, links, launchTypes, catalogue, pageMax, rateLimiters };
  return [
    // The first one that fits is taken, so those come first that are asked for most.
    ...groupRoutes(routeDeps),
    ...groupPartRoutes(routeDeps),
    ...planRoutes(routeDeps),
    ...forecastRoutes(routeDeps),
    ...serverRoutes(routeDeps),
    ...policyRoutes(routeDeps),
    ...previewRoutes(routeDeps),
    ...webhookRoutes(routeDeps),
    ...historyRoutes(routeDeps),
    ...calendarRoutes(routeDeps),
    ...limitsRoutes(deps),
    ...executeRoutes(deps),
    ...nodeRoutes(deps),
    ...clusterRoutes(deps),
    ...tokenRoutes(deps),
    ...documentRoutes(deps),
  ];
}

/** Links under the root that clients use, which may become known later: the same ones for as long as it is the same. */
function linksAt(urlRoot: () => string): () => Links {
  let [root, links] = ['', linksUnder('')];
  return () => {
    const current = urlRoot();
    if (current !== root) [root, links] = [current, linksUnder(current)];
    return links;
  };
}

/** Sets what every reply carries, tells when it was sent, and keeps out pages of others and what is too long. */
function begin(deps: AppDeps): RequestHandler {
  const { observe } = deps;
  const { clock, random } = deps.scaling;
  return (request, response, next) => {
    const startedMs = clock.monotonicMs();
    const responseId = random.uuid();
    response.setHeader('Server', 'Lutra');
    response.setHeader('X-Response-Id', responseId);
    response.setHeader('Content-Type', 'application/json');
    let isTold = false;
    const tell = (): void => {
      if (isTold) return;
      isTold = true;
      observe({
        event: 'request.answered',
        method: request.method,
        route: routeOf(response),
        status: response.statusCode,
        durationMs: clock.monotonicMs() - startedMs,
        responseId,
      });
    };
    response.on('finish', tell);
    response.on(HEAD_SENT, tell);
    refuseStranger(deps, request);
    next();
  };
}

function refuseStranger(deps: AppDeps, request: Request): void {
  const isOpen = deps.credentials === 'off';
  const problem = callerProblem(request.headers, { urlRoot: deps.urlRoot(), isOpen });
  if (problem !== undefined) throw new ApiError('Forbidden', problem);
  if (request.url.length > URL_MAX_LENGTH) {
    const max = String(URL_MAX_LENGTH);
    throw new ApiError('UriTooLong', `The URL must not be longer than ${max} characters`);
  }
}

/** Answers every method of a path: those that it has, HEAD where it has GET, and 405 to all others. */
function serve(deps: AppDeps, route: Route): RequestHandler {
  const operations = new Map<string, Operation>(Object.entries(route.methods));
  const get = operations.get('GET');
  if (get !== undefined) operations.set('HEAD', get);
  const allow = [...operations.keys()].sort().join(', ');
  const { clock } = deps.scaling;
  return async (request, response) => {
    setRoute(response, route.path);
    const operation = operations.get(request.method);
    const query = queryOf(request);
    const access = operation === undefined ? accessToMethods(route) : accessOf(operation, query);
    // Some that only read have a body to say what.
    if (['GET', 'HEAD'].includes(request.method) || access === 'read') setReading(response);
    const tenantId = paramOf(request, 'tenantId');
    const admitted = await admit(deps, { request, response }, { access, tenantId });
    if (operation === undefined) {
      const message = `${request.method} is not possible here, only ${allow}`;
      throw new ApiError('InvalidMethod', message, { headers: { Allow: allow } });
    }
    const origin = originOf(deps, request, response);
    await keepWithinRate(deps, countedOf(request, origin, route));
    let isReading = false;
    const reading = (read: typeof readJson) => async (): Promise<unknown> => {
      isReading = true;
      try {
        return await read(request, deps.limits.bodyMaxBytes);
      } finally {
        isReading = false;
      }
    };
    const bodies = { body: reading(readJson), optionalBody: reading(readOptionalJson) };
    const late = (): Error => (isReading ? bodyTooSlow() : storeTooSlow());
    const caller = { ...admitted, ...origin };
    const reply = await answerWithin({ clock, ms: REPLY_MS, late }, (deadline) =>
      operation.handle(new HttpCall(request, { query, ...bodies, caller }, deadline)),
    );
    const { stream } = reply;
    if (stream === undefined || request.method === 'HEAD') {
      send(response, reply);
      return;
    }
    // Whoever was admitted is no guesser, and is not ended by those who come from the same address.
    const admittedDeps = { ...deps, guesses: new Guesses({}) };
    const isAdmitted = (): Promise<boolean> =>
      isStill(() => admit(admittedDeps, { request, response }, { access, tenantId }));
    await sendStream(
      { ...deps, clock },
      { response, tenantId: tenantId ?? '', stream, isAdmitted },
    );
  };
}

/** Whether somebody may still do what they began. That nobody can say at present is no reason to end it. */
async function isStill(admission: () => Promise<unknown>): Promise<boolean> {
  try {
    await admission();
    return true;
  } catch (error) {
    return apiErrorOf(error).status === UNAVAILABLE;
  }
}

/** Where a request comes from, and what its reply is called. */
interface Origin {
  readonly from?: string;
  readonly responseId: string;
}

function originOf({ trustedProxies }: AppDeps, request: Request, response: Response): Origin {
  const from = remoteAddressOf(request, trustedProxies);
  return { ...(from === undefined ? {} : { from }), responseId: responseIdOf(response) };
}

/** The client's fault, not the store's. What is left of the body is not waited for. */
function bodyTooSlow(): Error {
  const message = `The body did not arrive within ${String(REPLY_MS / 1_000)} seconds`;
  return new ApiError('RequestTimeout', message, { headers: { Connection: 'close' } });
}

function storeTooSlow(): Error {
  return new LutraError('store-unavailable', `no reply within ${String(REPLY_MS)} ms`);
}

function countedOf(
  request: Request,
  { from, responseId }: Origin,
  { path }: Route,
): Parameters<typeof keepWithinRate>[1] {
  return { path, param: (name) => paramOf(request, name), from, responseId };
}

function responseIdOf(response: Response): string {
  return String(response.getHeader('X-Response-Id'));
}

function queryOf({ url }: Request): URLSearchParams {
  const queryAt = url.indexOf('?');
  return new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt));
}

/** The status of a request that nothing is wrong with, and that cannot be answered now. */
const UNAVAILABLE = 503;
/** The status of a request for what is not offered: nothing has failed. */
const NOT_IMPLEMENTED = 501;

/** Turns whatever was thrown into the error body that its client is told. */
function refuse({ observe }: AppDeps): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    const known = isUndecodable(thrown) ? invalid('The path is not UTF-8') : thrown;
    const error = apiErrorOf(known, { isReading: isReading(response) });
    if (error.status >= 500 && error.status !== NOT_IMPLEMENTED) {
      observe({
        event: error.status === UNAVAILABLE ? 'request.unavailable' : 'request.failed',
        method: request.method,
        route: routeOf(response),
        responseId: responseIdOf(response),
        err: thrown,
      });
    }
    // The client was told already that the rest of what it sent cannot be read.
    if (response.writableEnded) return;
    // Half a reply cannot be mended: express cuts the connection, which tells the client.
    if (response.headersSent) next(thrown);
    else send(response, { status: error.status, headers: error.headers, body: envelopeOf(error) });
  };
}

/** Whether the router could not decode a segment of the path. */
function isUndecodable(thrown: unknown): boolean {
  return thrown instanceof URIError;
}

/** Writes a reply, unless the client has gone, or was told that the rest of its request cannot be read. */
function send(
  response: Response,
  reply: Omit<Reply, 'status'> & { readonly status: number },
): void {
  if (response.destroyed || response.writableEnded) return;
  const { status, headers = {}, body } = reply;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (status === 204 || status === 304) {
    response.end();
    return;
  }
  const text = typeof body === 'object' ? JSON.stringify(body) : (body ?? '');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  // As a text it leaves in one piece with its headers.
  response.end(text);
}
