import type { Request } from 'express';
import type { Call } from './routes/route.ts';

/** What is looked at of a request. */
type RequestFacts = Pick<Request, 'headers' | 'headersDistinct' | 'params' | 'path'>;

/**
 * One request as handlers see it. A class, whose getters are made once: an object that is written out with one takes
 * microseconds to make, and each request would pay for it.
 */
export class HttpCall implements Call {
  readonly query: Call['query'];
  readonly body: Call['body'];
  readonly optionalBody: Call['optionalBody'];
  readonly caller: Call['caller'];
  readonly #request: RequestFacts;
  readonly #deadline: { readonly signal: AbortSignal };

  constructor(
    request: RequestFacts,
    parts: Pick<Call, 'query' | 'body' | 'optionalBody' | 'caller'>,
    deadline: { readonly signal: AbortSignal },
  ) {
    this.query = parts.query;
    this.body = parts.body;
    this.optionalBody = parts.optionalBody;
    this.caller = parts.caller;
    this.#request = request;
    this.#deadline = deadline;
  }

  get by(): string {
    return this.caller.by;
  }

  /** Made when it is first looked at, which reads do not. */
  get signal(): AbortSignal {
    return this.#deadline.signal;
  }

  get accept(): string {
    return this.#request.headers.accept ?? '';
  }

  get path(): string {
    return this.#request.path.replace(/\/$/, '');
  }

  /** Node makes the distinct ones of all headers when it is first asked; most requests have none of these. */
  header(name: Parameters<Call['header']>[0]): readonly string[] {
    if (this.#request.headers[name] === undefined) return [];
    return this.#request.headersDistinct[name] ?? [];
  }

  param(name: Parameters<Call['param']>[0]): string {
    return paramOf(this.#request, name) ?? '';
  }
}

/** A segment of the path, by its name in the route; undefined where the route has none of that name. */
export function paramOf(request: Pick<Request, 'params'>, name: string): string | undefined {
  const value = request.params[name];
  return typeof value === 'string' ? value : undefined;
}
