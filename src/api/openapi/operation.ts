/** What the document says about an operation, which is a method of a path. */
import { z } from 'zod';
import { statusOf } from '../errors.ts';
import type { ApiErrorType } from '../errors.ts';
import { errorReply } from './common-replies.ts';

/** How operations are grouped where they are shown, in this order. */
export const AREAS = [
  'Groups',
  'Servers',
  'Policies',
  'Webhooks',
  'Calendars',
  'Limits',
  'Tokens',
  'Cluster',
  'Node',
  'Document',
] as const;

/** A key of the query. */
export interface QueryKey {
  readonly name: string;
  /** In sentences; it tells what is done where the key is left out. */
  readonly description: string;
  /** JSON Schema of its value. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** A reply to a request that nothing is wrong with. */
export interface DescribedReply {
  readonly description: string;
  /** Of a body in JSON. Without it and without `mediaType` there is no body. */
  readonly body?: z.ZodType;
  /** Of a body that is not JSON; where there is `body` as well, clients say which one they want. */
  readonly mediaType?: string;
  /** What each of the headers says that only this reply has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One operation. */
export interface DescribedOperation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As the application routes it, with `:name` for a segment that varies. */
  readonly path: string;
  readonly id: string;
  readonly area: (typeof AREAS)[number];
  /** A phrase. */
  readonly summary: string;
  /** Sentences. */
  readonly description?: string;
  /** Whoever makes the request is not asked who they are. */
  readonly isOpen?: true;
  /** A repeat with the same `Idempotency-Key` is told what the first one came to. */
  readonly isKeyed?: true;
  /** What it shows has an entity tag, by which a client can say that it has it already. */
  readonly isTagged?: true;
  /** A client can ask for it to be done only to what still has an entity tag. */
  readonly isConditional?: true;
  /** A client can ask for what it has written to be shown, with status 200. */
  readonly isShownOnDemand?: true;
  /** Whoever sends this header goes on where a stream broke off. */
  readonly isStream?: true;
  readonly query?: readonly QueryKey[];
  /** The schema that validates the body. */
  readonly request?: z.ZodType;
  /** It may have no body. */
  readonly isBodyOptional?: true;
  readonly replies: Readonly<Partial<Record<200 | 201 | 202 | 204 | 304 | 503, DescribedReply>>>;
  /** The error types that are this operation's own; `refusalsOf` adds the usual ones. */
  readonly refusals?: readonly ApiErrorType[];
}

/** All that a status of an operation can mean. */
export interface StatusReply extends DescribedReply {
  readonly refusals: readonly ApiErrorType[];
}

/** Any request can be answered with one of these. */
const USUAL_REFUSALS = [
  'Forbidden',
  'InternalError',
  'ServiceUnavailable',
  'UriTooLong',
] as const satisfies readonly ApiErrorType[];

/** So can any request whose body is read. */
const BODY_REFUSALS = [
  'InvalidJsonError',
  'PayloadTooLarge',
  'RequestTimeout',
  'ValidationError',
] as const satisfies readonly ApiErrorType[];

/** So can any request with a key. */
const KEY_REFUSALS = [
  'IdempotencyKeyReusedError',
  'IdempotencyKeysOverLimitError',
  'ValidationError',
] as const satisfies readonly ApiErrorType[];

const REPLAYED = {
  'Idempotency-Replayed':
    'There, and `true`, where the request was carried out when it came earlier.',
};

const TAGGED = { ETag: 'What it shows, in short: it changes whenever that does.' };
const KNOWN: DescribedOperation['replies'] = {
  304: { description: 'The client has it: its tag is in `If-None-Match`' },
};

/** Headers of refusals, by status. */
const REFUSAL_HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'WWW-Authenticate': 'The scheme: Bearer.' },
  429: { 'Retry-After': 'Seconds until the next request is within the rate.' },
  503: { 'Retry-After': 'Seconds until the next try makes sense.' },
};

/** Every status that the operation can be answered with, in ascending order. */
export function repliesOf(operation: DescribedOperation): ReadonlyMap<number, StatusReply> {
  const replies = new Map<number, StatusReply>();
  const usual = {
    ...(operation.isKeyed === true ? REPLAYED : {}),
    ...(operation.isTagged === true ? TAGGED : {}),
  };
  const known = operation.isTagged === true ? KNOWN : {};
  for (const [status, reply] of Object.entries({ ...operation.replies, ...known })) {
    const headers = { ...reply.headers, ...usual };
    replies.set(Number(status), {
      ...reply,
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
      refusals: [],
    });
  }
  for (const type of refusalsOf(operation)) {
    const status = statusOf(type);
    const reply = replies.get(status);
    replies.set(status, reply === undefined ? refusal(status, type) : either(reply, type));
  }
  return new Map([...replies].sort(([a], [b]) => a - b));
}

function refusalsOf(operation: DescribedOperation): readonly ApiErrorType[] {
  const { path, refusals = [], request, isOpen, isKeyed, isConditional } = operation;
  const groups: readonly (readonly [boolean, readonly ApiErrorType[]])[] = [
    [true, USUAL_REFUSALS],
    [true, refusals],
    [isOpen !== true, ['InvalidCredentials']],
    // Of a tenant, of a capability, or of an address with too many credentials that are not good.
    [path.startsWith('/v1.0/') || isOpen !== true, ['RateLimitError']],
    // Of a segment that cannot be decoded, or that no store could keep.
    [path.includes(':'), ['ValidationError']],
    [isKeyed === true, KEY_REFUSALS],
    [isConditional === true, ['PreconditionFailed', 'ValidationError']],
    [request !== undefined, BODY_REFUSALS],
  ];
  return [...new Set(groups.flatMap(([isPossible, types]) => (isPossible ? types : [])))].sort();
}

function refusal(status: number, type: ApiErrorType): StatusReply {
  const headers = REFUSAL_HEADERS[status];
  return {
    description: type,
    body: errorReply,
    ...(headers === undefined ? {} : { headers }),
    refusals: [type],
  };
}

function either(reply: StatusReply, type: ApiErrorType): StatusReply {
  const { body = errorReply, refusals } = reply;
  return {
    ...reply,
    description: `${reply.description}, or ${type}`,
    body: body === errorReply ? body : z.union([body, errorReply]),
    refusals: [...refusals, type],
  };
}
