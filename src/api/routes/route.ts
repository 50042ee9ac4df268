import type { Caller } from '../../domain/history/caller.ts';
import type { Action } from '../../domain/access/is-allowed.ts';
import type { LaunchCatalogue } from '../launch-catalogue.ts';
import type { LaunchTypes } from '../launch-schemas.ts';
import type { Links } from '../links.ts';
import { wantsWebhooks } from '../query.ts';
import type { ScalingDeps } from '../../scaling/scaling-deps.ts';
import type { Observe } from '../../ports/observe.ts';
import type { RateLimiters } from '../../ports/rate-limiter.ts';

/** What a route may do to a path. HEAD is served wherever GET is. */
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One request, as handlers see it. */
export interface Call {
  /** A segment of the path, decoded. */
  param(
    name:
      | 'tenantId'
      | 'groupId'
      | 'policyId'
      | 'webhookId'
      | 'serverId'
      | 'calendarName'
      | 'version'
      | 'hash'
      | 'node'
      | 'tokenId',
  ): string;
  /** Its path as it was sent, without a slash at the end. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The values of a header, one for each time that it was sent. */
  header(
    name: 'idempotency-key' | 'if-match' | 'if-none-match' | 'last-event-id' | 'prefer',
  ): readonly string[];
  /** What the client wants to be answered in; empty where it does not say. */
  readonly accept: string;
  /** The body as JSON. Read when asked for, so that what ignores its body never fails on it. */
  body(): Promise<unknown>;
  /** The same for what may have none; undefined where there is none. */
  optionalBody(): Promise<unknown>;
  /** Who makes the request, as histories call them; `local` where nobody is asked who they are. */
  readonly by: string;
  /** The same, with how they are known and where the request came from. */
  readonly caller: Caller;
  /** Aborts when the time for an answer is over, with the error that the client is told. */
  readonly signal: AbortSignal;
}

/** What a request is answered with. */
export interface Reply {
  readonly status: 200 | 201 | 202 | 204 | 304 | 503;
  /** Sent as JSON, or as it is where it is a text; without one the reply has no body. */
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of a body: what is sent for as long as it goes on, as text/event-stream. */
  readonly stream?: Stream;
}

/** Sends to a client until there is nothing more to come, or its signal aborts. */
export type Stream = (client: StreamClient) => Promise<void>;

/** Whoever follows a stream. */
export interface StreamClient {
  /** Aborts when nothing more can be sent, or should be. */
  readonly signal: AbortSignal;
  /** Sends a text, and resolves when the client has room for more. Does nothing once the signal has aborted. */
  send(text: string): Promise<void>;
  /** Sends a sign of life where nothing else was sent for long. */
  keepAlive(): Promise<void>;
}

/** Answers a request; throws an `ApiError` where it refuses. */
export type Handler = (call: Call) => Promise<Reply>;

/** What a request takes of whoever makes it. `open`: nothing, and nobody is asked who they are. */
export type Access = Action | 'open';

/** What a route does for a method, and what that takes. */
export interface Operation {
  /** Some reads reveal more when they are asked to. */
  readonly access: Access | ((query: URLSearchParams) => Access);
  readonly handle: Handler;
}

/** Says what a request takes that `handle` answers. */
export function needs(access: Operation['access'], handle: Handler): Operation {
  return { access, handle };
}

/** What it takes to read policies, which show the capability URLs of their webhooks where they are asked to. */
export function readOrReveal(query: URLSearchParams): Access {
  return wantsWebhooks(query) ? 'reveal' : 'read';
}

/** A path, with `:name` for a segment that varies, and what can be done to it. */
export interface Route {
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, Operation>>>;
}

/** What the routes of tenants are made of. */
export interface RouteDeps {
  readonly scaling: ScalingDeps;
  readonly observe: Observe;
  readonly links: () => Links;
  readonly launchTypes: LaunchTypes;
  /** What launch configurations may ask for. */
  readonly catalogue: LaunchCatalogue;
  readonly pageMax: number;
  readonly rateLimiters: RateLimiters;
}
