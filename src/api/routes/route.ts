import type { LaunchTypes } from '../launch-schemas.ts';
import type { Links } from '../links.ts';
import type { ScalingDeps } from '../../scaling/scaling-deps.ts';
import type { Observe } from '../../ports/observe.ts';

/** What a route may do to a path. HEAD is served wherever GET is. */
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One request, as handlers see it. */
export interface Call {
  /** A segment of the path, decoded. */
  param(name: 'tenantId' | 'groupId' | 'policyId' | 'node'): string;
  readonly query: URLSearchParams;
  /** The body as JSON. Read when asked for, so that what ignores its body never fails on it. */
  body(): Promise<unknown>;
  /** Aborts when the time for an answer is over, with the error that the client is told. */
  readonly signal: AbortSignal;
}

/** What a request is answered with. */
export interface Reply {
  readonly status: 200 | 201 | 202 | 204 | 503;
  /** Sent as JSON, or as it is where it is a text; without one the reply has no body. */
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers a request; throws an `ApiError` where it refuses. */
export type Handler = (call: Call) => Promise<Reply>;

/** A path, with `:name` for a segment that varies, and what can be done to it. */
export interface Route {
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, Handler>>>;
}

/** What the routes of tenants are made of. */
export interface RouteDeps {
  readonly scaling: ScalingDeps;
  readonly observe: Observe;
  readonly links: () => Links;
  readonly launchTypes: LaunchTypes;
  readonly pageMax: number;
}

/** Who changes a group, in its history. There are no users yet. */
export const BY = 'api';
